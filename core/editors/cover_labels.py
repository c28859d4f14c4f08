"""Which points of a fitted head are below hair, a hat or cloth, where the labels of its field or photo err."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shares import BROW, mean_height
from core.editors.face_target import NAPE
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.face_target import Target

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ASIDE_DEGREES = 32
"""Angle about the head's axis from which a face may be below hair that hangs before it."""
TEMPLE = 0.04
"""Height above the brows, world units, from which both sides of a head are covered alike."""
FULL = 0.7
"""Share of the scalp from which all of it is covered: holes in hair are mistakes of the labels."""
FACE = 0.5
"""Share of the face from which a point is on it."""
BESIDE_DEGREES, TELLING = 45, 24
"""Angle about the head's axis from which a photo shows what goes on behind it, and how many points tell what does."""
LEVEL, SIDE_DEGREES = 0.02, 40
"""Height, world units, that sets points as far apart as so large an angle: hair goes on at its height."""
EVEN, EVENINGS = (0.3, 0.7), 6
"""Shares that are none and all where a border is made smooth, and how often points are mixed with those around."""


def without_holes(target: Target, covered: Array) -> Array:
    """How far points are covered [P] where what is bare on a covered scalp is a mistake."""
    scalp = target.scalp & (target.ear < 0.05)
    if covered[scalp].mean() < FULL:
        return covered
    # nobody has hair, or a hat, on one side only
    temple = (target.around_degrees > ASIDE_DEGREES) & (target.height > mean_height(BROW) + TEMPLE)
    covered = np.where(scalp | temple, np.maximum(covered, covered[target.opposite]), covered)
    bare = covered < 0.5
    of_face = _joined_to(target, bare, bare & (target.face > 0.9))
    return np.where(of_face | ~(scalp | temple), covered, 1.0)


def without_crumbs(target: Target, covered: Array) -> Array:
    """How far points are covered [P] where what covers a piece of the face alone is a mistake: it would be a lump."""
    cover = covered >= 0.5
    return np.where(_joined_to(target, cover, cover & (target.face < FACE)) | ~cover, covered, 0.0)


def carried_back(target: Target, shown: Array, told: Array) -> Array:
    """How far points of the scalp are covered [P] because what a photo shows at its outline goes on behind.

    Args:
        target: the fitted head.
        shown: float64 [P], how far the photo shows each to be covered, 0..1.
        told: float64 [P], how far it tells, 0..1.
    """
    from scipy.spatial import cKDTree

    carried = np.zeros(len(told))
    right = target.points[:, 0] > target.points[target.scalp, 0].mean()
    place = np.column_stack([target.height / LEVEL, target.around_degrees / SIDE_DEGREES])
    aside = target.is_skin & (target.height > NAPE) & (target.ear < 0.05) & (target.around_degrees > BESIDE_DEGREES)
    for side in (right, ~right):
        beside, behind = aside & side & (told > 0.5), target.scalp & side & (told < 0.5)
        if beside.sum() >= TELLING and behind.any():
            _, near = cKDTree(place[beside]).query(place[behind], k=TELLING)
            carried[behind] = np.median(shown[beside][near], axis=1)
    return carried


def evened(target: Target, shares: Array) -> Array:
    """Shares [P], 0 or 1 for the most part, with a smooth border."""
    return smooth(*EVEN, target.smoothed(shares, np.ones(len(shares)), EVENINGS))


def _joined_to(target: Target, among: Flags, some: Flags) -> Flags:
    """Which points [P] can be reached from some of them, over points that are among them."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    one, other = target.links[among[target.links].all(1)].T
    ways = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(len(among), len(among)))
    _, piece = connected_components(ways, directed=False)
    return np.isin(piece, np.unique(piece[some]))
