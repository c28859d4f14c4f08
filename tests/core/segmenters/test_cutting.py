"""Masks from rough strokes and boxes find the edges of what was meant."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import VoltefaceError
from core.segmenters.cutting import click_refusal, cut_out

SIDE = 256


def _picture() -> tuple[NDArray[np.uint8], NDArray[np.bool]]:
    """A red disc on grey, with a little noise."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    disc = np.hypot(rows - 120, columns - 140) < 50
    rgb = np.where(disc[..., None], (190, 60, 50), (120, 125, 130)).astype(np.int16)
    rgb += np.random.default_rng(0).integers(-8, 9, rgb.shape)
    return rgb.clip(0, 255).astype(np.uint8), disc


def _overlap(found: NDArray[np.uint8], wanted: NDArray[np.bool]) -> float:
    cut = found > 127
    return float((cut & wanted).sum() / (cut | wanted).sum())


def test_a_rough_stroke_finds_the_edges() -> None:
    rgb, disc = _picture()
    rough = np.zeros((SIDE, SIDE), np.uint8)
    rough[80:165, 95:178] = 255
    assert _overlap(rough, disc) < 0.85
    assert _overlap(cut_out(rgb, rough), disc) > 0.95


def test_a_box_finds_what_is_in_it_at_the_side_asked_for() -> None:
    rgb, disc = _picture()
    found = cut_out(rgb, box=(0.3, 0.2, 0.8, 0.75), side_px=512)
    assert found.shape == (512, 512)
    assert _overlap(found[::2, ::2], disc) > 0.95


def test_too_little_is_said() -> None:
    rgb, _ = _picture()
    with pytest.raises(VoltefaceError, match="hardly anything drawn"):
        cut_out(rgb, np.zeros((SIDE, SIDE), np.uint8))
    with pytest.raises(VoltefaceError, match="too small"):
        cut_out(rgb, box=(0.5, 0.5, 0.505, 0.505))


def test_a_click_needs_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.checkpoints.store.installed", lambda: ())
    assert "Segment Anything" in click_refusal()
