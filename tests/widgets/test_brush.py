"""Laws of strokes."""

from __future__ import annotations

import numpy as np
import pytest

from widgets.brush import Brush, PaintSurface

RED = Brush(rgb=(200, 20, 30), size=0.2, hardness=0.8)


def _stroke(surface: PaintSurface, brush: Brush, *places: tuple[float, float]) -> None:
    surface.begin(brush, *places[0])
    for place in places[1:]:
        surface.go_to(*place)
    surface.end()


def test_a_dab_lies_where_it_is_put_in_its_colour() -> None:
    surface = PaintSurface(64)
    _stroke(surface, RED, (0.25, 0.75))
    assert surface.pixels[48, 16].tolist() == [200, 20, 30, 255]
    assert surface.pixels[16, 48, 3] == 0
    covered = (surface.pixels[..., 3] > 127).sum()
    assert covered == pytest.approx(np.pi * 6.4**2, rel=0.15)


def test_a_stroke_that_crosses_itself_is_laid_on_once() -> None:
    half = Brush(rgb=(0, 0, 0), size=0.2, opacity=0.5)
    surface = PaintSurface(64)
    _stroke(surface, half, (0.2, 0.5), (0.8, 0.5), (0.2, 0.5), (0.8, 0.5))
    assert int(surface.pixels[32, 32, 3]) == pytest.approx(128, abs=2)
    _stroke(surface, half, (0.2, 0.5), (0.8, 0.5))
    assert int(surface.pixels[32, 32, 3]) == pytest.approx(191, abs=2)


def test_few_positions_draw_the_same_line_as_many() -> None:
    few, many = PaintSurface(64), PaintSurface(64)
    _stroke(few, RED, (0.2, 0.3), (0.8, 0.6))
    _stroke(many, RED, *((0.2 + 0.6 * t, 0.3 + 0.3 * t) for t in np.linspace(0, 1, 40)))
    assert np.abs(few.pixels[..., 3].astype(int) - many.pixels[..., 3]).max() <= 3


def test_the_eraser_takes_paint_away_and_undo_brings_it_back() -> None:
    surface = PaintSurface(64)
    _stroke(surface, RED, (0.5, 0.5))
    before = surface.picture()
    _stroke(surface, Brush(size=0.5, hardness=1.0, erases=True), (0.5, 0.5))
    assert surface.is_empty
    surface.undo()
    assert np.array_equal(surface.pixels, before)
    surface.undo()
    assert surface.is_empty
    assert not surface.can_undo
    assert surface.undo() == (0, 0, 0, 0)


def test_paint_stays_on_the_head() -> None:
    cover = np.zeros((64, 64), np.float32)
    cover[:, :32] = 1
    surface = PaintSurface(64, cover)
    _stroke(surface, RED, (0.1, 0.5), (0.9, 0.5))
    assert surface.pixels[32, 20, 3] == 255
    assert not surface.pixels[:, 32:, 3].any()


def test_strokes_outside_and_across_the_rim_do_no_harm() -> None:
    surface = PaintSurface(64)
    _stroke(surface, RED, (-0.5, -0.5), (-0.4, -0.5))
    assert surface.is_empty
    _stroke(surface, RED, (0.5, 0.5), (1.5, 0.5))
    assert surface.pixels[32, 63, 3] > 200


def test_what_changed_is_told() -> None:
    surface = PaintSurface(64)
    left, top, right, bottom = surface.begin(RED, 0.5, 0.5)
    surface.end()
    outside = surface.picture()
    outside[top:bottom, left:right] = 0
    assert not outside.any()
    assert right - left < 24
