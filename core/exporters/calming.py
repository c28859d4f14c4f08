"""Hair evened out before strands are carved into it: a field has it as lumps, thorns, folds, holes and steps.

What is solid is blurred where there is hair, and its surface lies where half is solid. So what is thinner than a finger
goes, narrow clefts close, and there is no step where a form ends that was pressed into the field.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.exporters.crossings import Crossings, solid
from core.mask import PARTS
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.exporters.surface import DensityGrid
    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float32]

DEVIATION = 0.011
"""Of the blur, world units: bumps of a finger's width go."""
FIRM = 0.8
"""Of the blur of what stays, in cells: enough that there are no terraces."""
AROUND = 0.018
"""Over which the share of hair is a mean, world units."""
SURELY = (0.6, 0.9)
"""Shares of hair below which all stays, and above which all is blurred: faces, ears and collars keep their edges."""
LEAST = 0.01
COARSER = 2
"""Nodes of the grid for each at which that is asked: it is smooth."""


def calmed(grid: DensityGrid, known: FieldGrid) -> DensityGrid:
    """A density with its hair evened out.

    Args:
        grid: of a head.
        known: of the same head, with labels, in the main memory.
    """
    much = _much(grid, known)
    changed = much > LEAST
    spacing = float(grid.spacing.mean())
    filled = _filled(grid)
    soft, firm = _blurred(filled, DEVIATION / spacing), _blurred(filled, FIRM)
    # between -1 and 1, with the surface at 0
    mixed = 2 * (firm + much * (soft - firm)) - 1
    raw = np.where(changed, np.float32(grid.level) + mixed, grid.raw).astype(np.float32)
    begin, end = _ends(grid)
    kept = ~(changed.ravel()[begin] | changed.ravel()[end])
    crossings = Crossings(grid.crossings.edges[kept], grid.crossings.shares[kept])
    return replace(grid, raw=raw, crossings=crossings)


def _much(grid: DensityGrid, known: FieldGrid) -> Floats:
    """How much each sample of a grid is to be calmed, 0..1."""
    assert known.labels is not None
    hair, width = known.known & (known.labels == PARTS.index("hair")), AROUND / float(np.mean(known.spacing))
    near, hairy = (_blurred(one.float().numpy(), width) for one in (known.known, hair))
    share = torch.from_numpy(hairy / near.clip(min=1e-3))
    few = [-(-count // COARSER) for count in grid.raw.shape]
    axes = [torch.linspace(-half, half, count) for half, count in zip(grid.half_sides, few, strict=True)]
    places = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)
    found = F.grid_sample(share[None, None], known.relative(places)[None], align_corners=True, padding_mode="border")
    fine = F.interpolate(found, size=grid.raw.shape, mode="trilinear", align_corners=True)[0, 0].numpy()
    return np.asarray(smooth(*SURELY, fine), np.float32)


def _filled(grid: DensityGrid) -> Floats:
    """How much of the cell about each sample is solid, 0..1, as the crossings of the edges there tell it."""
    begin, end = _ends(grid)
    shares = grid.crossings.shares.astype(np.float64)
    # a plane is as far away as the harmonic mean of where it cuts the axes says
    count = grid.raw.size
    inverse = np.bincount(begin, shares**-2, count) + np.bincount(end, (1 - shares) ** -2, count)
    away = np.minimum(1 / np.sqrt(inverse.clip(min=1)), 0.5).reshape(grid.raw.shape)
    return np.asarray(np.where(solid(grid.raw, grid.level), 0.5 + away, 0.5 - away), np.float32)


def _ends(grid: DensityGrid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flat numbers of the samples at both ends of the edges that the surface crosses."""
    begin, axis = np.divmod(grid.crossings.edges, 3)
    _, rows, columns = grid.raw.shape
    return begin, begin + np.array([rows * columns, columns, 1])[axis]


def _blurred(volume: Floats, deviation: float) -> Floats:
    """A volume after a Gaussian blur of some nodes."""
    border = cv2.BORDER_REPLICATE
    flat = cv2.GaussianBlur(volume.reshape(len(volume), -1), (1, 0), 1, sigmaY=deviation, borderType=border)
    slices = flat.reshape(volume.shape)
    return np.stack([cv2.GaussianBlur(one, (0, 0), deviation, borderType=border) for one in slices])
