"""Which of a head's surface the photo shows, and which trigrid cells serve that part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import Glimpse
from core.rendering.seen import LEAST_FACING, MOST_FACING

if TYPE_CHECKING:
    from torch import Tensor

    from core.inverters.evidence import View
    from core.inverters.pose import RefinedCamera
    from core.inverters.surface import Surface
    from core.protocols import Generator
    from core.trigrid import Trigrid

BEFORE = 0.02
"""Light is measured this far before the surface, world units: on it, some is lost already."""
RIM_PX = 2
"""Pixels inside the person's outline, at the resolution of the view, that may show the background."""
LEAST_SHARE, MOST_SHARE = 0.35, 0.8
"""A trigrid cell is free where more than MOST_SHARE of the surface it serves is seen, and fixed below LEAST_SHARE."""


def photographed(
    generator: Generator, trigrid: Trigrid, surface: Surface, view: View, camera: RefinedCamera
) -> tuple[Tensor, Tensor, Tensor]:
    """What a photo shows of a surface.

    Args:
        generator: of the head.
        trigrid: the head, which hides parts of itself.
        surface: N points on it.
        view: the photo.
        camera: the photo's.

    Returns:
        The photo's colour at each point [N, 3]; how far that colour is the point's own, 0..1 [N]: the more squarely
        the surface faces the camera, the more; and the chances of `GROUPS` there [N, groups], 0 without a parser.
    """
    with torch.no_grad():
        rotation, position = (value.float() for value in camera.pose())
        towards = F.normalize(position - surface.points, dim=1)
        light = Glimpse(generator, trigrid, camera).light_at(surface.points + BEFORE * towards, camera)
        facing = (surface.normals * towards).sum(dim=1)
        facing = ((facing - LEAST_FACING) / (MOST_FACING - LEAST_FACING)).clamp(0, 1)
        in_camera = (surface.points - position) @ rotation
        at = (in_camera[:, :2] / in_camera[:, 2:] * (2 * camera.base.focal))[None, None]
        inner = -F.max_pool2d(-view.mask, 2 * RIM_PX + 1, 1, RIM_PX)
        known = inner * (view.weight > 0)
        shown = F.grid_sample(torch.cat([view.rgb, known, view.groups], dim=1), at, align_corners=False)[0, :, 0].T
        return shown[:, :3], light.square() * facing.square() * (3 - 2 * facing) * shown[:, 3], shown[:, 4:]


def free_cells(trigrid: Trigrid, points: Tensor, seen: Tensor) -> Tensor:
    """Float32 [3, 1, D, H, W]: 1 where a trigrid cell serves what was seen, 0 where it serves what was not.

    Args:
        trigrid: any.
        points: [N, 3] on a head's surface.
        seen: [N] how well they are seen, 0..1.
    """
    served, spared = _served_cells(trigrid, points, seen), _served_cells(trigrid, points, 1 - seen)
    share = served / (served + spared).clamp(min=1e-6)
    free = ((share - LEAST_SHARE) / (MOST_SHARE - LEAST_SHARE)).clamp(0, 1) * (served > 1e-3)
    return F.avg_pool2d(free.flatten(0, 2), 3, 1, 1).view_as(free).clamp(0, 1)


def _served_cells(trigrid: Trigrid, points: Tensor, worth: Tensor) -> Tensor:
    """How much each trigrid cell [3, 1, D, H, W] counts when points [N, 3] of some worth [N] are sampled."""
    ones = torch.zeros_like(trigrid.planes[:, :1]).requires_grad_()
    (cells,) = torch.autograd.grad((trigrid.with_planes(ones).sample(points)[:, 0] * worth).sum(), ones)
    # the points are sparser than the cells
    width = max(5, trigrid.planes.shape[-1] // 24) | 1
    return F.avg_pool2d(cells.flatten(0, 2), width, 1, width // 2).view_as(cells)
