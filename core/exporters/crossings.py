"""Where exactly a surface crosses the edges of a grid.

Marching cubes puts its vertices where the density would cross the level if it were linear along each edge. The density
of a head is that of a wall: nearly flat on both sides and steep between, so all vertices of a slanted cheek would lie
half-way, and the cheek would have terraces. Here the field itself is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

Values = NDArray[np.float32]

NUDGE = 1e-3
"""Raw density by which samples keep away from the surface's, so that no triangle collapses onto a grid corner."""
STEPS = 5
"""Times the field is asked about each edge: secants and halvings by turns, so the last stretch is at most a quarter."""
LEAST = 0.02
"""Share of a stretch by which a secant stays away from its ends."""
POINTS_PER_CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Crossings:
    """Edges of a grid [X, Y, Z] that a surface crosses.

    Attributes:
        edges: int64 [E], ascending: three times the flat number of the corner where the edge begins, plus its axis.
        shares: float32 [E], how far along the edge it is crossed, 0..1.
    """

    edges: NDArray[np.int64]
    shares: Values

    def placed(self, cells: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Vertices [N, 3] of marching cubes, counted in cells, at the crossings; those of no known edge stay."""
        if not len(self.edges):
            return cells.astype(np.float64)
        start = np.floor(cells).astype(np.int64)
        along = cells - start
        axis = along.argmax(1)
        number = 3 * np.ravel_multi_index(tuple(start.clip(0).T), shape, mode="clip") + axis
        inside = ((start >= 0) & (start < np.array(shape))).all(1)
        at = np.searchsorted(self.edges, number).clip(max=len(self.edges) - 1)
        known = inside & (self.edges[at] == number)
        placed: NDArray[np.float64] = cells.astype(np.float64)
        placed[known, axis[known]] = start[known, axis[known]] + self.shares[at[known]]
        return placed


def solid(raw: Values, level: float) -> NDArray[np.bool_]:
    """Which samples are inside of the surface."""
    inside: NDArray[np.bool_] = raw > level - NUDGE
    return inside


def found_crossings(
    field: Callable[[torch.Tensor], torch.Tensor],
    raw: Values,
    level: float,
    half_sides: tuple[float, float, float],
) -> Crossings:
    """Look along every edge between a solid sample and one that is not.

    Args:
        field: raw density [N] at world points [N, 3].
        raw: its samples [X, Y, Z] on the corners of cells that fill a box about the origin.
        level: raw density of the surface.
        half_sides: half sides of the box, world units.
    """
    inside = solid(raw, level)
    numbers = []
    for axis in range(3):
        changes = np.diff(inside, axis=axis)
        start = np.asarray(np.ravel_multi_index(np.nonzero(changes), raw.shape))
        numbers.append(3 * start.astype(np.int64) + axis)
    edges = np.sort(np.concatenate(numbers))
    corner, along = np.divmod(edges, 3)
    begin = np.stack(np.unravel_index(corner, raw.shape), 1)
    end = begin.copy()
    end[np.arange(len(end)), along] += 1
    # a nudge for those on the level, as their side says
    first, last = (np.where(np.abs(v) < NUDGE, NUDGE, v) for v in (raw[tuple(e.T)] - level for e in (begin, end)))

    half = np.asarray(half_sides)
    spacing = 2 * half / (np.asarray(raw.shape) - 1)
    origin, step = begin * spacing - half, spacing[along]
    low, high = np.zeros(len(edges)), np.ones(len(edges))
    for turn in range(STEPS):
        secant = low + first / (first - last) * (high - low)
        margin = LEAST * (high - low)
        middle = np.clip(secant, low + margin, high - margin) if turn % 2 == 0 else (low + high) / 2
        points = origin.copy()
        points[np.arange(len(points)), along] += middle * step
        value = _asked(field, points) - level
        before = (value > 0) == (first > 0)
        low, first = np.where(before, middle, low), np.where(before, value, first)
        high, last = np.where(before, high, middle), np.where(before, last, value)
    gap = np.where(first == last, 1.0, first - last)
    share = low + np.clip(first / gap, 0, 1) * (high - low)
    # never on a corner itself, where triangles would collapse
    return Crossings(edges, np.clip(share, NUDGE, 1 - NUDGE).astype(np.float32))


def _asked(field: Callable[[torch.Tensor], torch.Tensor], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The field at world points [N, 3]."""
    import torch  # the process that makes a mesh of crossings has no need of it

    pieces = torch.split(torch.from_numpy(points.astype(np.float32)), POINTS_PER_CHUNK)
    return np.concatenate([np.zeros(0), *(field(piece).numpy().astype(np.float64) for piece in pieces)])
