"""Tones of parts: gains of one change nothing, a part's gain reaches that part and not what is behind it."""

import numpy as np

from core.rendering.part_tones import in_tones

RGB = np.full((64, 64, 3), 100, np.uint8)
LABELS = np.repeat(np.array([0, 1, 2, 2], np.uint8), 4)[None].repeat(16, 0)
ALPHA = np.ones((64, 64), np.float32)


def _gains(part: int, gain: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    gains = np.ones((12, 3), np.float32)
    gains[part] = gain
    return gains


def test_gains_of_one_change_nothing() -> None:
    assert np.array_equal(in_tones(RGB, ALPHA, LABELS, _gains(1, 1.0)), RGB)


def test_a_gain_reaches_its_part_only() -> None:
    toned = in_tones(RGB, ALPHA, LABELS, _gains(2, 0.5))
    assert (toned[:, 40:] == 50).all()
    assert (toned[:, :24] == 100).all()


def test_the_white_behind_stays_white() -> None:
    clear = np.zeros((64, 64), np.float32)
    white = np.full((64, 64, 3), 255, np.uint8)
    assert (in_tones(white, clear, LABELS, _gains(2, 0.5)) == 255).all()
