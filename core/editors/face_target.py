"""Where a fitted head is to be: its points, how far each belongs to it, and what is seen between parted lips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shapes import face_shapes
from core.editors.face_shares import auricle_share, ear_share, face_share, head_share, mean_around_degrees
from core.editors.finer_model import finer_model, opposite_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.face_shapes import FittedFace

    Array = NDArray[np.float64]
    Numbers = NDArray[np.int64]

UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Landmarks along the inner edges of the lips, from corner to corner."""
ANY_EAR = 0.02
"""Share of an ear from which a point belongs to what is drawn over when hair hides it."""
NAPE, NO_FACE = -0.05, 0.05
"""Height below which what is not the face is no scalp, world units; and share of the face below which that is so."""
PARTED = 0.006
"""Distance of parted lips, world units, from which there is something between them."""
FOLDED, FOLD_RIM, UNFOLDINGS = 0.3, 3, 4
"""Cosine by which a triangle of a fold has turned, how many points around are drawn over with it, and how often folds
are looked for."""
TEETH, TEETH_ROWS, TEETH_COLUMNS = 0.006, 9, 31
"""How far behind the lips that is, world units, and of how many points it is made."""


@dataclass(frozen=True, eq=False)
class Target:
    """Where a head is to be.

    Attributes:
        points: float64 [P, 3], world units: those of the model, those between them, then what is between the lips.
        normals: float64 [P, 3] unit, outward.
        triangles: int64 [F, 3], of all but the last.
        share: float64 [P], how much each belongs to the head that is told, 0..1, with its ears.
        ear: float64 [P], how far each belongs to an ear and the skin around it, 0..1.
        auricle: float64 [P], how far each belongs to the ear itself, 0..1.
        face: float64 [P], how much each belongs to the face, 0..1.
        height: float64 [P], of each on the model's mean face, world units; a head may be tilted.
        around_degrees: float64 [P], angle of each on that head about its axis, from the nose, 0..180.
        is_surface: bool [P], whether each bounds the head: not the backs of eyeballs.
        is_skin: bool [P], whether each is skin or scalp: not eyes, nor what is between the lips.
    """

    points: Array
    normals: Array
    triangles: Numbers
    share: Array
    ear: Array
    auricle: Array
    face: Array
    height: Array
    around_degrees: Array
    is_surface: NDArray[np.bool_]
    is_skin: NDArray[np.bool_]

    @staticmethod
    def of(head: FittedFace) -> Target:
        """Of a fitted head."""
        shapes, finer = face_shapes(), finer_model()
        face, share = face_share(), head_share()
        skin = shapes.owner == 0
        # of an eye only what may be seen between the lids
        hidden = ~skin & (shapes.normals(shapes.mean)[:, 2] < 0)
        face[hidden] = share[hidden] = 0.0
        teeth, forwards = _between_lips(head)
        count = len(teeth)
        mouth = shapes.mean[shapes.landmark_points[[*UPPER_LIP, *LOWER_LIP]], 1].mean()
        points = finer.spread(head.points)
        share = finer.spread(share)
        skin = finer.spread(skin.astype(float)) == 1
        return Target(
            np.concatenate([points, teeth]),
            np.concatenate([finer.normals(points), np.repeat(forwards[None], count, 0)]),
            finer.triangles,
            np.concatenate([share, np.ones(count)]),
            np.concatenate([finer.spread(ear_share()), np.zeros(count)]),
            np.concatenate([finer.spread(auricle_share()), np.zeros(count)]),
            np.concatenate([finer.spread(face), np.ones(count)]),
            np.concatenate([finer.spread(shapes.mean[:, 1]), np.full(count, mouth)]),
            np.concatenate([finer.spread(mean_around_degrees()), np.zeros(count)]),
            np.concatenate([skin | (share > 0), np.ones(count, bool)]),
            np.concatenate([skin, np.zeros(count, bool)]),
        )

    @property
    def scalp(self) -> NDArray[np.bool_]:
        """Which points [P] belong to the scalp."""
        return (self.face < NO_FACE) & (self.share > 0.5) & (self.height > NAPE)

    @property
    def links(self) -> Numbers:
        """Pairs [E, 2] of points that touch, both ways round."""
        edges = np.concatenate([self.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        return np.concatenate([edges, edges[:, ::-1]])

    @property
    def opposite(self) -> Numbers:
        """The point [P] that each has on the other side of the head; what is between the lips has itself."""
        opposite = np.arange(len(self.points))
        opposite[: len(finer_model().owner)] = opposite_points()
        return opposite

    def moved(self, points: Array) -> Target:
        """The same with its points [P, 3] elsewhere."""
        finer = finer_model()
        count = len(finer.owner)
        normals = np.concatenate([finer.normals(points[:count]), self.normals[count:]])
        return replace(self, points=points, normals=normals)

    def unfolded(self, before: Target, free: NDArray[np.bool_], rim: int = FOLD_RIM) -> Target:
        """The same with the skin drawn over where points that moved past one another have folded it.

        Args:
            before: the same head as it was, without folds.
            free: bool [P], which points may move.
            rim: how many points around a fold move with it.
        """
        smooth, unturned = self, _facing(before)
        for _ in range(UNFOLDINGS):
            turned = (unturned * _facing(smooth)).sum(1) < FOLDED
            folded = np.zeros(len(self.points))
            folded[self.triangles[turned & free[self.triangles].all(1)]] = 1
            if not folded.any():
                break
            near = self.smoothed(folded, np.ones(len(folded)), rim) > 0
            smooth = self.moved(self.drawn_over(smooth.points, near & free))
        return smooth

    def without_ears(self) -> Target:
        """The same with the skin beside its ears drawn over them: hair lies there."""
        ears = self.ear > ANY_EAR
        moved = self.moved(self.drawn_over(self.points, ears))
        # what is drawn over an ear lies in folds
        normals = moved.drawn_over(moved.normals, ears)
        return replace(moved, normals=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))

    def drawn_over(self, values: Array, free: NDArray[np.bool_]) -> Array:
        """Values [P] or [P, 3] that are harmonic where they are free, from those beside."""
        from scipy.sparse import coo_matrix, diags
        from scipy.sparse.linalg import spsolve

        one, other = self.links.T
        ways = coo_matrix((np.ones(len(one)), (one, other)), shape=(len(values),) * 2).tocsr()[free]
        of_free = diags(np.asarray(ways.sum(1)).ravel()) - ways[:, free]
        drawn = values.copy()
        drawn[free] = spsolve(of_free.tocsc(), ways[:, ~free] @ values[~free])
        return drawn

    def smoothed(self, values: Array, weight: Array, times: int) -> Array:
        """Values [P] that are weighted means of their neighbours', a few times over."""
        one, other = self.links.T
        for _ in range(times):
            total = values * weight + np.bincount(one, (values * weight)[other], len(values))
            of_weight = weight + np.bincount(one, weight[other], len(values))
            values = np.where(of_weight > 1e-9, total / np.maximum(of_weight, 1e-9), values)
        return values


def nearest_told(target: Target, told: NDArray[np.bool_], count: int) -> Numbers:
    """Numbers [P, count] of the told points nearest to each of a target, the nearest first; skin apart from eyes.

    Where fewer are told, the last is repeated; where none is, a point stands for itself.
    """
    from scipy.spatial import cKDTree

    nearest = np.repeat(np.arange(len(told))[:, None], count, 1)
    for group in (target.is_skin, ~target.is_skin):
        known = np.flatnonzero(told & group)
        if len(known):
            tree = cKDTree(target.points[known])
            _, near = tree.query(target.points[group], k=np.arange(1, min(count, len(known)) + 1))
            nearest[group] = known[near[:, np.minimum(np.arange(count), len(known) - 1)]]
    return nearest


def _facing(target: Target) -> Array:
    """Where triangles face, unit [F, 3]."""
    a, b, c = (target.points[target.triangles[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    return np.asarray(across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12), np.float64)


def _between_lips(face: FittedFace) -> tuple[Array, Array]:
    """Points [N, 3] of what is seen between parted lips, none where they are closed, and the way out [3]."""
    upper, lower = face.landmarks[list(UPPER_LIP)], face.landmarks[list(LOWER_LIP)]
    across, down = upper[-1] - upper[0], (lower - upper).mean(0)
    forwards = np.cross(down, across)
    forwards /= max(float(np.linalg.norm(forwards)), 1e-12)
    if forwards[2] < 0:
        forwards = -forwards
    gap = np.linalg.norm(lower - upper, axis=1)
    if gap.max() < PARTED:
        return np.zeros((0, 3)), forwards
    columns, numbers = np.linspace(0, len(upper) - 1, TEETH_COLUMNS), np.arange(len(upper))

    def finer(chain: Array) -> Array:
        return np.column_stack([np.interp(columns, numbers, chain[:, axis]) for axis in range(3)])

    shares = np.linspace(0, 1, TEETH_ROWS)[:, None, None]
    rows = finer(upper) + shares * (finer(lower) - finer(upper))
    back = TEETH * np.minimum(1, np.interp(columns, numbers, gap) / PARTED)
    return (rows - back[:, None] * forwards).reshape(-1, 3), forwards
