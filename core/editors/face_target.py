"""Where a fitted face is to be: its points, how far each belongs to the face, and what is seen between parted lips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shapes import face_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.editors.face_shapes import FittedFace

    Array = NDArray[np.float64]

CHIN, TOP, JAW, EAR = 152, 10, 132, 234
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Landmarks along the inner edges of the lips, from corner to corner."""
AXIS_Z, BEFORE_EARS_DEGREES = -0.02, (50, 64)
"""Where the head's axis lies, and angles about it from the nose at which the face begins to end, and where it has."""
ABOVE, BELOW = 0.05, (-0.05, 0.005)
"""Heights over which it ends above the forehead, from its top; and below the jaw, from its edge; world units."""
CHIN_TALL, UNDERSIDE = 0.03, (0.35, 0.8)
"""Height of the chin, world units, and how far down its skin looks where it begins not to belong to the face, and where
it does not at all: the underside of the jaw meets a neck that nobody has fitted."""
PARTED = 0.006
"""Distance of parted lips, world units, from which there is something between them."""
TEETH, TEETH_ROWS, TEETH_COLUMNS = 0.006, 9, 31
"""How far behind the lips that is, world units, and of how many points it is made."""


@dataclass(frozen=True, eq=False)
class Target:
    """Where a face is to be.

    Attributes:
        points: float64 [P, 3], world units: those of the model, then what is between the lips.
        normals: float64 [P, 3] unit, outward.
        neighbours: int64 [E, 2], pairs of points that touch.
        share: float64 [P], how much each belongs to the face, 0..1.
        height: float64 [P], of each on the model's mean face, world units; a head may be tilted.
        is_surface: bool [P], whether each bounds the head: not the backs of eyeballs.
        ends: bool [P], whether each is skin near an end of the face.
    """

    points: Array
    normals: Array
    neighbours: NDArray[np.int64]
    share: Array
    height: Array
    is_surface: NDArray[np.bool_]
    ends: NDArray[np.bool_]

    @staticmethod
    def of(face: FittedFace) -> Target:
        """Of a fitted face."""
        shapes = face_shapes()
        share = face_share()
        skin = shapes.owner == 0
        # of an eye only what may be seen between the lids
        share[~skin & (shapes.normals(shapes.mean)[:, 2] < 0)] = 0.0
        edges = np.concatenate([shapes.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        teeth, forwards = _between_lips(face)
        count = len(teeth)
        mouth = shapes.mean[shapes.landmark_points[[*UPPER_LIP, *LOWER_LIP]], 1].mean()
        return Target(
            np.concatenate([face.points, teeth]),
            np.concatenate([shapes.normals(face.points), np.repeat(forwards[None], count, 0)]),
            np.concatenate([edges, edges[:, ::-1]]),
            np.concatenate([share, np.ones(count)]),
            np.concatenate([shapes.mean[:, 1], np.full(count, mouth)]),
            np.concatenate([skin | (share > 0), np.ones(count, bool)]),
            np.concatenate([skin & (share > 0) & (share < 1), np.zeros(count, bool)]),
        )

    def moved(self, points: Array) -> Target:
        """The same with its points [P, 3] elsewhere."""
        shapes = face_shapes()
        count = len(shapes.mean)
        normals = np.concatenate([shapes.normals(points[:count]), self.normals[count:]])
        return replace(self, points=points, normals=normals)

    def smoothed(self, values: Array, weight: Array, times: int) -> Array:
        """Values [P] that are weighted means of their neighbours', a few times over."""
        one, other = self.neighbours.T
        for _ in range(times):
            total = values * weight + np.bincount(one, (values * weight)[other], len(values))
            of_weight = weight + np.bincount(one, weight[other], len(values))
            values = np.where(of_weight > 1e-9, total / np.maximum(of_weight, 1e-9), values)
        return values


def face_share() -> Array:
    """How much each point of the model belongs to the face: 1 from the hairline to the jaw and to before the ears."""
    shapes = face_shapes()
    x, y, z = shapes.mean.T
    mark = shapes.mean[shapes.landmark_points] + shapes.landmark_offsets
    around = np.degrees(np.abs(np.arctan2(x, z - AXIS_Z)))
    ear_x, jaw_x = abs(mark[EAR, 0]), abs(mark[JAW, 0])
    chin, jaw = mark[CHIN, 1], mark[JAW, 1]
    # from the middle of the chin along the jaw up to the ear
    edge = np.interp(
        np.abs(x), [0, 0.5 * jaw_x, 0.9 * jaw_x, ear_x], [chin - 0.012, chin + 0.005, jaw - 0.03, jaw - 0.02]
    )
    down = -shapes.normals(shapes.mean)[:, 1] * (y < chin + CHIN_TALL)
    share: Array = (1 - smooth_step(around, *BEFORE_EARS_DEGREES)) * (1 - smooth_step(down, *UNDERSIDE))
    share *= (1 - smooth_step(y - mark[TOP, 1], 0.0, ABOVE)) * smooth_step(y - edge, *BELOW)
    return share


def smooth_step(values: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    smooth: Array = share * share * (3 - 2 * share)
    return smooth


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
