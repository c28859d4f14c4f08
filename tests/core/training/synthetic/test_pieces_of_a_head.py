"""Hair, eyes, glasses and light on small inputs; none of them needs the assets."""

import numpy as np
import pytest

from core.training.synthetic.arrays import Ints
from core.training.synthetic.eyes import iris_picture, turned_eyes
from core.training.synthetic.glasses import FaceFit, FrameStyle, glasses_meshes
from core.training.synthetic.hair_cards import SCALP_CENTRE_DM, swept_fringe
from core.training.synthetic.hair_fur import shell_noise
from core.training.synthetic.hair_textures import colourless
from core.training.synthetic.light import Light, random_light, sphere_directions
from core.training.synthetic.part import CENTRE_DM, UNITS_PER_DM, world_from_dm
from core.training.synthetic.tubes import joined, tube

RING = np.stack([np.cos(np.arange(24) * np.pi / 12), np.sin(np.arange(24) * np.pi / 12), np.zeros(24)], 1)


def open_edges(triangles: Ints) -> int:
    edges = {(int(a), int(b)) for t in triangles for a, b in zip(t, np.roll(t, -1), strict=True)}
    return sum((b, a) not in edges for a, b in edges)


def test_a_closed_tube_is_watertight_and_as_thick_as_asked() -> None:
    mesh = tube(RING, (0.1, 0.2), 8, closed=True)
    assert open_edges(mesh.triangles) == 0
    rings = mesh.vertices.reshape(24, 8, 3)
    offset = rings - RING[:, None]
    assert np.abs(offset[..., 2]).max() == pytest.approx(0.2)
    assert np.linalg.norm(offset[..., :2], axis=-1).max() == pytest.approx(0.1)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1)


def test_an_open_tube_has_two_open_ends() -> None:
    line = np.stack([np.zeros(5), np.linspace(0, 1, 5), np.linspace(0, 0.5, 5)], 1)
    assert open_edges(tube(line, (0.1, 0.1), 6).triangles) == 12


def test_joined_meshes_keep_their_triangles() -> None:
    mesh = tube(RING, (0.1, 0.1), 8, closed=True)
    both = joined([mesh, mesh])
    assert len(both.vertices) == 2 * len(mesh.vertices)
    np.testing.assert_array_equal(both.vertices[both.triangles][: len(mesh.triangles)], mesh.vertices[mesh.triangles])
    np.testing.assert_array_equal(both.vertices[both.triangles][len(mesh.triangles) :], mesh.vertices[mesh.triangles])


def test_glasses_are_symmetric_and_clear_the_head() -> None:
    bare = np.array([[0.7, 7.3, z] for z in np.linspace(-0.6, 1.0, 30)])
    fit = FaceFit(0.31, 7.28, 1.5, 0.0, bare)
    frame, lenses = glasses_meshes(fit, FrameStyle(0.26, 0.2, 2.6, 0.02, 0.03))
    for mesh in (frame, lenses):
        assert mesh.vertices[:, 0].min() == pytest.approx(-mesh.vertices[:, 0].max())
    temples = frame.vertices[(frame.vertices[:, 2] < 0.8) & (frame.vertices[:, 2] > 0)]
    assert np.abs(temples[:, 0]).min() > 0.7
    assert np.ptp(lenses.vertices[:, 1]) == pytest.approx(0.2 * 2.06, rel=0.01)


def test_eyes_turn_about_their_own_centres() -> None:
    rng = np.random.RandomState(0)
    ball = rng.randn(50, 3)
    ball = 0.1 * np.concatenate([ball, -ball]) / np.linalg.norm(np.concatenate([ball, ball]), axis=1, keepdims=True)
    eyes = np.concatenate([ball + np.array([x, 7, 1]) for x in (0.3, -0.3)])
    turned = turned_eyes(eyes, 0.3, 0.0)
    for side in (slice(100), slice(100, 200)):
        np.testing.assert_allclose(turned[side].mean(0), eyes[side].mean(0), atol=1e-12)
    radius = np.linalg.norm(turned[:100] - [0.3, 7, 1], axis=1)
    np.testing.assert_allclose(radius, 0.1, atol=1e-9)
    front = turned_eyes(np.array([[0.3, 7, 1.1], [0.3, 7, 0.9], [-0.3, 7, 1.1], [-0.3, 7, 0.9]]), 0.3, 0.0)
    assert front[0, 0] > 0.3  # positive yaw looks to the person's left
    np.testing.assert_allclose(turned_eyes(eyes, 0, 0), eyes)


def test_only_the_iris_is_recoloured() -> None:
    eye = np.zeros((256, 256, 4), np.uint8)
    eye[..., :3], eye[..., 3] = 240, 200
    row, column = np.mgrid[:256, :256]
    distance = np.hypot(row - 128, column - 128)
    eye[distance < 60, :3] = (120, 70, 30)
    eye[distance < 20, :3] = 5
    blue = iris_picture(eye, (0.3, 0.5, 0.9))
    assert blue.dtype == np.uint8
    assert blue[128, 128, :3].max() < 20  # the pupil stays dark
    assert blue[128, 168, 2] > blue[128, 168, 0] + 50
    assert np.abs(blue[10, 10, :3].astype(int) - 240).max() < 8
    np.testing.assert_array_equal(blue[..., 3], eye[..., 3])


def test_a_fringe_is_swept_on_the_right_only() -> None:
    front = np.array([[-0.3, 7.3, 1.3], [-0.5, 7.0, 1.2]])  # before the right eye
    left, crown = np.array([[0.6, 7.0, 1.0]]), np.array([[-0.2, 8.4, 0.6]])
    swept = swept_fringe(front)
    angle, before = (np.degrees(np.arctan2(-p[:, 0], p[:, 2] - SCALP_CENTRE_DM[2])) for p in (swept, front))
    assert (angle > before + 5).all()
    np.testing.assert_allclose(swept[:, 1], front[:, 1])
    np.testing.assert_allclose(swept_fringe(left), left)
    np.testing.assert_allclose(swept_fringe(crown), crown)


def test_colourless_hair_keeps_strands_and_transparency() -> None:
    image = np.zeros((64, 64, 4), np.uint8)
    image[..., :3] = (90, 60, 30)
    image[:, ::4, :3] = (180, 120, 60)
    image[:, :48, 3] = 255
    grey = colourless(image)
    assert np.ptp(grey[..., :3], axis=-1).max() == 0
    np.testing.assert_array_equal(grey[..., 3], image[..., 3])
    assert grey[32, 24, 0] > grey[32, 25, 0]


def test_shell_noise_is_uniform_and_tiles() -> None:
    noise = shell_noise()
    for tile in noise.values():
        np.testing.assert_allclose(np.sort(tile, axis=None), np.arange(tile.size) / tile.size)
    clump = noise["clump"]
    seam, inside = np.abs(clump[0] - clump[-1]).mean(), np.abs(np.diff(clump, axis=0)).mean()
    assert seam < 2 * inside


def test_directions_cover_the_sphere() -> None:
    directions = sphere_directions(400)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    assert np.abs(directions.mean(0)).max() < 0.01
    np.testing.assert_allclose(directions.T @ directions / 400, np.eye(3) / 3, atol=0.01)


def test_light_is_strongest_from_the_key() -> None:
    light = random_light(np.random.RandomState(0))
    assert np.linalg.norm(light.direction) == pytest.approx(1)
    assert light.direction[1] > 0
    assert light.direction[2] > 0
    radiance = [light.radiance(d).sum() for d in (*sphere_directions(100), light.direction)]
    assert np.argmax(radiance) == 100
    assert min(radiance) > 0


def test_warm_light_is_red() -> None:
    towards = np.array([0, 0, 1.0])
    red, _, blue = Light(towards, 2.0, 0.1).radiance(towards)
    assert red > blue


def test_the_world_is_centred_on_the_head() -> None:
    assert world_from_dm(CENTRE_DM).tolist() == [0, 0, 0]
    assert world_from_dm(CENTRE_DM + np.array([0, 1, 0]))[1] == pytest.approx(UNITS_PER_DM)
