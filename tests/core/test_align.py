import math
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from core.align import CROP_PX, Alignment, align, framed_by_hand
from core.errors import NoFaceFound, PhotoError
from core.perception import framing, head_pose, identity
from core.perception.similarity import inverse, moved, scale_of, warped
from core.photo import Photo
from core.photo_detail import with_detail
from tests.core.perception.samples import photo, renders

NAMES = ("astronaut", "grace_hopper")
HALF_PIXEL = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
CORNERS = np.array([[0, 0], [CROP_PX, 0], [CROP_PX, CROP_PX], [0, CROP_PX]])

_aligned: dict[str, Alignment] = {}


def aligned(name: str) -> Alignment:
    if name not in _aligned:
        _aligned[name] = align(photo(name))
    return _aligned[name]


def rotated(pixels: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    height, width = pixels.shape[:2]
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)  # ours is clockwise to the eye
    turned = cv2.warpAffine(pixels, matrix[:2], (width, height), borderMode=cv2.BORDER_REPLICATE)
    return turned, HALF_PIXEL @ matrix @ inverse(HALF_PIXEL)


def scaled(pixels: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    height, width = pixels.shape[:2]
    size = round(width * factor), round(height * factor)
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels, size, interpolation=kind), np.diag([size[0] / width, size[1] / height, 1.0])


def shifted(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return cv2.copyMakeBorder(pixels, 60, 200, 300, 50, cv2.BORDER_CONSTANT), np.array(
        [[1.0, 0, 300], [0, 1, 60], [0, 0, 1]]
    )


CHANGES: dict[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    "turned 15": lambda pixels: rotated(pixels, 15),
    "turned -15": lambda pixels: rotated(pixels, -15),
    "three times as large": lambda pixels: scaled(pixels, 3),
    "0.7 times as large": lambda pixels: scaled(pixels, 0.7),
    "shifted": shifted,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_alignment_follows_the_photo(name: str, change: str) -> None:
    before = aligned(name)
    pixels, matrix = CHANGES[change](photo(name).pixels)
    after = align(Photo(np.ascontiguousarray(pixels), change))
    assert abs(after.yaw_radians - before.yaw_radians) < math.radians(2)
    assert abs(after.pitch_radians - before.pitch_radians) < math.radians(3)
    expected = moved(moved(CORNERS, inverse(before.crop_from_photo)), matrix)
    off = np.linalg.norm(moved(expected, after.crop_from_photo) - CORNERS, axis=1)
    assert off.max() < 0.03 * CROP_PX
    turn = math.atan2(matrix[1, 0], matrix[0, 0])
    assert after.roll_radians - before.roll_radians == pytest.approx(turn, abs=math.radians(2))


@pytest.mark.parametrize("name", NAMES)
def test_mirrored_photo_mirrors_the_camera(name: str) -> None:
    before = aligned(name)
    after = align(Photo(np.ascontiguousarray(photo(name).pixels[:, ::-1]), "mirrored"))
    assert after.yaw_radians == pytest.approx(-before.yaw_radians, abs=math.radians(2))
    assert after.pitch_radians == pytest.approx(before.pitch_radians, abs=math.radians(2))
    assert after.roll_radians == pytest.approx(-before.roll_radians, abs=math.radians(2))


@pytest.mark.parametrize("name", NAMES)
def test_canonical_head_lands_on_the_face(name: str) -> None:
    found = aligned(name)
    assert abs(found.yaw_radians) < math.radians(6)  # both look into the camera
    assert abs(found.pitch_radians) < math.radians(10)
    projected, _ = found.camera.project(head_pose.canonical_face().mean)
    off = np.linalg.norm(projected * CROP_PX - found.landmarks_in_crop, axis=1)
    assert off.mean() < 0.025 * CROP_PX
    assert found.camera.radius == pytest.approx(2.7)
    assert found.camera.roll_radians == pytest.approx(0, abs=1e-9)
    assert found.camera.yaw_radians == pytest.approx(found.yaw_radians)


@pytest.mark.parametrize("name", NAMES)
def test_mask_holds_the_head_and_not_the_background(name: str) -> None:
    found = aligned(name)
    y, x = found.landmarks_in_crop.astype(int).T[::-1]
    assert found.mask[y, x].mean() > 0.97
    assert found.mask[:20, :20].max() < 0.1
    assert 0.25 < found.mask.mean() < 0.75
    assert found.crop.shape == (CROP_PX, CROP_PX, 3)
    assert found.crop.dtype == np.uint8


def test_cameras_of_synthetic_heads() -> None:
    angles, places = [], []
    for picture, camera in renders():
        found = align(picture)
        cosine = found.camera.position @ camera.position / found.camera.radius / camera.radius
        angles.append(math.degrees(math.acos(min(float(cosine), 1.0))))
        # the crop is the render, but for what the head's size and slope leave open
        corners = moved(CORNERS / CROP_PX * picture.pixels.shape[0], found.crop_from_photo) / CROP_PX
        places.append(np.linalg.norm(corners - CORNERS / CROP_PX, axis=1).mean())
    assert np.median(angles) < 5
    assert np.quantile(angles, 0.9) < 12
    assert np.median(places) < 0.08


@pytest.mark.parametrize("name", NAMES)
def test_alignment_takes_less_than_a_second(name: str) -> None:
    aligned(name)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.process_time()
    align(photo(name))
    elapsed = time.process_time() - start
    torch.set_num_threads(threads)
    assert elapsed < 1


def two_people() -> Photo:
    small = cv2.resize(photo("grace_hopper").pixels, (256, 300), interpolation=cv2.INTER_AREA)
    pixels = np.full((600, 1000, 3), 200, np.uint8)
    pixels[40:552, :512] = photo("astronaut").pixels
    pixels[200:500, 640:896] = small
    return Photo(pixels, "two people")


def test_the_largest_face_is_taken_and_the_others_are_offered() -> None:
    both = two_people()
    first = align(both)
    assert len(first.faces) == 2
    assert first.face_box == first.faces[0]
    assert first.faces[0].area >= first.faces[1].area
    second = align(both, face_index=1)
    assert second.face_box == first.faces[1]
    assert {first.face_box.x < 512, second.face_box.x < 512} == {True, False}
    with pytest.raises(PhotoError, match="number 3"):
        align(both, face_index=2)


def test_a_fold_of_cloth_that_looks_like_a_large_face_is_not_taken() -> None:
    matrix = cv2.getRotationMatrix2D((256, 256), 30, 1)
    matrix[:, 2] += 93.5
    turned = cv2.warpAffine(
        photo("astronaut").pixels, matrix, (699, 699), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    found = align(Photo(turned, "turned"))
    where = matrix @ [*aligned("astronaut").face_box.centre, 1]
    assert np.linalg.norm(found.face_box.centre - where) < 0.2 * found.face_box.width


def test_another_person_in_the_crop_is_not_in_the_mask() -> None:
    found = align(photo("astronaut"))
    other = np.zeros((CROP_PX, CROP_PX), np.float32)
    other[:60, :60] = 1
    one = framing.of_one_person(np.maximum(found.mask, other), found.landmarks_in_crop)
    assert one[:50, :50].max() == 0
    assert np.abs(one - found.mask)[80:].max() < 0.31


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_photo_on_its_side_or_head_is_understood(quarters: int) -> None:
    before = aligned("grace_hopper")
    after = align(Photo(np.ascontiguousarray(np.rot90(photo("grace_hopper").pixels, quarters)), "turned"))
    turn = math.remainder(after.roll_radians - before.roll_radians + quarters * math.pi / 2, 2 * math.pi)
    assert abs(turn) < math.radians(5)
    assert abs(after.yaw_radians - before.yaw_radians) < math.radians(4)
    assert abs(after.pitch_radians - before.pitch_radians) < math.radians(4)
    assert scale_of(after.crop_from_photo) == pytest.approx(scale_of(before.crop_from_photo), rel=0.03)


@pytest.mark.parametrize("shape", [(300, 500), (40, 40), (17, 900)])
def test_no_face(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    with pytest.raises(NoFaceFound) as caught:
        align(Photo(pixels, "noise"))
    assert caught.value.hint


def test_a_tiny_face_is_refused() -> None:
    pixels = cv2.resize(photo("grace_hopper").pixels, (102, 120), interpolation=cv2.INTER_AREA)
    with pytest.raises(PhotoError, match=r"only \d+ pixels"):
        align(Photo(pixels, "tiny"))


def test_a_tiny_face_in_a_large_photo_is_found_before_it_is_refused() -> None:
    pixels = np.full((900, 1200, 3), 120, np.uint8)
    pixels[300:372, 650:711] = cv2.resize(photo("grace_hopper").pixels, (61, 72), interpolation=cv2.INTER_AREA)
    with pytest.raises(PhotoError, match="pixels wide"):
        align(Photo(pixels, "tiny"))


def test_a_blurred_face_is_refused_or_warned_of() -> None:
    large = cv2.resize(photo("astronaut").pixels, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    soft = align(Photo(cv2.GaussianBlur(large, (0, 0), 5), "soft"))
    assert any("not sharp" in warning for warning in soft.warnings)
    with pytest.raises(PhotoError, match=r"blurred|no face"):
        align(Photo(cv2.GaussianBlur(large, (0, 0), 10), "blurred"))


def test_what_is_cut_off_is_told() -> None:
    before, pixels = aligned("grace_hopper"), photo("grace_hopper").pixels
    chin = int(before.landmarks[152, 1])
    cut = align(Photo(np.ascontiguousarray(pixels[100 : chin - 10]), "cut"))
    assert "The chin is cut off." in cut.warnings
    assert "The top of the head is cut off." in cut.warnings
    assert before.warnings == ()
    # what the photo does not show is neither person nor streaks of the border
    inside = cut.inside_photo
    assert inside.min() == 0
    assert cut.mask[inside == 0].max() == 0
    assert aligned("grace_hopper").inside_photo.mean() > 0.9


def five_of(found: Alignment) -> np.ndarray:
    return np.stack([found.landmarks[list(group)].mean(0) for group in head_pose.FIVE_POINTS])


@pytest.mark.parametrize("name", NAMES)
def test_five_points_by_hand(name: str) -> None:
    before = aligned(name)
    five = five_of(before)
    after = align(photo(name), landmarks_hint=five)
    assert abs(after.yaw_radians - before.yaw_radians) < math.radians(8)
    assert abs(after.pitch_radians - before.pitch_radians) < math.radians(12)
    off = np.linalg.norm(after.landmarks - before.landmarks, axis=1).mean() * scale_of(before.crop_from_photo)
    assert off < 0.02 * CROP_PX
    # left and right may be the person's or the viewer's
    np.testing.assert_allclose(align(photo(name), landmarks_hint=five[[1, 0, 2, 4, 3]]).landmarks, after.landmarks)
    shown = framed_by_hand(five, photo(name).pixels)
    assert shown is not None
    np.testing.assert_allclose(shown.landmarks, after.landmarks, atol=1e-3)
    corners = moved(shown.corners.astype(np.float64), after.crop_from_photo)
    np.testing.assert_allclose(corners, CORNERS, atol=0.05)
    assert (shown.yaw_radians, shown.warnings) == (after.yaw_radians, after.warnings)
    again = after.framing
    np.testing.assert_allclose(again.landmarks, shown.landmarks, atol=1e-3)
    np.testing.assert_allclose(again.corners, shown.corners, atol=0.05)
    np.testing.assert_allclose(again.axes, shown.axes, atol=0.5)
    assert (again.pitch_radians, again.warnings) == (shown.pitch_radians, shown.warnings)


def test_five_points_work_where_no_face_is_found() -> None:
    blank = Photo(np.full((400, 400, 3), 90, np.uint8), "blank")
    five = np.array([[160, 180], [240, 180], [200, 225], [170, 265], [230, 265]], np.float32)
    found = align(blank, landmarks_hint=five)
    assert abs(found.yaw_radians) < 1e-3
    assert found.landmarks.shape == (468, 2)


def test_points_that_make_no_face() -> None:
    line = np.array([[0, 0], [10, 0], [20, 0], [30, 0], [40, 0]], np.float32)
    pixels = photo("astronaut").pixels
    assert framed_by_hand(line, pixels) is None
    assert framed_by_hand(np.zeros((5, 2), np.float32), pixels) is None
    with pytest.raises(PhotoError, match="no face"):
        align(photo("astronaut"), landmarks_hint=line)
    with pytest.raises(PhotoError, match="five points"):
        align(photo("astronaut"), landmarks_hint=line[:3])


def test_a_box_by_hand() -> None:
    before = aligned("astronaut")
    box = before.face_box
    after = align(photo("astronaut"), box_hint=(box.x - 4, box.y + 3, box.width + 5, box.height))
    assert abs(after.yaw_radians - before.yaw_radians) < math.radians(3)
    with pytest.raises(NoFaceFound):
        align(photo("astronaut"), box_hint=(10, 10, 80, 80))


def test_identity_holds_across_crops_and_tells_people_apart() -> None:
    embeddings = {}
    net = identity.identity_net()
    for name in NAMES:
        for change in ("as it is", "turned 15", "0.7 times as large"):
            pixels = photo(name).pixels if change == "as it is" else CHANGES[change](photo(name).pixels)[0]
            found = align(Photo(np.ascontiguousarray(pixels), name))
            crop = torch.from_numpy(found.crop).permute(2, 0, 1)[None] / 255
            with torch.no_grad():
                embeddings[name, change] = net(identity.cut_chips(crop, found.chip_from_crop))[0]
    for (name, change), embedding in embeddings.items():
        for (other, _), another in embeddings.items():
            distance = float((embedding - another).norm())
            assert (distance < 0.35) if name == other else (distance > 0.6), (name, change, other)


def test_alignment_is_a_value() -> None:
    found = aligned("astronaut")
    assert found == align(photo("astronaut"))
    assert found != aligned("grace_hopper")
    assert hash(found) == hash(align(photo("astronaut")))


def test_a_large_photo_keeps_what_its_crop_is_too_small_for() -> None:
    assert aligned("astronaut").detail is None, "the crop has more pixels than the photo"
    pixels, _ = scaled(photo("astronaut").pixels, 6)
    grain = np.random.default_rng(0).integers(-12, 13, pixels.shape)
    fine = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    found = align(Photo(fine, "large"))
    assert found.detail is not None
    times = len(found.detail) // CROP_PX
    assert times > 1
    larger = np.diag([times, times, 1.0]) @ found.crop_from_photo
    shown = warped(fine, larger, times * CROP_PX, repeat_border=True)
    again = with_detail(found.crop, found.detail)
    face = cv2.resize(found.mask * found.inside_photo, again.shape[:2]) > 0.99
    assert np.abs(again.astype(int) - shown)[face].mean() < 1
    blurred = cv2.resize(found.crop, again.shape[:2], interpolation=cv2.INTER_CUBIC)
    assert np.abs(blurred.astype(int) - shown)[face].mean() > 3, "the crop alone has lost the grain"
