"""Artists are told where the frame of glasses is seen: fine as the picture, and not behind the head."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from core.camera import Camera
from core.frame import Frame, Quality
from core.rendering.glasses_seen import frames_seen
from tests.core.glasses import CLEAR, pair_of_glasses

SIDE = 96


def _frame(yaw: float = 0.0, depth: float = 0.0) -> Frame:
    pixels = np.full((SIDE, SIDE, 3), 255, np.uint8)
    return Frame(
        rgb=pixels,
        alpha=np.ones((SIDE, SIDE), np.float32),
        depth=np.full((SIDE, SIDE), depth, np.float32),
        labels=None,
        camera=Camera.orbit(yaw),
        quality=Quality.NEAR,
    )


def test_frames_are_thin_and_lenses_are_left_out_unless_they_are_dark() -> None:
    clear = frames_seen(_frame(), pair_of_glasses(), SIDE)
    dark = frames_seen(_frame(), pair_of_glasses(replace(CLEAR, lens_opacity=0.9)), SIDE)
    ground = frames_seen(_frame(), pair_of_glasses(replace(CLEAR, rimless=True)), SIDE)
    assert clear is not None
    assert dark is not None
    assert ground is not None
    assert 0.002 < clear.mean() < 0.5 * dark.mean()
    assert ground.mean() > 0.002


def test_what_the_head_hides_is_not_seen_and_no_glasses_are_none() -> None:
    near = frames_seen(_frame(math.pi), pair_of_glasses(), SIDE)
    hidden = frames_seen(_frame(math.pi, depth=1.0), pair_of_glasses(), SIDE)
    assert near is not None
    assert hidden is not None
    assert near.max() > 0.5 > hidden.max()
    assert frames_seen(_frame(), None, SIDE) is None
    assert frames_seen(_frame(), pair_of_glasses(strength=0.2), SIDE) is None
