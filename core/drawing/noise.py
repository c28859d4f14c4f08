"""What drawings have at random: bumps of a picture, the tooth of paper, and noise that belongs to places of the world.

None of it hangs on how many pixels a picture has: a larger drawing is the same one, only sharper.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

VOLUME_CELLS = 32
TOOTH_PX = 512
"""Side of the picture in which the finest noise is drawn by lot."""


def smooth_noise(rng: np.random.Generator, size_px: int, cells: int, channels: int = 1) -> Values:
    """float32 [S,S] or [S,S,channels] of standard deviation about one, with `cells` bumps a side."""
    coarse = rng.standard_normal((cells + 3, cells + 3, channels)).astype(np.float32)
    fine: Values = cv2.resize(coarse * np.float32(1.4), (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    return fine


def fine_noise(random: np.random.Generator, size_px: int, width: float) -> Values:
    """float32 [S, S] about 0: the finest that there is, smoothed over so many pixels of `TOOTH_PX`."""
    drawn = random.standard_normal((TOOTH_PX, TOOTH_PX), np.float32)
    soft = cv2.GaussianBlur(drawn, (0, 0), width)
    if size_px == TOOTH_PX:
        return np.asarray(soft, np.float32)
    how = cv2.INTER_AREA if size_px < TOOTH_PX else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(soft, (size_px, size_px), interpolation=how), np.float32)


@lru_cache(maxsize=64)
def _volume(seed: int) -> Values:
    random = np.random.default_rng([77, seed])
    volume: Values = random.standard_normal((VOLUME_CELLS,) * 3).astype(np.float32)
    return volume


def volume_noise(points: Values, *seeds: int) -> Values:
    """Smooth noise [N, K] at points [N, 3] for K seeds, one bump a unit, repeating after `VOLUME_CELLS`."""
    volumes = np.stack([_volume(seed).ravel() for seed in seeds], -1)
    low = np.floor(points).astype(np.int32)
    share = points - low
    share = share * share * (3 - 2 * share)
    total = np.zeros((len(points), len(seeds)), np.float32)
    for corner in range(8):
        bits = (corner >> 2 & 1, corner >> 1 & 1, corner & 1)
        index = np.zeros(points.shape[:-1], np.int32)
        weight = np.ones(points.shape[:-1], np.float32)
        for axis, bit in enumerate(bits):
            index = index * VOLUME_CELLS + ((low[..., axis] + bit) & (VOLUME_CELLS - 1))
            weight = weight * (share[..., axis] if bit else 1 - share[..., axis])
        total += weight[:, None] * volumes[index]
    return total * np.float32(1.7)
