"""Which of a head's surface the photo saw, and which trigrid cells belong to that part alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import Glimpse, density

if TYPE_CHECKING:
    from torch import Tensor

    from core.inverters.pose import RefinedCamera
    from core.protocols import Generator
    from core.trigrid import Trigrid

CELLS = 56
"""Cells a side of the grid in which the surface is looked for."""
SOLID_ABOVE = 20.0
"""Density, per world unit, of what counts as inside."""
SEEN_ABOVE, HIDDEN_BELOW = 0.5, 0.08
"""Shares of the photo's light that reach a seen and a hidden point."""
LEAST_FACING, MOST_FACING = 0.1, 0.6
"""Cosines between the surface's normal and the view: below the first the photo smears, above the second it is clear."""
LEAST_SHARE, MOST_SHARE = 0.2, 0.8
"""A trigrid cell is free where more than MOST_SHARE of the surface it serves is seen, and fixed below LEAST_SHARE."""


@dataclass(frozen=True)
class Visibility:
    """The seen and the hidden part of a head.

    Attributes:
        seen: float32 [N, 3] world points at the surface that the photo's light reaches.
        hidden: float32 [M, 3] points at the surface that it does not reach.
        free: float32 [3, 1, D, H, W], 1 where a trigrid cell serves what was seen, 0 where it serves what was not.
    """

    seen: Tensor
    hidden: Tensor
    free: Tensor

    @staticmethod
    def of(generator: Generator, trigrid: Trigrid, camera: RefinedCamera, seed: int = 0) -> Visibility:
        """For a photo taken by `camera`."""
        with torch.no_grad():
            points, normals = surface_points(generator, trigrid, seed)
            towards = F.normalize(camera.pose()[1].float() - points, dim=1)
            # light reaches what lies on the surface only after some of it: look a little before it, towards the camera
            light = Glimpse(generator, trigrid, camera).light_at(points + 0.02 * towards, camera)
            facing = ((normals * towards).sum(dim=1) - LEAST_FACING) / (MOST_FACING - LEAST_FACING)
            light = light * facing.clamp(0, 1)
        seen, hidden = points[light > SEEN_ABOVE], points[light < HIDDEN_BELOW]
        served, spared = _served_cells(trigrid, points, light), _served_cells(trigrid, points, 1 - light)
        share = served / (served + spared).clamp(min=1e-6)
        free = ((share - LEAST_SHARE) / (MOST_SHARE - LEAST_SHARE)).clamp(0, 1) * (served > 1e-3)
        return Visibility(seen, hidden, F.avg_pool2d(free.flatten(0, 2), 3, 1, 1).view_as(free).clamp(0, 1))


def surface_points(generator: Generator, trigrid: Trigrid, seed: int = 0, around: int = 2) -> tuple[Tensor, Tensor]:
    """World points [N, 3] scattered in the grid cells at a head's surface, and its outward normals there."""
    side = trigrid.box_side
    at = ((torch.arange(CELLS) + 0.5) / CELLS - 0.5) * side
    grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), dim=-1).view(-1, 3)
    solid = (density(generator, trigrid, grid) > SOLID_ABOVE).float().view(1, 1, CELLS, CELLS, CELLS)
    # a cell near a solid one and near an empty one
    near_solid, near_empty = F.max_pool3d(solid, 3, 1, 1), F.max_pool3d(1 - solid, 3, 1, 1)
    chosen = (near_solid * near_empty).view(-1) > 0
    smooth = F.avg_pool3d(F.avg_pool3d(solid, 3, 1, 1), 3, 1, 1)[0, 0]
    slopes = torch.stack(torch.gradient(smooth), dim=-1).view(-1, 3)[chosen]
    noise = torch.rand(around, len(slopes), 3, generator=torch.Generator().manual_seed(seed))
    points = grid[chosen] + (noise - 0.5) * (side / CELLS)
    return points.view(-1, 3), -F.normalize(slopes, dim=1).repeat(around, 1)


def _served_cells(trigrid: Trigrid, points: Tensor, worth: Tensor) -> Tensor:
    """How much each trigrid cell [3, 1, D, H, W] counts when points [N, 3] of some worth [N] are sampled."""
    ones = torch.zeros_like(trigrid.planes[:, :1]).requires_grad_()
    (cells,) = torch.autograd.grad((trigrid.with_planes(ones).sample(points)[:, 0] * worth).sum(), ones)
    # the points are sparser than the fine cells
    return F.avg_pool2d(cells.flatten(0, 2), 5, 1, 2).view_as(cells)
