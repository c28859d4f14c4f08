"""The grid of a bent head out of the grid of the head as it was, read where each node came from.

Decoding the bent head anew takes most of a second; this takes a tenth of it. Between nodes the square root of a density
follows a logistic curve, as the bundled decoder's does, so that surfaces stay where they are and as sharp as they were.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.rendering.occupancy import FAINT, KNOWN

if TYPE_CHECKING:
    from torch import Tensor

    from core.grafted_field import Volume
    from core.rendering.occupancy import FieldGrid
    from core.warped_field import WarpedField


MOST_FIRM = 9.0
CELL = 4
"""Nodes along the side of a cell; heads are bent by less than one."""


def bent_grid(grid: FieldGrid, bent: WarpedField, wiped: Volume | None = None) -> FieldGrid:
    """The grid of a bent field.

    Args:
        grid: of the field that was bent.
        bent: the field.
        wiped: what of the field was wiped before it was bent; its nodes are those of the grid.
    """
    most = float(grid.sigma.max())
    firm, sigma, colour = _firmness(grid.sigma, most), grid.sigma.clone(), grid.colour.clone()
    if wiped is not None:
        here = wiped.weights.view(-1).nonzero()[:, 0]
        share = wiped.weights.view(-1)[here]
        less = torch.lerp(firm.view(-1)[here], torch.tensor(-MOST_FIRM), share)
        firm.view(-1)[here] = less
        sigma.view(-1)[here] = _density(less, most)
        colour.flatten(1).index_fill_(1, here[share > KNOWN], 0)
    nodes = _nodes_between(grid, bent.warp.low, bent.warp.high)
    half, spacing = torch.tensor(grid.half_sides), torch.tensor(grid.spacing)
    rows, columns = sigma.shape[1:]
    x, y, z = nodes % columns, nodes // columns % rows, nodes // (rows * columns)
    # air stays air
    nodes = nodes[_around(sigma > FAINT)[z // CELL, y // CELL, x // CELL]]
    x, y, z = nodes % columns, nodes // columns % rows, nodes // (rows * columns)
    at = torch.stack([x, y, z], 1) * spacing - half
    shift = bent.warp.shift_at(at)
    moved = (shift != 0).any(1)
    nodes, place = nodes[moved], (at[moved] + shift[moved]) / half
    sigma.view(-1)[nodes] = _density(_read(firm[None], place)[0], most)

    # colours are looked up where they can be known only
    near = _around(grid.known)[z[moved] // CELL, y[moved] // CELL, x[moved] // CELL]
    seen = _read(colour, place[near])
    known = seen[3] > KNOWN
    # halfway between known and unknown nodes a colour is that of the known ones
    seen = torch.where(known, seen / seen[3:].clamp(min=KNOWN), torch.zeros(()))
    colour.flatten(1).index_fill_(1, nodes[~near], 0).index_copy_(1, nodes[near], seen)
    labels = grid.labels
    if labels is not None:
        new = torch.where(known, _nearest(labels, place[near]), 0).to(torch.uint8)
        labels = labels.flatten().index_copy(0, nodes[near], new).view_as(labels)
    return replace(grid, sigma=sigma, colour=colour, labels=labels, field=bent, coarse=None, root=None)


def _nodes_between(grid: FieldGrid, low: tuple[float, float, float], high: tuple[float, float, float]) -> Tensor:
    """Numbers int64 [N] of the nodes in a box."""
    inside = []
    for axis, count in enumerate(reversed(grid.sigma.shape)):
        along = torch.linspace(-grid.half_sides[axis], grid.half_sides[axis], count)
        inside.append(((along >= low[axis]) & (along <= high[axis])).nonzero()[:, 0])
    x, y, z = inside
    _, rows, columns = grid.sigma.shape
    return ((z[:, None, None] * rows + y[:, None]) * columns + x).flatten()


def _around(nodes: Tensor) -> Tensor:
    """Cells bool [z, y, x] of `CELL` nodes that hold chosen nodes, bool [Z, Y, X], or lie beside one that does."""
    cells = F.max_pool3d(nodes.float()[None], CELL, CELL, ceil_mode=True)
    return F.max_pool3d(cells, 3, 1, 1)[0] > 0


def _read(values: Tensor, place: Tensor) -> Tensor:
    """Values [C, Z, Y, X] between nodes, at places [N, 3] given in -1..1 along each axis, [C, N]."""
    at = place[None, None, None]
    return F.grid_sample(values[None], at, padding_mode="border", align_corners=True)[0, :, 0, 0]


def _firmness(sigma: Tensor, most: float) -> Tensor:
    """Densities on a scale on which they go evenly through a surface, -`MOST_FIRM` to `MOST_FIRM`."""
    return torch.logit((sigma / most).sqrt_()).clamp_(-MOST_FIRM, MOST_FIRM)


def _density(firm: Tensor, most: float) -> Tensor:
    """The way back."""
    return most * torch.sigmoid(firm).square()


def _nearest(labels: Tensor, at: Tensor) -> Tensor:
    """Labels uint8 [N] of the nodes nearest to places [N, 3] given in -1..1 along each axis."""
    counts = torch.tensor(labels.shape[::-1])
    x, y, z = ((at + 1) / 2 * (counts - 1)).round().long().clamp(min=0).minimum(counts - 1).unbind(1)
    return labels[z, y, x]
