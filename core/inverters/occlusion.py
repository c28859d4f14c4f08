"""What a photo hides: the cells of a trigrid that no visible point of the surface reads, and heads stitched by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor

    from core.inverters.lifting import SeenSurface
    from core.trigrid import Trigrid

LEAST_SHARE, MOST_SHARE = 0.05, 0.4
"""A cell is hidden if visible points read it with less than the first weight, visible from the second on."""
LEAST_ALPHA, LEAST_FACING = 0.5, 0.05
"""Pixels below show no surface, or smear it."""
ENLARGED = 3
"""Points a pixel's side: closer than the cells, so that no cell between is missed."""
SOFT_CELLS = 5
"""Width of the blur over the border."""


def hidden_cells(trigrid: Trigrid, surface: SeenSurface) -> Tensor:
    """The occlusion mask O, float32 [3, 1, D, H, W]: 1 where nothing that the view shows is kept, 0 where it is.

    The view's depth is unprojected and the cells that it visits are visible; O is the complement. Softly: a point reads
    two slices of a grid, and a slice that it hardly reads is hardly visible.

    Args:
        trigrid: any.
        surface: that the photo's camera sees.
    """
    with torch.no_grad():
        _, _, depth, height, width = trigrid.planes.shape
        factor = float(ENLARGED)
        shown = ((surface.alpha > LEAST_ALPHA) & (surface.facing > LEAST_FACING)).float()
        points = F.interpolate(surface.points, scale_factor=factor, mode="bilinear", align_corners=False)
        shown = F.interpolate(shown, scale_factor=factor, mode="nearest").flatten() > 0
        at = points.flatten(2)[0].T[shown] * (2 / trigrid.box_side)
        visible = []
        for column, row, slice_ in trigrid.axes.value:
            x, y = ((at[:, column] + 1) / 2 * width).long(), ((at[:, row] + 1) / 2 * height).long()
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            z = at[:, slice_] if slice_ is not None else torch.zeros_like(at[:, 0])
            number = ((z + 1) * depth - 1) / 2
            weights = [(1 - (number - slice_number).abs()).clamp(min=0) for slice_number in range(depth)]
            facts = torch.stack([torch.ones_like(z), *weights], 1)[inside]
            total = facts.new_zeros(height * width, 1 + depth).index_add(0, (y * width + x)[inside], facts)
            visible.append((total[:, 1:] / total[:, :1].clamp(min=1)).T.reshape(depth, height, width))
        share = torch.stack(visible)
        # a visited cell's neighbours are read with it
        share = F.max_pool2d(share, 3, 1, 1)
        seen = ((share - LEAST_SHARE) / (MOST_SHARE - LEAST_SHARE)).clamp(0, 1)
        seen = F.avg_pool2d(seen, SOFT_CELLS, 1, SOFT_CELLS // 2, count_include_pad=False)
        return (1 - seen)[:, None]


def stitched(faithful: Tensor, natural: Tensor, hidden: Tensor) -> Tensor:
    """T = (1 - O) T_E1 + O T_E2, of planes or of what is added to the same planes, [3, C, D, H, W]."""
    return torch.lerp(faithful, natural, hidden)
