"""Glasses over a picture: before the face and behind the head, clear or of one tint, and in exported meshes."""

from dataclasses import replace

import numpy as np
import pytest

from core.camera import Camera
from core.exporters.worn import with_eyewear as joined_eyewear
from core.frame import Frame, Quality
from core.mask import PARTS
from core.mesh import Mesh
from core.rendering.eyewear import with_eyewear
from tests.core.glasses import CLEAR, pair_of_glasses

FRONT = Camera.orbit()
SKIN = np.array([200, 160, 140], np.uint8)


def _wall(z: float = 0.2) -> Frame:
    """A wall of skin across the picture."""
    rgb = np.broadcast_to(SKIN, (256, 256, 3)).copy()
    depth = np.full((128, 128), FRONT.radius - z, np.float32)
    labels = np.full((128, 128), PARTS.index("skin"), np.uint8)
    return Frame(rgb, np.ones((256, 256), np.float32), depth, labels, FRONT, Quality.NEAR)


def _pixel(frame: Frame, x: float, y: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Mean colour about a place at the glasses' depth."""
    u, v = FRONT.project([[x, y, 0.24]])[0][0] * 256
    return np.asarray(frame.rgb[int(v) - 2 : int(v) + 3, int(u) - 2 : int(u) + 3].reshape(-1, 3).mean(0))


def test_clear_glass_shows_what_is_behind_it_in_a_dark_frame() -> None:
    worn = with_eyewear(_wall(), pair_of_glasses())
    assert np.abs(_pixel(worn, 0.06, 0.005) - SKIN).max() < 25
    assert _pixel(worn, 0.06, 0.02 + 0.034).mean() < 110
    assert worn.labels is not None
    assert 0.01 < (worn.labels == PARTS.index("glasses")).mean() < 0.08
    assert worn.depth.min() < FRONT.radius - 0.23


def test_a_frame_may_be_of_two_colours_and_a_lens_without_a_rim() -> None:
    two = replace(CLEAR, lower_rgb=(0.9, 0.8, 0.2))
    worn = with_eyewear(_wall(), pair_of_glasses(two))
    above, below = _pixel(worn, 0.06, 0.02 + 0.034), _pixel(worn, 0.06, 0.02 - 0.036)
    assert below.mean() > above.mean() + 60
    mesh = joined_eyewear(
        Mesh(
            np.eye(3, dtype=np.float32),
            np.array([[0, 1, 2]], np.int32),
            np.eye(3, dtype=np.float32),
            colours=np.zeros((3, 3), np.uint8),
        ),
        pair_of_glasses(two),
    )
    assert mesh.colours is not None
    assert len(np.unique(mesh.colours, axis=0)) == 3
    bare = with_eyewear(_wall(), pair_of_glasses(replace(CLEAR, rimless=True)))
    assert np.abs(_pixel(bare, 0.06, 0.02 + 0.034) - SKIN).max() < 60


def test_dark_glass_is_one_even_tint() -> None:
    worn = with_eyewear(_wall(), pair_of_glasses(replace(CLEAR, lens_opacity=0.9)))
    left, right = _pixel(worn, -0.06, -0.002), _pixel(worn, 0.06, -0.002)
    assert max(left.mean(), right.mean()) < 100
    assert np.abs(left - right).max() < 25


def test_glasses_behind_something_or_taken_off_are_not_seen() -> None:
    wall = _wall(z=0.3)
    assert np.array_equal(with_eyewear(wall, pair_of_glasses()).rgb, wall.rgb)
    assert np.array_equal(with_eyewear(_wall(), pair_of_glasses(strength=0.0)).rgb, _wall().rgb)


def test_a_part_of_the_glasses_beyond_the_picture_does_no_harm() -> None:
    camera = Camera.orbit(target=(0.09, 0.02, 0.0)).zoomed(8)
    worn = with_eyewear(replace(_wall(), camera=camera), pair_of_glasses())
    assert worn.rgb.shape == (256, 256, 3)
    assert not np.array_equal(worn.rgb, _wall().rgb)


@pytest.mark.parametrize("textured", [False, True])
def test_exported_with_a_mesh_glasses_are_closed_and_keep_their_colour(*, textured: bool) -> None:
    box = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32) * 0.2 - 0.1
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([(a, b, c) for a, b, c, _ in quads] + [(a, c, d) for a, _, c, d in quads], np.int32)
    mesh = Mesh.of_triangles(box, faces)
    uvs, texture = np.full((8, 2), 0.1, np.float32), np.zeros((32, 32, 3), np.uint8)
    colours = np.full((8, 3), 9, np.uint8)
    mesh = replace(mesh, uvs=uvs, texture=texture) if textured else replace(mesh, colours=colours)
    worn = joined_eyewear(mesh, pair_of_glasses(replace(CLEAR, lens_opacity=0.9)))
    assert mesh.is_watertight
    assert worn.is_watertight
    assert worn.volume > mesh.volume
    if worn.colours is not None:
        assert (worn.colours[len(box)] == round(0.1 * 255)).all()
    else:
        assert worn.uvs is not None
        assert worn.texture is not None
        u, v = worn.uvs[len(box)]
        assert (worn.texture[int((1 - v) * 32), int(u * 32)] == round(0.1 * 255)).all()


def test_an_end_that_comes_out_of_hair_by_itself_is_not_drawn() -> None:
    """A lock over the middle of the temple: from the side its front part stays, and its end behind the lock goes."""
    side = Camera.orbit(np.pi / 2)
    at = (np.arange(256) + 0.5) / 256
    z = -(at - 0.5) / side.focal * side.radius  # seen from the person's left, what lies in front is to the left
    head = np.full((256, 256), side.radius - 0.05, np.float32)
    lock = head.copy()
    lock[:, (z > 0.1) & (z < 0.14)] = side.radius - 0.2
    pictures = []
    for depth in (head, lock):
        rgb = np.broadcast_to(SKIN, (256, 256, 3)).copy()
        frame = Frame(rgb, np.ones((256, 256), np.float32), depth, None, side, Quality.NEAR)
        changed = (with_eyewear(frame, pair_of_glasses()).rgb != rgb).any(axis=(0, 2))
        pictures.append((changed[z > 0.16].any(), changed[(z < 0.08) & (z > 0.04)].any()))
    assert pictures == [(True, True), (True, False)]
