"""Locks of hair that follow a flow: bundles of hairs over one another, each along the way that hair runs there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

STEEPEST = 3.0
"""Columns for each row beyond which a lock does not lean: what runs level is left to single strands."""
TAPER = 0.45
"""Power of a lock's taper: the smaller, the later it begins."""
HAIRS = 24
"""Hairs beside one another in a lock."""
OWN_WAY = 0.05
"""Deviation of how far a lock leaves the flow, columns for each row."""
UNLIKE = 0.12
"""How much locks differ in lightness, natural logarithms."""
LOWEST, TOPMOST = -0.25, 0.08
"""Lightness of the lowest lock and of the topmost one, which lie in that order, natural logarithms."""
ROUND, HAIR = 0.2, 0.1
"""How much darker a lock's sides are than its middle, and deviation of the lightness of its hairs."""


@dataclass(frozen=True, kw_only=True)
class LockSize:
    """How large locks are.

    Attributes:
        wide_px: least and largest half width.
        long_px: least and largest length.
        layers: how many lie over one another.
    """

    wide_px: tuple[float, float]
    long_px: tuple[float, float]
    layers: float


def flowing_locks(slope: Floats, squeeze: Floats, size: LockSize, seed: int) -> Floats:
    """Locks on a map, natural logarithm of the lightness' ratio, mean 0, float32 [R, C]; the columns repeat.

    Args:
        slope: where hair runs, columns for each row, [R, C].
        squeeze: by how much columns are shorter than the map says, at least 1, [R].
        size: of the locks, where columns are as long as rows.
        seed: the same one gives the same locks.
    """
    random = np.random.default_rng(seed)
    rows, columns = slope.shape
    lean = np.clip(slope, -STEEPEST, STEEPEST)
    # near the crown fewer locks go around
    area = 2 * sum(size.wide_px) / 2 * sum(size.long_px) / 2
    count = round(size.layers * columns * float((1 / squeeze).sum()) / area)
    picture = np.full(slope.shape, LOWEST - ROUND, np.float32)
    begin = random.uniform(-size.long_px[0], rows, count)
    paths = _paths(lean, random.uniform(0, columns, count), begin, OWN_WAY * random.standard_normal(count), size)
    for number in range(count):
        length = round(random.uniform(*size.long_px))
        down = np.arange(length)
        inside = (down + int(begin[number]) >= 0) & (down + int(begin[number]) < rows)
        down = down[inside]
        if not len(down):
            continue
        row, middle = down + int(begin[number]), paths[down, number]
        aslant = np.hypot(1, lean[row, middle.astype(np.int64) % columns])
        wide = random.uniform(*size.wide_px) * squeeze[row] * aslant
        half = np.maximum(wide * np.sin(np.pi * (down + 1) / (length + 1)) ** TAPER, 0.5)
        tone = LOWEST + (TOPMOST - LOWEST) * number / count + UNLIKE * random.standard_normal()
        beside, across = across_lock(middle, half)
        shade = tone + hairs_across(across, HAIR, random) - ROUND * across**2
        lay(picture, row, beside, half, across, shade)
    calm = cv2.GaussianBlur(np.pad(picture, ((0, 0), (4, 4)), mode="wrap"), (0, 0), 0.6)[:, 4:-4]
    return np.asarray(calm - calm.mean(), np.float32)


def across_lock(
    middle: NDArray[np.floating], half: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Columns [B] of a lock with a middle and half width [L] in each row, and where in it they lie, -1..1 [L, B]."""
    beside = np.arange(math.floor((middle - half).min()), math.ceil((middle + half).max()) + 1)
    return beside, (beside - middle[:, None]) / half[:, None]


def hairs_across(across: NDArray[np.floating], deviation: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Lightness of the hairs of one lock at places across it, -1..1 [L, B], natural logarithms."""
    return np.asarray(np.interp(across, np.linspace(-1, 1, HAIRS), deviation * random.standard_normal(HAIRS)))


def lay(
    picture: Floats,
    rows: NDArray[np.int64],
    beside: NDArray[np.int64],
    half: NDArray[np.floating],
    across: NDArray[np.floating],
    shade: NDArray[np.floating],
) -> None:
    """Lay one more lock over those of a picture; it goes on at the other side where it reaches beyond one.

    Args:
        picture: is written to.
        rows: of the lock, [L].
        beside: its columns, [B].
        half: its half width, [L].
        across: where its columns lie in it, [L, B].
        shade: its lightness there.
    """
    cover = np.clip((1 - np.abs(across)) * half[:, None], 0, 1)
    place = np.ix_(rows, beside % picture.shape[1])
    picture[place] += (cover * (shade - picture[place])).astype(np.float32)


def _paths(
    lean: Floats, at: NDArray[np.float64], begin: NDArray[np.float64], own: NDArray[np.float64], size: LockSize
) -> NDArray[np.float64]:
    """Columns [L, N] that locks go through on their way from columns [N] in rows [N], each with its own lean [N]."""
    rows, columns = lean.shape
    paths = np.zeros((math.ceil(size.long_px[1]) + 1, len(at)))
    for step in range(len(paths)):
        paths[step] = at
        row = np.clip(begin.astype(np.int64) + step, 0, rows - 1)
        at = at + lean[row, at.astype(np.int64) % columns] + own
    return paths
