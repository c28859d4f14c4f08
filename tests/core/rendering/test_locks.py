"""Locks of hair: they run down, repeat without a seam and are the same from everywhere."""

from dataclasses import replace

import numpy as np

from core.rendering.locks import CURLY, STRAIGHT, locks, locks_at


def test_straight_locks_run_down_and_repeat_without_a_seam() -> None:
    drawn = locks(replace(STRAIGHT, count=150), (128, 128), seed=1)
    along, across = (np.abs(np.diff(drawn, axis=axis)).mean() for axis in (0, 1))
    assert across > 3 * along
    assert abs(float(drawn.mean())) < 1e-6
    assert np.abs(drawn[:, 0] - drawn[:, -1]).mean() < 2 * across
    assert np.abs(drawn[0] - drawn[-1]).mean() < 2 * along
    assert np.array_equal(drawn, locks(replace(STRAIGHT, count=150), (128, 128), seed=1))


def test_curls_swing_to_both_sides() -> None:
    drawn = locks(replace(CURLY, count=60, twist=0.0, tilt=0.0, in_step=0.0, wave_px=(64.0, 64.0)), (128, 192), seed=1)
    # all of them swing alike, so half a wave further down everything lies aside
    shifts = np.arange(-24, 25)
    moved = [float((drawn[:64] * np.roll(drawn[64:], shift, axis=1)).mean()) for shift in shifts]
    assert max(moved) > 0.3 * drawn.var()


def test_curls_go_once_around_the_head_and_begin_beyond_the_crown() -> None:
    angles = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([0.2 * np.sin(angles), np.full(200, -0.05), 0.2 * np.cos(angles) - 0.05], axis=1)
    found = locks_at(ring)
    assert found.std() > 0.1
    assert abs(found[0] - found[-1]) < 1e-3
    assert locks_at(np.array([[0.0, 0.24, -0.05]]))[0] == 0
