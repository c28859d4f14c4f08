"""The grid that was made last is found again by whoever has its field, and goes with it."""

from __future__ import annotations

import weakref

import torch

from core.grafted_field import RemappedField
from core.rendering.kept_grid import keep_grid, kept_grid
from core.rendering.occupancy import FieldGrid
from core.trigrid import Trigrid
from tests.fakes import TinyGenerator


def _grid(field: Trigrid) -> FieldGrid:
    return FieldGrid(torch.ones(2, 2, 2), torch.zeros(4, 2, 2, 2), None, (0.4, 0.4, 0.4), field)


def _field() -> Trigrid:
    return Trigrid(torch.zeros(3, 2, 1, 4, 4), box_side=0.8)


def test_a_grid_is_that_of_its_field_and_its_generator_alone() -> None:
    generator, field = TinyGenerator(), _field()
    keep_grid(generator, _grid(field))
    found = kept_grid(generator, field)
    assert found is not None
    assert found.field is field
    assert kept_grid(TinyGenerator(), field) is None
    assert kept_grid(generator, _field()) is None


def test_only_the_last_one_is_kept() -> None:
    generator, first, second = TinyGenerator(), _field(), _field()
    keep_grid(generator, _grid(first))
    keep_grid(generator, _grid(second))
    assert kept_grid(generator, first) is None
    assert kept_grid(generator, second) is not None


def test_its_numbers_go_with_its_field() -> None:
    generator, field = TinyGenerator(), _field()
    grid = _grid(field)
    numbers = weakref.ref(grid.sigma)
    keep_grid(generator, grid)
    del grid
    assert numbers() is not None
    del field
    assert numbers() is None


def test_what_is_laid_over_its_field_finds_the_grid_of_what_lies_below() -> None:
    generator, field = TinyGenerator(), _field()
    keep_grid(generator, _grid(field))
    found = kept_grid(generator, RemappedField(field, torch.eye(2), torch.zeros(2)))
    assert found is not None
    assert found.field is field
