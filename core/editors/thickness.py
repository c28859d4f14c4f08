"""Thickness of hair and hats: the field's own, without its lumps, and thin where hair begins above the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shares import JAW, NOSE_TIP, mean_height

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.face_target import Target

    Array = NDArray[np.float64]

NEIGHBOURS, LUMPS, BLUR = 24, 0.012, 0.006
"""Thickness is the median of so many places, and then smooth under a bell: deviations for hair, and where what is told
ends, world units."""
HAIRLINE, SLOPE = 0.006, 0.35
"""Thickness of hair where it begins beside the face, world units, and how much it gains at most per distance."""
FACE_OR_EAR = (0.2, 0.3)
"""Shares of the face and of an ear from which skin that is bare makes the hair beside it thin."""
FACE = 0.9
"""Share of the face from which its shape is that of landmarks."""
EVENINGS = 24
"""How often the thickness at an outline is mixed with that of the points around: the photo tells it more finely."""
FEWER = 8
"""Places of whose medians an outline is made."""
AT_ONCE = 4000
"""Points whose neighbours are held together."""


def thickness_of(
    target: Target,
    surface: Array,
    own: NDArray[np.bool_],
    covered: Array,
    weight: Array,
    outline: Array,
    left: Array,
) -> Array:
    """Thickness [P] of what covers each point of a target, smooth and thin at the face, world units.

    Args:
        target: the fitted head.
        surface: float64 [P], how far before each point the field's own surface is, world units.
        own: bool [P], of which points it tells the thickness.
        covered: float64 [P], how far each is below hair or cloth, 0..1.
        weight: float64 [P], how far the field is told at each, 0..1.
        outline: float64 [P], how far each makes the outline that the photo tells, 0..1.
        left: float64 [P], how far each is left as it is, 0..1: there nothing begins.
    """
    bare = (covered < 0.3) & (weight > 0.5)
    above = target.height > mean_height(NOSE_TIP)
    most = _most(target, bare & above & ((target.face > FACE_OR_EAR[0]) | (target.auricle > FACE_OR_EAR[1])))
    # below a chin a beard, or a second chin, begins as gently
    below = _most(target, bare & ~above & (target.face > FACE))
    most = np.where(target.height < mean_height(JAW), np.minimum(most, below), most) / np.maximum(1 - left, 1e-3)
    weight = np.maximum(covered, 1 - target.face) * weight
    calm = calmed(target, surface, own, weight, LUMPS, most)
    # at the outline the picture itself tells
    fine = target.smoothed(calmed(target, surface, own, weight, BLUR / 2, count=FEWER), weight, EVENINGS)
    return calm + outline * (fine - calm)


def _most(target: Target, bare: NDArray[np.bool_]) -> Array:
    """Most thickness of each point [P] beside skin that is bare, bool [P], world units; infinite where none is."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    if not bare.any():
        return np.full(len(bare), np.inf)
    one, other = target.links.T
    length = np.linalg.norm(target.points[one] - target.points[other], axis=1)
    ways = coo_matrix((length, (one, other)), shape=(len(bare), len(bare))).tocsr()
    return np.asarray(HAIRLINE + SLOPE * dijkstra(ways, indices=np.flatnonzero(bare), min_only=True), np.float64)


def _area(target: Target) -> Array:
    """Of the surface around each point [P], square world units."""
    a, b, c = (target.points[target.triangles[:, corner]] for corner in range(3))
    each = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    area: Array = np.bincount(target.triangles.ravel(), np.repeat(each, 3), len(target.points)).astype(float)
    return area


def calmed(
    target: Target,
    values: Array,
    known: NDArray[np.bool_],
    weight: Array,
    blur: float,
    most: Array | None = None,
    count: int = NEIGHBOURS,
) -> Array:
    """Values [P] without lumps, from those known: medians around each point, bounded, under a bell of some width."""
    from scipy.spatial import cKDTree

    chosen = np.flatnonzero(target.is_skin & (target.share > 0) & (weight > 1e-3))
    if known.sum() < count or not len(chosen):
        return np.zeros_like(values)
    points = target.points[chosen]
    _, near = cKDTree(target.points[known]).query(points, k=count)
    medians = np.median(values[known][near], axis=1)
    if most is not None:
        medians = np.minimum(medians, most[chosen])
    tree = cKDTree(points)
    share = (weight * _area(target))[chosen] + 1e-12
    both = np.column_stack([medians * share, share])
    calm = np.zeros_like(values)
    # all pairs at once would take a fifth of a gigabyte
    for piece in np.array_split(np.arange(len(chosen)), -(-len(chosen) // AT_ONCE)):
        bell = cKDTree(points[piece]).sparse_distance_matrix(tree, 2.5 * blur, output_type="coo_matrix").tocsr()
        bell.data = np.exp(-(bell.data**2) / (2 * blur**2))
        total = np.asarray(bell @ both)
        calm[chosen[piece]] = total[:, 0] / total[:, 1]
    return calm
