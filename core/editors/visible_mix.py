"""Detail where a view saw the head, the plain inversion where it did not: the occlusion-aware mix of GOAE.

Points that a camera sees mark the plane cells in which they lie; the marks are blurred into patches, cut, and blurred
again. The published code does so for the first plane alone, which faces the camera, and draws both sigmas at random
from `SIGMAS`; here they are the middle unless handed in, and any plane may be mixed, slice by slice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.editors.plane_masks import blurred

if TYPE_CHECKING:
    from torch import Tensor

    from core.trigrid import Trigrid

BLUR_PX = 9
SIGMAS = (1.0, 2.0)
"""Between these the published code draws each sigma."""
PATCH_ABOVE = 0.35
"""Blurred marks above this belong to a patch."""
PUBLISHED_PLANES = (0,)


def visited_cells(trigrid: Trigrid, points: Tensor) -> Tensor:
    """Float32 [3, 1, D, H, W]: 1 in cells that hold one of the world points [N, 3], else 0.

    Points outside of the box mark the cells at its rim, as published.
    """
    planes = trigrid.planes
    _, _, depth, height, width = planes.shape
    at = (points / trigrid.box_side + 0.5).nan_to_num()

    def cell(axis: int | None, count: int) -> Tensor:
        if axis is None:
            return torch.zeros(len(points), dtype=torch.long, device=points.device)
        # towards zero, as integers are made of floats
        return (at[:, axis] * count).long().clamp(0, count - 1)

    marks = planes.new_zeros(3, 1, depth, height, width)
    for plane, (column, row, layer) in enumerate(trigrid.axes.value):
        marks[plane, 0, cell(layer, depth), cell(row, height), cell(column, width)] = 1
    return marks


def visible_patches(marks: Tensor, sigmas: tuple[float, float] | None = None) -> Tensor:
    """Soft patches [..., H, W], 0..1, of marks [..., H, W].

    Args:
        marks: 1 in visited cells.
        sigmas: of the blur before the cut and of the one after it; None takes the middle of `SIGMAS` for both.
    """
    first, second = sigmas or (sum(SIGMAS) / 2,) * 2
    patches = (blurred(marks, BLUR_PX, first) > PATCH_ABOVE).to(marks.dtype)
    return blurred(patches, BLUR_PX, second)


def mixed(detailed: Trigrid, plain: Trigrid, patches: Tensor, planes: tuple[int, ...] = PUBLISHED_PLANES) -> Trigrid:
    """The detailed trigrid in the patches [3, 1, D, H, W] of some planes, the plain one around them.

    Planes that are not mixed are the detailed trigrid's.
    """
    chosen = torch.zeros(3, 1, 1, 1, 1, device=patches.device)
    chosen[list(planes)] = 1
    return plain.blended(detailed, 1 - chosen * (1 - patches))
