"""A trigrid that reads as another field does: for whatever needs planes, where a head has become a mixture in space.

A mask over planes cannot say "here the reference, there the wearer", because each cell serves a column of the world.
But reading a trigrid is linear in its planes, so the planes that come nearest to wanted features at given points are a
least-squares problem. Conjugate gradients, stopped early, change what the points read and that as little as it takes;
the change is made of coarser cells than the planes', or cells between the points would be left behind as ripples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.rendering.marching import never_stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from core.field import Field
    from core.trigrid import Trigrid

CHANGE_CELLS = 128
"""Side of the change, in cells."""
SETTLED = 1e-10
"""Share of the error's slope at which there is nothing left to gain."""


def regressed_planes(
    field: Field,
    start: Trigrid,
    points: Tensor,
    weights: Tensor | None = None,
    *,
    steps: int = 8,
    cells: int = CHANGE_CELLS,
    stale: Callable[[], None] = never_stale,
) -> tuple[Trigrid, float]:
    """Planes near `start` that read as a field does.

    Args:
        field: what is wanted; it has as many features as the planes have channels.
        start: where to begin, such as the wearer's planes or a fusion by masks.
        points: [N, 3] world, several for each cell of the change: near surfaces of the field, and fewer where it is
            empty and `start` may not be.
        weights: [N] how much each point counts; None counts all alike.
        steps: of conjugate gradients; each reads the planes twice.
        cells: side of the change.
        stale: called between steps; raises `Cancelled`.

    Returns:
        The planes, and the share of the squared error that is left, 0..1.
    """
    root = torch.ones_like(points[:, :1]) if weights is None else weights.sqrt()[:, None]
    size = [min(cells, side) for side in start.planes.shape[-2:]]

    def read(planes: Tensor) -> Tensor:
        return start.with_planes(planes).sample(points) * root

    leaf = start.planes.new_zeros(*start.planes.shape[:3], *size).requires_grad_()
    with torch.enable_grad():
        graph = read(leaf)

    def carried_back(values: Tensor) -> Tensor:
        # reading is linear: its gradient is the same at any planes, and is its transpose
        (back,) = torch.autograd.grad(graph, leaf, values, retain_graph=True)
        return back

    with torch.no_grad():
        change = torch.zeros_like(leaf)
        rest = field.sample(points) * root - read(start.planes)
        begun = float(rest.square().sum())
        slope = carried_back(rest)
        direction, steep = slope, slope.square().sum()
        for _ in range(steps):
            stale()
            if float(steep) <= SETTLED * begun:
                break
            seen = read(direction)
            pace = steep / seen.square().sum()
            change, rest = change + pace * direction, rest - pace * seen
            slope = carried_back(rest)
            flatter = slope.square().sum()
            direction, steep = slope + flatter / steep * direction, flatter
        left = float(rest.square().sum()) / begun if begun > 0 else 0.0
        whole = F.interpolate(change, start.planes.shape[2:], mode="trilinear", align_corners=False)
        return start.with_planes(start.planes + whole), left
