"""Several views of one head as one picture, so that the diffusion model draws them alike; and the depth it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor

FARTHEST = 2.85
"""Depth, world units from the camera, behind which the head is not."""


def view_grid(views: Tensor, scale: float | None = None) -> Tensor:
    """Four views [4, B, C, H, W] as one picture [B, C, 2H, 2W]: two above, two below.

    Args:
        views: any pictures.
        scale: each view is resized by this first (bilinear, corners on corners, as published); None leaves it.
    """
    if len(views) != 4:
        raise ValueError(f"a grid has four views, not {len(views)}")
    first, second, third, fourth = views if scale is None else (resized(view, scale) for view in views)
    return torch.cat([torch.cat([first, second], -1), torch.cat([third, fourth], -1)], -2)


def views_of_grid(grid: Tensor) -> Tensor:
    """The four views [4, B, C, H, W] of a grid [B, C, 2H, 2W]."""
    rows = [half.chunk(2, -1) for half in grid.chunk(2, -2)]
    return torch.stack([view for row in rows for view in row])


def resized(picture: Tensor, scale: float) -> Tensor:
    """A picture [B, C, H, W] `scale` times as large."""
    return F.interpolate(picture, scale_factor=scale, mode="bilinear", align_corners=True)


def spread(picture: Tensor) -> Tensor:
    """A picture stretched to 0..1 over all its numbers; one without contrast is 0."""
    low, high = picture.min(), picture.max()
    if high == low:
        return torch.zeros_like(picture)
    return (picture - low) / (high - low)


def nearness(depth: Tensor, farthest: float = FARTHEST) -> Tensor:
    """Depth as a depth ControlNet wants it: 1 is nearest, 0 the background."""
    return 1 - spread(depth.clamp(max=farthest))


def nearness_grid(depths: Tensor, scale: float | None = None) -> Tensor:
    """Four depth pictures [4, B, 1, H, W] (1 nearest) as one [B, 1, 2H, 2W], each stretched to 0..1 alone."""
    return view_grid(torch.stack([spread(depth) for depth in depths]), scale)
