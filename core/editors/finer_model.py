"""The model of heads with more points where its scalp is coarse: hair needs them, and the fit does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_shapes import face_shapes
from core.editors.face_shares import head_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Numbers = NDArray[np.int64]

FINE, HALVINGS = 0.008, 2
"""Greatest length of the scalp's edges, world units, and how often they are halved at most."""


@dataclass(frozen=True, eq=False)
class FinerModel:
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
def finer_model() -> FinerModel:
    """The bundled model, its scalp's edges halved where they are long."""
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
    return FinerModel(tuple(parents), triangles, owner)


@cache
def opposite_points() -> Numbers:
    """The point [P] of the finer model that each has on the other side of the head."""
    from scipy.spatial import cKDTree

    points = finer_model().spread(face_shapes().mean)
    nearest: Numbers = cKDTree(points).query(points * [-1, 1, 1])[1]
    return nearest
