"""Values known at some points of a head, carried on through the space around it.

Averages are pushed up to coarser boxes and pulled down where nothing finer is known (Gortler, Grzeszczuk, Szeliski and
Cohen 1996), mirrored where one side alone was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CELLS = 32
"""Cells along each side of the box."""
HALF_SIDE = 0.4
"""Of that box about the origin, world units: the whole head and neck."""
MIRRORED = 0.03
"""Weight of what the other side shows against what was seen."""


def spread(points: NDArray[np.float64], values: Floats) -> Floats:
    """Values [N, 3] at points [N, 3], carried on through the whole box: [C, C, C, 3] by x, y and z."""
    volume = np.zeros((CELLS**3, 4), np.float64)
    for at, weight in ((points, 1.0), (points * [-1, 1, 1], MIRRORED)):
        cell = np.floor((at / HALF_SIDE + 1) / 2 * CELLS).astype(np.int64).clip(0, CELLS - 1)
        flat = (cell[:, 0] * CELLS + cell[:, 1]) * CELLS + cell[:, 2]
        for channel, known in enumerate((*values.T, np.ones(len(values)))):
            volume[:, channel] += weight * np.bincount(flat, known, minlength=CELLS**3)
    return _filled(volume.reshape(CELLS, CELLS, CELLS, 4).astype(np.float32))


def usual_beyond(grid: Floats, points: NDArray[np.float64], values: Floats, reach: float) -> Floats:
    """A grid as `spread` gives it, nowhere darker than the mean of the values [N, 3] far from their points [N, 3].

    What is seen edgewise lies in the shade for being seen so; far from there it tells no more than the rest.

    Args:
        grid: [C, C, C, 3].
        points: where the values were seen.
        values: of any scale.
        reach: distance to the nearest point by which most of what it tells is lost, world units.
    """
    from scipy.spatial import cKDTree

    side = (np.arange(CELLS) + 0.5) / CELLS * 2 * HALF_SIDE - HALF_SIDE
    cells = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1)
    away = cKDTree(points).query(cells)[0]
    near = np.exp(-np.square(away / reach))[..., None].astype(np.float32)
    usual = values.mean(axis=0)
    lighter = grid.mean(axis=-1, keepdims=True) > usual.mean()
    return np.asarray(grid * near + np.where(lighter, grid, usual) * (1 - near), np.float32)


def value_at(grid: Floats, points: NDArray[np.float64]) -> Floats:
    """The grid's values [N, 3] at points [N, 3]."""
    import torch
    import torch.nn.functional as F

    # grid_sample counts the last axis first
    at = torch.from_numpy(points[:, ::-1] / HALF_SIDE).float()[None, None, None]
    volume = torch.from_numpy(grid).permute(3, 0, 1, 2)[None]
    found = F.grid_sample(volume, at, padding_mode="border", align_corners=False)
    return np.asarray(found[0, :, 0, 0].T.numpy(), np.float32)


def _filled(volume: Floats) -> Floats:
    """Weighted values [C, C, C, 4], weight last, as values [C, C, C, 3] everywhere."""
    import torch
    import torch.nn.functional as F

    level = torch.from_numpy(volume).permute(3, 0, 1, 2)[None]
    known = []
    while True:
        weight = level[:, 3:]
        known.append((level[:, :3] / weight.clamp(min=1e-9), weight.clamp(max=1)))
        if level.shape[-1] == 1:
            break
        # a cell that is known well speaks no louder than one that is known
        level = F.avg_pool3d(torch.cat([level[:, :3] / weight.clamp(min=1), weight.clamp(max=1)], dim=1), 2) * 8
    values = known[-1][0]
    for seen, weight in reversed(known[:-1]):
        wide = F.interpolate(values, scale_factor=2, mode="trilinear", align_corners=False)
        values = seen * weight + wide * (1 - weight)
    smooth = F.avg_pool3d(F.pad(values, (1,) * 6, mode="replicate"), 3, 1)
    return np.asarray(smooth[0].permute(1, 2, 3, 0).numpy(), np.float32)
