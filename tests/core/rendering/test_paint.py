"""Paint sticks to the surface that it was laid on."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.camera import Camera
from core.edit import Paint
from core.frame import Frame, Quality
from core.rendering import finished_frame
from core.rendering.paint import finer_depth, painted
from core.rendering.renderer import FINER, HeadRenderer
from tests.fakes import TinyGenerator, tiny_head

RED = np.array([255, 0, 0])
FRONT = Camera.orbit()


def _render(camera: Camera, *layers: Paint) -> Frame:
    return HeadRenderer(TinyGenerator(), replace(tiny_head(), paint=layers)).render(camera, Quality.EXACT, size_px=128)


def _spot(u: float = 0.5, v: float = 0.45, radius: float = 0.05, strength: float = 1.0) -> Paint:
    """A red disc on the view from the front."""
    rows, columns = np.indices((200, 200))
    picture = np.zeros((200, 200, 4), np.uint8)
    picture[..., 0] = 255
    picture[..., 3] = 255 * (np.hypot(columns + 0.5 - 200 * u, rows + 0.5 - 200 * v) < 200 * radius)
    return Paint(key="1", picture=picture, camera=FRONT, depth=_render(FRONT).depth, strength=strength)


def _red_at(frame: Frame) -> tuple[float, float]:
    """Middle of the red pixels, uv."""
    rows, columns = np.nonzero(np.abs(frame.rgb.astype(int) - RED).max(axis=2) < 30)
    assert len(rows) > 20
    return (columns.mean() + 0.5) / len(frame.rgb), (rows.mean() + 0.5) / len(frame.rgb)


def test_no_paint_is_the_picture_itself() -> None:
    frame = _render(FRONT)
    assert painted(frame.rgb, frame.alpha, frame.depth, FRONT, ()) is frame.rgb
    bare = replace(_spot(), picture=np.zeros((8, 8, 4), np.uint8))
    assert np.array_equal(_render(FRONT, bare).rgb, frame.rgb)


def test_the_view_that_was_painted_shows_what_was_painted() -> None:
    u, v = _red_at(_render(FRONT, _spot(0.45, 0.5)))
    assert (u, v) == pytest.approx((0.45, 0.5), abs=0.01)


@pytest.mark.parametrize("yaw_degrees", [-35, 20, 40])
def test_paint_orbits_with_the_surface(yaw_degrees: float) -> None:
    spot, camera = _spot(), Camera.orbit(math.radians(yaw_degrees), 0.1)
    depth = _render(FRONT).depth_at(0.5, 0.45)
    ray = np.array([0.0, (0.45 - 0.5) / FRONT.focal, 1.0]) * depth
    point = FRONT.world_from_camera[:3, :3] @ ray + FRONT.position
    (expected,), _ = camera.project(point[None])
    assert _red_at(_render(camera, spot)) == pytest.approx(tuple(expected), abs=0.02)


def test_what_the_camera_did_not_see_stays_unpainted() -> None:
    behind = Camera.orbit(math.pi)
    everywhere = _spot(radius=2.0)
    assert np.array_equal(_render(behind, everywhere).rgb, _render(behind).rgb)
    frame = _render(FRONT, everywhere)
    outside = frame.alpha == 0
    assert np.array_equal(frame.rgb[outside], _render(FRONT).rgb[outside])


def test_strength_thins_the_paint() -> None:
    plain, half, full = (
        _render(FRONT, *layers).rgb.astype(float) for layers in ((), (_spot(strength=0.5),), (_spot(),))
    )
    assert np.abs(half - (plain + full) / 2).max() <= 2


def test_later_paint_lies_on_top() -> None:
    spot = _spot()
    blue = replace(spot, picture=spot.picture[..., [2, 1, 0, 3]])
    middle = _render(FRONT, spot, blue).rgb[round(0.45 * 128), 64]
    assert middle[2] > 200 > middle[0]


def test_a_finer_depth_is_taken_where_it_shows_the_same_surface() -> None:
    rows, columns = np.indices((64, 64))
    fine = (2.5 + 0.001 * np.sin(rows + columns)).astype(np.float32)
    coarse = np.full((32, 32), 2.5, np.float32)
    assert np.array_equal(finer_depth(coarse, fine), fine)


def test_what_was_tidied_in_a_depth_does_not_come_back_with_a_finer_one() -> None:
    coarse = np.full((32, 32), 2.5, np.float32)
    fine = np.full((64, 64), 2.501, np.float32)
    fine[20:24, 30:34] = 2.2  # a speck that floats before the face
    fine[:, :8] = 0.0  # and a gap beside it
    found = finer_depth(coarse, fine)
    assert np.allclose(found[20:24, 30:34], 2.5)
    assert np.allclose(found[:, :8], 2.5)
    assert np.allclose(found[40:, 40:], 2.501)


def test_a_finer_depth_tells_where_the_nearer_of_two_surfaces_ends() -> None:
    coarse = np.full((32, 32), 2.5, np.float32)
    coarse[:, 16:] = 2.6
    fine = np.full((64, 64), 2.5, np.float32)
    fine[:, 33:] = 2.6  # interpolated, the coarse one has a ramp there
    assert np.array_equal(finer_depth(coarse, fine), fine)


def test_a_large_picture_lays_photos_on_the_surface_that_many_rays_have_met(monkeypatch: pytest.MonkeyPatch) -> None:
    spot = _spot(0.45, 0.5)
    renderer = HeadRenderer(TinyGenerator(), replace(tiny_head(), paint=(spot,)))
    own = renderer.generator.info.picture_px
    sides = []

    def looked(rgb: np.ndarray, alpha: np.ndarray, depth: np.ndarray, *rest: object) -> np.ndarray:
        sides.append(len(depth))
        return painted(rgb, alpha, depth, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(finished_frame, "painted", looked)
    small, large = (renderer.render(FRONT, Quality.EXACT, size_px=size) for size in (own, 4 * own))
    assert sides == [len(small.depth), FINER * len(large.depth)]
    assert _red_at(large) == pytest.approx((0.45, 0.5), abs=0.01)
