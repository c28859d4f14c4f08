"""The grid of a bent head, read off that of the head as it was, is the one that the bent head would have."""

from __future__ import annotations

import torch

from core.rendering.bent_grid import bent_grid
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.part_labels import part_labels
from core.warped_field import Warp, WarpedField
from tests.fakes import TinyGenerator, tiny_head

LOW, HIGH = (-0.2, -0.2, -0.05), (0.2, 0.2, 0.35)
NODES = 64


def _grids() -> tuple[FieldGrid, FieldGrid, FieldGrid]:
    """Of a head, of the same with its nose drawn out, and that one read off the first."""
    generator, field = TinyGenerator(), tiny_head().trigrid
    z, y, x = torch.meshgrid(*(torch.linspace(LOW[i], HIGH[i], 24) for i in (2, 1, 0)), indexing="ij")
    away = (x.square() + y.square() + (z - 0.15).square()).sqrt()
    bump = 0.04 * (1 - away / 0.15).clamp(min=0).square()
    warp = Warp.of_moves(torch.stack([torch.zeros_like(bump), torch.zeros_like(bump), bump]), LOW, HIGH)
    bent = WarpedField(field, warp)
    with torch.no_grad():
        before, wanted = (field_grid(generator, one, part_labels, NODES) for one in (field, bent))
        return before, wanted, bent_grid(before, bent)


def test_a_bent_grid_is_that_of_the_bent_head() -> None:
    before, wanted, found = _grids()
    solid = 20.0
    moved = (before.sigma > solid) != (wanted.sigma > solid)
    assert moved.sum() > 200, "the head is another one"
    wrong = (found.sigma > solid) != (wanted.sigma > solid)
    assert wrong.sum() < 0.3 * moved.sum(), "surfaces lie within a node of where they belong"
    assert found.labels is not None
    assert wanted.labels is not None
    known = found.known & wanted.known
    assert known.sum() > 0.9 * wanted.known.sum()
    assert (found.labels == wanted.labels)[known].float().mean() > 0.98
    off = (found.colour - wanted.colour)[:3][:, known].abs()
    assert off.mean() < 0.02


def test_beyond_the_bend_nothing_changes() -> None:
    before, _, found = _grids()
    behind = slice(0, NODES // 3)
    assert torch.equal(found.sigma[behind], before.sigma[behind])
    assert torch.equal(found.known[behind], before.known[behind])
