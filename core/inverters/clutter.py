"""What does not belong to a head: pieces that float, and matter beyond the person's outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import density
from core.inverters.surface import CELLS

if TYPE_CHECKING:
    from torch import Tensor

    from core.inverters.evidence import View
    from core.inverters.pose import RefinedCamera
    from core.protocols import Generator
    from core.trigrid import Trigrid

THIN_ABOVE = 4.0
"""Density, per world unit, of what can be seen as a wisp: 5 % opaque in one cell."""
MARGIN_PX = 3
"""How far beyond the person's outline, at the resolution of the view, matter is left alone: cameras err."""
LEAST_WEIGHT = 0.5
"""The outline of shoulders, whose pixels weigh less, carves nothing."""
OUTSIDE_BELOW = 0.05
"""Share of person in a pixel's surroundings under which a ray passes the person by."""


def clutter(
    generator: Generator,
    trigrid: Trigrid,
    view: View | None = None,
    camera: RefinedCamera | None = None,
) -> tuple[Tensor, Tensor]:
    """Where a head has matter that it should not have.

    Args:
        generator: of the head.
        trigrid: the head.
        view: the photo; without it only floating pieces count.
        camera: the photo's.

    Returns:
        Centres [M, 3] of the grid cells to be emptied, and the whole grid, bool [CELLS, CELLS, CELLS].
    """
    with torch.no_grad():
        at = ((torch.arange(CELLS) + 0.5) / CELLS - 0.5) * trigrid.box_side
        grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), dim=-1)
        filled = (density(generator, trigrid, grid.view(-1, 3)) > THIN_ABOVE).view(CELLS, CELLS, CELLS)
        wrong = filled & ~largest_piece(filled)
        if view is not None and camera is not None:
            wrong |= filled & _passed_by(grid, view, camera)
        return grid[wrong], wrong


def largest_piece(filled: Tensor) -> Tensor:
    """The cells, bool [x, y, z], that hang together with the most massive part of `filled`."""
    solid = filled[None, None].float()
    massive = F.avg_pool3d(solid, 9, 1, 4) * solid
    reached = (massive == massive.max()).float() * solid
    count = -1.0
    while (now := float(reached.sum())) > count:
        count = now
        for _ in range(4):
            reached = F.max_pool3d(reached, 3, 1, 1) * solid
    return reached[0, 0] > 0


def _passed_by(points: Tensor, view: View, camera: RefinedCamera) -> Tensor:
    """Which points [..., 3] lie on rays that surely pass the photo's person by."""
    rotation, position = (value.float() for value in camera.pose())
    in_camera = (points - position) @ rotation
    at = in_camera[..., :2] / in_camera[..., 2:] * (2 * camera.base.focal)
    near = F.max_pool2d(view.mask, 2 * MARGIN_PX + 1, 1, MARGIN_PX)
    counts = (view.weight > LEAST_WEIGHT).float()
    read = F.grid_sample(torch.cat([near, counts], dim=1), at.reshape(1, 1, -1, 2), align_corners=False)
    near, counts = read[0, :, 0].view(2, *points.shape[:-1])
    passed: Tensor = (near < OUTSIDE_BELOW) & (counts > 0.99)
    return passed
