"""Tones of parts: gains of one change nothing, a part's gain reaches that part and not what is behind it."""

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame, Quality
from core.rendering.part_tones import in_tones

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
RGB = np.full((64, 64, 3), 100, np.uint8)
LABELS = np.repeat(np.array([0, 1, 2, 2], np.uint8), 4)[None].repeat(16, 0)
ALPHA = np.ones((64, 64), np.float32)


def _gains(part: int, gain: float) -> Floats:
    gains = np.ones((12, 3), np.float32)
    gains[part] = gain
    return gains


def _toned(rgb: Pixels, alpha: Floats, gains: Floats) -> Pixels:
    depth = np.zeros(LABELS.shape, np.float32)
    return in_tones(Frame(rgb, alpha, depth, LABELS, Camera.orbit(), Quality.NEAR), gains).rgb


def test_gains_of_one_change_nothing() -> None:
    assert np.array_equal(_toned(RGB, ALPHA, _gains(1, 1.0)), RGB)


def test_a_gain_reaches_its_part_only() -> None:
    toned = _toned(RGB, ALPHA, _gains(2, 0.5))
    assert (toned[:, 40:] == 50).all()
    assert (toned[:, :24] == 100).all()


def test_the_white_behind_stays_white() -> None:
    clear = np.zeros((64, 64), np.float32)
    white = np.full((64, 64, 3), 255, np.uint8)
    assert (_toned(white, clear, _gains(2, 0.5)) == 255).all()
