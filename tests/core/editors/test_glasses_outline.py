"""Outlines of glasses that are no superellipses."""

import numpy as np

from core.editors.glasses_outline import RAYS, drawn_out, lower_tone

OUTLINE = {"centre_x": 0.061, "centre_y": -0.006, "half_width": 0.048, "upper": 0.03, "lower": 0.034, "squareness": 2.8}
Y, X = np.mgrid[0.065:-0.085:-0.0025, 0:0.135:0.0025].astype(np.float32)


def _lens(raised: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """What speaks for a lens whose outer upper corner is raised by a share of the lens's radius."""
    x, y = X - OUTLINE["centre_x"], Y - OUTLINE["centre_y"]
    angle = np.arctan2(y, x)
    height = np.where(y > 0, OUTLINE["upper"], OUTLINE["lower"])
    power = OUTLINE["squareness"]
    away = ((np.abs(x) / OUTLINE["half_width"]) ** power + (np.abs(y) / height) ** power) ** (1 / power)
    inside = away < 1 + raised * np.exp(-(((angle - 0.7) / 0.3) ** 2))
    return np.asarray(inside - 0.42, np.float32)


def test_a_superellipse_needs_no_outline() -> None:
    assert drawn_out(_lens(0.0), X, Y, OUTLINE) == ()


def test_a_raised_corner_is_kept_where_it_is() -> None:
    found = np.array(drawn_out(_lens(0.25), X, Y, OUTLINE))
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    corner = np.abs(angle - 0.7) < 0.2
    assert found[corner].min() > 1.1
    assert np.abs(found[np.abs(angle - 0.7) > 0.9] - 1).max() < 0.06


def test_frames_have_two_colours_only_where_they_differ_much() -> None:
    assert lower_tone((0.1, 0.1, 0.1), (0.2, 0.15, 0.2)) is None
    assert lower_tone((0.1, 0.1, 0.1), (0.8, 0.7, 0.3)) == (0.8, 0.7, 0.3)
