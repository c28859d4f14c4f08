"""Where a photo ends a person's clothes, column by column, and how shoulders rise or sink to end there.

A search leaves shoulders centimetres beside what the photo shows: it has learned few collars, and knows no helmet ring
and no hood. Clothes are closed below, so in every column of the picture one height tells where they end upwards, and
what lies below it follows, less and less: a shoulder keeps its thickness and its back, and nothing is torn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.shown_person import ShownPerson

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

COLUMNS, ROWS = 128, 512
"""Of the pictures in which outlines are compared."""
FIRM, CLOTH = 0.6, 0.5
"""Shares of the person and of clothes from which a pixel shows them."""
ALL = 0.99
"""Share of a pixel that a photo must show: beside its border a part of it would pass for nobody."""
BELOW = 1 / 64
"""How far below an outline clothes are looked for, picture sides."""
MOST = 0.18
"""Difference of heights, picture sides, from which it is the outline of something else."""
REACH = 1 / 40
"""Deviation of the bell under which columns tell that have none beside them, picture sides."""
ODD, GAP = 2, 9
"""Columns to each side among which one alone tells nothing; and how many between those that tell may tell nothing."""
STEADY = 8
"""Columns at the end of an outline that tell its slope."""
STEEP = 2
"""Slope from which the border of a photo is one of its sides: heads are turned upright, and it lies askew."""
UNSEEN = 0.1
"""How far below what a photo shows it does not matter any more how far it is, picture sides."""
DEEP, STRETCH = 0.2, 2.4
"""How far below the outline clothes still move, picture sides, at least, and in ways that the outline moves."""


@dataclass(frozen=True, eq=False)
class Rise:
    """How clothes rise to where a photo ends them.

    Attributes:
        to: float64 [COLUMNS], height at which they are to end, picture sides from the top.
        by: float64 [COLUMNS], how much higher that is than where they did, picture sides.
    """

    to: Array
    by: Array

    @staticmethod
    def of(tops: Array, camera: Camera, shown: ShownPerson, calm: float) -> Rise | None:
        """Compare clothes with a photo.

        Args:
            tops: float64 [N, 3] of the clothes' upper surface, world units.
            camera: the photo's.
            shown: what the photo shows.
            calm: deviation of the bell under which columns are mixed, picture sides.

        Returns:
            None where the photo tells nothing of them.
        """
        from scipy.ndimage import median_filter

        uv, _ = camera.project(tops)
        column = np.floor(uv[:, 0] * COLUMNS).astype(int)
        there = (column >= 0) & (column < COLUMNS)
        ends = np.full(COLUMNS, np.inf)
        np.minimum.at(ends, column[there], uv[there, 1])
        wanted = _ends_of(shown)
        told = np.isfinite(ends) & np.isfinite(wanted)
        by = np.where(told, ends, 0) - np.where(told, wanted, 0)
        # gaps are mistakes of the labels, but beside a neck it is uncertain where clothes begin
        one = (told & (np.abs(by) < MOST))[None].astype(np.uint8)
        few = cv2.erode(cv2.morphologyEx(one, cv2.MORPH_CLOSE, np.ones((1, GAP))), np.ones((1, 2 * ODD + 1)))[0]
        told = (one[0] & few) > 0
        if not told.any():
            return None
        numbers = np.arange(COLUMNS)
        by, to = (np.interp(numbers, numbers[told], values[told]) for values in (by, wanted))
        by = median_filter(by, 2 * ODD + 1, mode="nearest")
        sure, ends_at = few.astype(np.float64), np.flatnonzero(few)
        # beyond what a photo shows shoulders go on: what stayed behind there would stand up beside them
        sure[: ends_at[0]] = sure[ends_at[-1] :] = 1
        near = smooth(0.0, 0.5, _blurred(sure, REACH))
        return Rise(_blurred(to, calm), _blurred(by, calm) * near)

    def undone(self, points: Array, camera: Camera) -> Array:
        """Where what comes to lie at points [N, 3] was before, [N, 3] world units."""
        uv, depth = camera.project(points)
        at = uv[:, 0] * COLUMNS - 0.5
        by, to = (np.interp(at, np.arange(COLUMNS), values) for values in (self.by, self.to))
        deep = np.maximum(DEEP, STRETCH * np.abs(by))
        down = by * (1 - smooth(0.0, 1.0, (uv[:, 1] - to) / deep)) * depth / camera.focal
        return np.asarray(points + down[:, None] * camera.world_from_camera[:3, 1], np.float64)


def _ends_of(shown: ShownPerson) -> Array:
    """Heights [COLUMNS] at which a photo ends clothes upwards, picture sides; infinite where it does not show that."""
    person, clothes, known = (
        cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
        for picture in (shown.person, shown.clothes, shown.reached)
    )
    rows, known = np.arange(ROWS)[:, None], known > ALL
    # from below, where the photo ends, up to the first pixel that is not theirs
    last = np.where(known, rows, -1).max(0)
    # in a column that its side border crosses a photo ends above its foot
    crossed, middle = np.flatnonzero(np.abs(np.diff(last)) > ROWS / COLUMNS * STEEP), COLUMNS // 2
    first, end = crossed[crossed < middle].max(initial=-1) + 1, crossed[crossed >= middle].min(initial=COLUMNS) + 1
    last[:first] = last[end:] = -1
    top = np.where(known & (person < FIRM), rows, -1).max(0) + 1
    within = (rows >= top) & (rows < top + BELOW * ROWS)
    cloth = (clothes * within).sum(0) / within.sum(0).clip(1)
    lowest = np.maximum(last + 1, 0) / ROWS
    low = top / ROWS > lowest - BELOW
    ends = np.where((top > 0) & (last >= 0) & ~low & (cloth > CLOTH), top / ROWS, np.inf)
    # where there is nobody down to the end of the photo, the outline goes on below that as steeply as before
    for way in (slice(None), slice(None, None, -1)):
        _lead_on(ends[way], (low & (last >= 0))[way], lowest[way])
    return ends


def _lead_on(ends: Array, lower: Flags, least: Array) -> None:
    """Continue heights [COLUMNS] to the right, in place, where the outline lies lower than a photo reaches."""
    for column in range(STEADY, COLUMNS):
        before = ends[column - STEADY : column]
        if not (lower[column] and np.isinf(ends[column]) and np.isfinite(before).all()):
            continue
        slope = max(0.0, (before[-1] - before[0]) / (STEADY - 1))
        many = np.append(lower[column:], False).argmin()
        on = before[-1] + slope * np.arange(1, many + 1)
        ends[column : column + many] = np.clip(on, least[column], least[column] + UNSEEN)


def _blurred(values: Array, deviation: float) -> Array:
    """Values [COLUMNS] under a bell, its deviation in picture sides; beyond both ends they go on."""
    blurred = cv2.GaussianBlur(values[None], (0, 0), deviation * COLUMNS, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred[0], np.float64)
