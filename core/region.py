"""A region that was drawn over a view of a head: what it adds to a part, and what it takes away.

It is kept as it was drawn, with the depth of the surface it was drawn on, so that it can be lifted into space whenever
it is needed: a point belongs to it when it lies near that surface and appears inside the drawing.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame
from core.nearest_pixel import nearest_known

Picture: TypeAlias = NDArray[np.uint8]
Weights: TypeAlias = NDArray[np.float32]

ADDED_REACH = (0.035, 0.035)
"""How far before and behind the surface a point is added, world units: skin, and hair that lies on it."""
REMOVED_REACH = (0.15, 0.06)
"""The same for what is taken away: what stands out before the surface goes with it."""
SOFT = 0.012
"""Length over which the reach ends."""


@dataclass(frozen=True, eq=False)
class Region:
    """A drawing over a view.

    Attributes:
        added: uint8 [S, S], how much of each pixel was added.
        removed: uint8 [S, S], how much was taken away.
        camera: of the view.
        depth: float32 [h, w], of the surface in view along the camera's z, world units; 0 where there was nothing.
    """

    added: Picture
    removed: Picture
    camera: Camera
    depth: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Region):
            return NotImplemented
        return self is other or (
            self.camera == other.camera
            and np.array_equal(self.added, other.added)
            and np.array_equal(self.removed, other.removed)
            and np.array_equal(self.depth, other.depth)
        )

    def __hash__(self) -> int:
        return hash((self.camera, int(self.added.sum()), int(self.removed.sum())))

    def weights_at(self, points: NDArray[np.floating]) -> tuple[Weights, Weights]:
        """How much world points [N, 3] are added and taken away, float32 [N] in 0..1 each."""
        uv, depth = self.camera.project(points)
        inside = (depth > 0) & (uv >= 0).all(1) & (uv < 1).all(1)
        added, removed = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
        at, depth = uv[inside], depth[inside]
        for picture, surface, reach, into in (
            (self.added, self.depth, ADDED_REACH, added),
            (self.removed, self._filled_depth, REMOVED_REACH, removed),
        ):
            drawn = _read(picture, at) / 255
            there = _read(surface, at)
            before = 1 - ((there - depth - reach[0]) / SOFT).clip(0, 1)
            behind = 1 - ((depth - there - reach[1]) / SOFT).clip(0, 1)
            into[inside] = drawn * before * behind * (there > 0)
        return added, removed

    def weights_over(self, frame: Frame) -> Weights:
        """How much of what a frame shows was added, float32 [h, w]: the region as seen from another side."""
        rows, columns = frame.depth.shape
        v, u = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
        seen = frame.depth > 0
        depth = frame.depth[seen].astype(np.float64)
        focal, pose = frame.camera.focal, frame.camera.world_from_camera
        points = np.stack([(u[seen] - 0.5) / focal * depth, (v[seen] - 0.5) / focal * depth, depth], 1)
        weights = np.zeros(frame.depth.shape, np.float32)
        weights[seen] = self.weights_at(points @ pose[:3, :3].T + pose[:3, 3])[0]
        return weights

    @cached_property
    def _filled_depth(self) -> NDArray[np.float32]:
        """The depth, and beside the head that of its nearest outline: what stands out over it can go too."""
        return np.asarray(self.depth.ravel()[nearest_known(self.depth > 0, 5)], np.float32)


def _read(picture: Picture | Weights, at: NDArray[np.float64]) -> Weights:
    """The pixels [N] at places [N, 2] in 0..1."""
    rows, columns = picture.shape
    values = picture[(at[:, 1] * rows).astype(np.intp), (at[:, 0] * columns).astype(np.intp)]
    return np.asarray(values, np.float32)
