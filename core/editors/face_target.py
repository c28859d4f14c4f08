"""Where a fitted head is to be: its points, how far each belongs to it, and what is seen between parted lips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shapes import face_shapes
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.face_shapes import FittedFace

    Array = NDArray[np.float64]
    Numbers = NDArray[np.int64]

CHIN, TOP, JAW, EAR, NOSE_TIP, BROW = 152, 10, 132, 234, 1, 105
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Landmarks along the inner edges of the lips, from corner to corner."""
AXIS_Z, BEFORE_EARS_DEGREES = -0.02, (50, 64)
"""Where the head's axis lies, and angles about it from the nose at which the face begins to end, and where it has."""
ABOVE, BELOW = 0.05, (-0.05, 0.005)
"""Heights over which it ends above the forehead, from its top; and below the jaw, from its edge; world units."""
CHIN_TALL, UNDERSIDE = 0.03, (0.35, 0.8)
"""Height of the chin, world units, and how far down its skin looks where it begins not to belong to the face, and where
it does not at all: the underside of the jaw meets a neck whose shape no landmark tells."""
EAR_YZ, EAR_RADII, EAR_RIM = (-0.022, 0.0), (0.072, 0.05), (1.0, 1.45)
"""Middle of the mean head's ears and their half height and width, world units; and where beside them, in these, the
scalp begins, and where there is nothing but scalp."""
ANY_EAR = 0.02
"""Share of an ear from which a point belongs to what is drawn over when hair hides it."""
NAPE, NO_FACE = -0.05, 0.05
"""Height below which what is not the face is no scalp, world units; and share of the face below which that is so."""
BUST, RIM = -0.24, (0.0, 0.06)
"""Height below which the model is cut off, and distances from that cut over which the target ends, world units."""
FINE, HALVINGS = 0.008, 2
"""Greatest length of the scalp's edges, world units, and how often they are halved at most."""
PARTED = 0.006
"""Distance of parted lips, world units, from which there is something between them."""
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
        ear: float64 [P], how far each belongs to an ear, 0..1.
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
    face: Array
    height: Array
    around_degrees: Array
    is_surface: NDArray[np.bool_]
    is_skin: NDArray[np.bool_]

    @staticmethod
    def of(head: FittedFace) -> Target:
        """Of a fitted head."""
        shapes, finer = face_shapes(), _finer()
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
            np.concatenate([finer.spread(face), np.ones(count)]),
            np.concatenate([finer.spread(shapes.mean[:, 1]), np.full(count, mouth)]),
            np.concatenate([finer.spread(_around_degrees()), np.zeros(count)]),
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
        opposite[: len(_finer().owner)] = _opposite()
        return opposite

    def moved(self, points: Array) -> Target:
        """The same with its points [P, 3] elsewhere."""
        finer = _finer()
        count = len(finer.owner)
        normals = np.concatenate([finer.normals(points[:count]), self.normals[count:]])
        return replace(self, points=points, normals=normals)

    def without_ears(self) -> Target:
        """The same with the skin beside its ears drawn over them: hair lies there."""
        ears = self.ear > ANY_EAR
        moved = self.moved(self._drawn_over(self.points, ears))
        # what is drawn over an ear lies in folds
        normals = moved._drawn_over(moved.normals, ears)
        return replace(moved, normals=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))

    def _drawn_over(self, values: Array, free: NDArray[np.bool_]) -> Array:
        """Values [P, 3] that are harmonic where they are free, from those beside."""
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


def mean_height(landmark: int) -> float:
    """Of a landmark on the mean head, world units."""
    shapes = face_shapes()
    return float(shapes.mean[shapes.landmark_points[landmark], 1])


def face_share() -> Array:
    """How much each point of the model belongs to the face: 1 from the hairline to the jaw and to before the ears."""
    mark = _mean_landmarks()
    y = face_shapes().mean[:, 1]
    share: Array = (1 - smooth(*BEFORE_EARS_DEGREES, _around_degrees())) * _above_jaw(_jaw_edge())
    share *= 1 - smooth(0.0, ABOVE, y - mark[TOP, 1])
    return share


def head_share() -> Array:
    """How much each point of the model belongs to the head that is told: all but the edge where its bust is cut off."""
    from scipy.spatial import cKDTree

    shapes = face_shapes()
    edges = np.sort(np.concatenate([shapes.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), 1)
    ends, times = np.unique(edges, axis=0, return_counts=True)
    rim = shapes.mean[np.unique(ends[times == 1])]
    away, _ = cKDTree(rim[rim[:, 1] < BUST]).query(shapes.mean)
    share: Array = smooth(*RIM, away)
    return share


def ear_share() -> Array:
    """How much each point of the model belongs to an ear, 0..1."""
    y, z = face_shapes().mean[:, 1:].T
    away = np.hypot((y - EAR_YZ[0]) / EAR_RADII[0], (z - EAR_YZ[1]) / EAR_RADII[1])
    # the middle of the face is as high and as far forward as no ear
    share: Array = (1 - smooth(*EAR_RIM, away)) * (1 - face_share())
    return share


def _mean_landmarks() -> Array:
    shapes = face_shapes()
    return shapes.mean[shapes.landmark_points] + shapes.landmark_offsets


def _around_degrees() -> Array:
    """Angle of each point of the mean head about its axis from the nose, 0..180."""
    x, _, z = face_shapes().mean.T
    around: Array = np.degrees(np.abs(np.arctan2(x, z - AXIS_Z)))
    return around


def _jaw_edge() -> Array:
    """Height at which the face ends below each point, from the middle of the chin along the jaw up to the ear."""
    mark = _mean_landmarks()
    ear_x, jaw_x = abs(mark[EAR, 0]), abs(mark[JAW, 0])
    chin, jaw = mark[CHIN, 1], mark[JAW, 1]
    known = ([0, 0.5 * jaw_x, 0.9 * jaw_x, ear_x], [chin - 0.012, chin + 0.005, jaw - 0.03, jaw - 0.02])
    edge: Array = np.interp(np.abs(face_shapes().mean[:, 0]), *known)
    return edge


def _above_jaw(edge: Array) -> Array:
    shapes = face_shapes()
    y = shapes.mean[:, 1]
    down = -shapes.normals(shapes.mean)[:, 1] * (y < _mean_landmarks()[CHIN, 1] + CHIN_TALL)
    return smooth(*BELOW, y - edge) * (1 - smooth(*UNDERSIDE, down))


@dataclass(frozen=True, eq=False)
class _Finer:
    """The model with points between those of its scalp.

    Attributes:
        parents: for each halving, int64 [M, 2], between which points, so far, new ones lie.
        triangles: int64 [F, 3].
        owner: uint8 [P], as `FaceShapes.owner`.
    """

    parents: tuple[Numbers, ...]
    triangles: Numbers
    owner: NDArray[np.uint8]

    def spread(self, values: Array) -> Array:
        """Values [V, ...] at the model's points, also at those between them [P, ...]."""
        for pairs in self.parents:
            values = np.concatenate([values, values[pairs].mean(1)])
        return values

    def normals(self, points: Array) -> Array:
        """Unit normals [P, 3], outward, of points [P, 3]."""
        return replace(face_shapes(), triangles=self.triangles, owner=self.owner).normals(points)


@cache
def _finer() -> _Finer:
    shapes = face_shapes()
    points, triangles, parents = shapes.mean, shapes.triangles, []
    scalp = (head_share() > 0) & (shapes.owner == 0)
    for _ in range(HALVINGS):
        sides = triangles[:, [[0, 1], [1, 2], [2, 0]]]
        length = np.linalg.norm(points[sides[:, :, 0]] - points[sides[:, :, 1]], axis=2)
        split = (length.max(1) > FINE) & scalp[triangles].any(1)
        pairs, number = np.unique(np.sort(sides[split].reshape(-1, 2), 1), axis=0, return_inverse=True)
        a, b, c = triangles[split].T
        ab, bc, ca = (number.reshape(-1, 3) + len(points)).T
        four = [np.stack(corners, 1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        triangles = np.concatenate([triangles[~split], *four])
        points = np.concatenate([points, points[pairs].mean(1)])
        scalp = np.concatenate([scalp, scalp[pairs].any(1)])
        parents.append(pairs)
    owner = np.zeros(len(points), np.uint8)
    owner[: len(shapes.owner)] = shapes.owner
    return _Finer(tuple(parents), triangles, owner)


@cache
def _opposite() -> Numbers:
    from scipy.spatial import cKDTree

    points = _finer().spread(face_shapes().mean)
    nearest: Numbers = cKDTree(points).query(points * [-1, 1, 1])[1]
    return nearest


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
