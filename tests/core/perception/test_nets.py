"""The ports agree with the original nets on stored outputs."""

from types import ModuleType

import cv2
import numpy as np
import pytest
import torch

from core.perception import face_detection, face_mesh, iris, person_mask
from core.perception.identity import identity_net
from tests.core.perception.samples import photo, stored

NAMES = ("astronaut", "grace_hopper")


def seeded_picture(size: int) -> torch.Tensor:
    values = np.random.RandomState(0).rand(1, size, size, 3).astype(np.float32)
    return torch.from_numpy(values).permute(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("name", "net", "size", "tolerance"),
    [("face_detection", face_detection, 128, 1e-5), ("face_mesh", face_mesh, 192, 1e-5), ("iris", iris, 64, 1e-3)],
)
def test_net_equals_the_original(name: str, net: ModuleType, size: int, tolerance: float) -> None:
    # iris is stored in float32 by its authors, so half precision shows; the others are float16 already
    for index, output in enumerate(net.raw_outputs(seeded_picture(size))):
        expected = stored("tflite")[f"{name}_{index}"]
        assert np.abs(output.numpy().ravel() - expected).max() < tolerance * np.abs(expected).max()


def test_identity_equals_dlib() -> None:
    chips = torch.from_numpy(stored("identity")["chips"]).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        found = identity_net()(chips).numpy()
    np.testing.assert_allclose(found, stored("identity")["embeddings"], atol=5e-4)


@pytest.mark.parametrize("name", NAMES)
def test_face_is_where_mediapipe_finds_it(name: str) -> None:
    pixels = photo(name).pixels
    height, width = pixels.shape[:2]
    x, y, w, h, _ = stored("mediapipe")[f"{name}_box"] * [width, height, width, height, 1]
    assert face_detection.find_faces(pixels)[0].overlap(face_detection.FaceBox(x, y, w, h)) > 0.75


@pytest.mark.parametrize("name", NAMES)
def test_mesh_is_where_mediapipe_finds_it(name: str) -> None:
    pixels = photo(name).pixels
    height, width = pixels.shape[:2]
    face = face_detection.find_faces(pixels)[0]
    mesh = face_mesh.find_mesh(pixels, face)
    expected = stored("mediapipe")[f"{name}_mesh"] * [width, height, width]
    assert mesh.presence > 0.9
    assert np.abs(mesh.points - expected)[:, :2].mean() < 0.01 * face.width
    assert np.corrcoef(mesh.points[:, 2], expected[:, 2])[0, 1] > 0.98


@pytest.mark.parametrize("name", NAMES)
def test_irises_are_where_mediapipe_finds_them(name: str) -> None:
    pixels = photo(name).pixels
    height, width = pixels.shape[:2]
    mesh = stored("mediapipe")[f"{name}_mesh"].astype(np.float64) * [width, height, width]
    expected = stored("mediapipe")[f"{name}_mesh478"][[468, 473], :2] * [width, height]
    for eye, centre in zip(iris.find_eyes(pixels, mesh), expected, strict=True):
        assert np.linalg.norm(eye.centre - centre) < 0.35 * eye.radius
        assert eye.eyelids.shape == (71, 2)


@pytest.mark.parametrize("name", NAMES)
def test_person_mask_is_that_of_mediapipe(name: str) -> None:
    found = person_mask.find_person(photo(name).pixels)[::2, ::2]
    expected = stored("mediapipe")[f"{name}_mask"] / 255
    both, either = ((found > 0.5) & (expected > 0.5)).sum(), ((found > 0.5) | (expected > 0.5)).sum()
    assert both / either > 0.97
    assert np.abs(found - expected).mean() < 0.025
    assert found.min() >= 0
    assert found.max() <= 1


def test_mirrored_photo_gives_a_mirrored_mesh() -> None:
    pixels = photo("grace_hopper").pixels
    width = pixels.shape[1]
    face = face_detection.find_faces(pixels)[0]
    points = face.key_points[[1, 0, 2, 3, 5, 4]] * [-1, 1] + [width, 0]
    flipped = face_detection.FaceBox(width - face.x - face.width, face.y, face.width, face.height, face.score, points)
    mesh = face_mesh.find_mesh(pixels, face).points
    other = face_mesh.find_mesh(np.ascontiguousarray(pixels[:, ::-1]), flipped).points
    back = other[face_mesh.mirror_partners()] * [-1, 1, 1] + [width, 0, 0]
    np.testing.assert_allclose(back, mesh, atol=0.02 * face.width)


def test_overlapping_candidates_become_one_face() -> None:
    points = np.zeros((6, 2))
    boxes = [face_detection.FaceBox(x, 0, 10, 10, score, points) for x, score in ((0, 0.9), (2, 0.6), (30, 0.7))]
    merged = face_detection.merged(boxes)
    assert [round(box.x, 3) for box in merged] == [0.8, 30]
    inner = face_detection.FaceBox(1, 1, 5, 5, 0.5, points)
    assert face_detection.without_parts([inner, boxes[0]]) == [boxes[0]]


def test_a_mirrored_photo_gives_a_mirrored_person() -> None:
    pixels = photo("grace_hopper").pixels
    mirrored = person_mask.find_person(np.ascontiguousarray(pixels[:, ::-1]))
    np.testing.assert_allclose(mirrored[:, ::-1], person_mask.find_person(pixels), atol=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_person_in_the_dark_is_found_whole(name: str) -> None:
    pixels = photo(name).pixels[:470]
    dark = np.asarray(255 * (0.2 * (pixels / 255) ** 2), np.uint8)
    light, found = person_mask.find_person(pixels) > 0.5, person_mask.find_person(dark) > 0.5
    assert (found & light).sum() / (found | light).sum() > 0.97


def test_what_a_person_wears_is_no_hole() -> None:
    pixels = photo("grace_hopper").pixels
    beside = np.pad(person_mask.find_person(pixels) < 0.5, 1, constant_values=True).astype(np.uint8)
    count, _, facts, _ = cv2.connectedComponentsWithStats(beside)
    assert (facts[1:count, cv2.CC_STAT_AREA] > 0.004 * beside.size).all()  # her cap's emblem shone through
