from __future__ import annotations

import numpy as np
import pytest

from core.camera import Camera
from tests.widgets.frames import HAIR, sphere_frame
from widgets.frame_image import enlarged, moved, tinted, with_soft_sides
from widgets.gl.pixels import premultiplied


def _difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(float) - second.astype(float)).mean())


@pytest.mark.parametrize(
    "camera",
    [Camera.orbit(0.2, 0.1), Camera.orbit().panned(0.05, 0.02), Camera.orbit().zoomed(1.3), Camera.orbit(-0.1, -0.2)],
)
def test_a_moved_frame_is_nearly_the_frame_from_there(camera: Camera) -> None:
    frame = sphere_frame(side=128)
    there = premultiplied(sphere_frame(camera, side=128))
    after = moved(premultiplied(frame), frame, camera)
    assert _difference(after, there) < 0.45 * _difference(premultiplied(frame), there) + 1.0


def test_nothing_moves_when_the_camera_does_not() -> None:
    frame = sphere_frame()
    rgba = premultiplied(frame)
    assert _difference(moved(rgba, frame, frame.camera), rgba) < 0.5


def test_a_tint_stays_in_its_part() -> None:
    frame = sphere_frame()
    plain, lit = premultiplied(frame), tinted(frame, HAIR, (0.0, 1.0, 0.0))
    assert lit[30, 48, 1] > plain[30, 48, 1]
    assert (lit[70, 48] == plain[70, 48]).all()
    assert (tinted(frame, 0, (0.0, 1.0, 0.0)) == plain).all()


def test_enlarging_and_softening_keep_pixels_premultiplied() -> None:
    larger = with_soft_sides(enlarged(premultiplied(sphere_frame(Camera.orbit().zoomed(3))), 300))
    assert larger.shape == (300, 300, 4)
    assert (larger[..., :3] <= larger[..., 3:].astype(int) + 1).all()
    assert not larger[:, 0].any()
    assert larger[150, 150, 3] == 255
