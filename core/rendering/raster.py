"""Triangles -> pixels, in numpy: which triangle covers each pixel, and where in it the pixel's centre lies.

Serves twice: in a texture's plane, to find the surface point of each texel, and in a camera's, to find what it sees.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.camera import Camera

CANDIDATES_PER_CHUNK = 2_000_000
SLACK = 1e-9
"""Barycentric tolerance, so that a pixel centre on a shared edge belongs to somebody."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """What covers the pixels of a square picture.

    Attributes:
        face: int32 [S, S], index of the nearest triangle; -1 where there is none.
        barycentric: float32 [S, S, 3], place in that triangle, correct in perspective; 0 where there is none.
        depth: float32 [S, S], along the camera's z; infinite where there is nothing, 0 without a camera.
    """

    face: NDArray[np.int32]
    barycentric: NDArray[np.float32]
    depth: NDArray[np.float32]

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Which pixels show a triangle, bool [S, S]."""
        covered: NDArray[np.bool_] = self.face >= 0
        return covered

    def interpolated(self, values: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
        """Vertex values [V, C] at every covered pixel, in row order, float32 [P, C]."""
        chosen = self.covered
        corners = values[faces[self.face[chosen]]]
        values_there: NDArray[np.float32] = np.einsum("pk,pkc->pc", self.barycentric[chosen], corners)
        return values_there.astype(np.float32)


def rasterised(
    corners_px: ArrayLike, faces: NDArray[np.int32], size_px: int, depth: ArrayLike | None = None
) -> Coverage:
    """Cover pixels with triangles.

    Args:
        corners_px: [V, 2] column and row of each vertex in pixels; pixel (c, r) has its centre at (c + .5, r + .5).
        faces: int32 [F, 3].
        size_px: S, side of the picture.
        depth: [V] along the camera's z, positive; None covers without a depth test.
    """
    points = np.asarray(corners_px, dtype=np.float64)
    inverse = np.ones(len(points)) if depth is None else 1 / np.asarray(depth, dtype=np.float64)
    owner = np.full(size_px * size_px, -1, dtype=np.int32)
    place = np.zeros((size_px * size_px, 3), dtype=np.float32)
    nearest = np.full(size_px * size_px, np.inf, dtype=np.float32)

    a, b, c = (points[faces[:, corner]] for corner in range(3))
    twice_area = _cross(b - a, c - a)
    corners = np.stack([a, b, c])
    # pixel centres between the lowest and highest corner
    low = np.clip(np.ceil(corners.min(axis=0) - 0.5), 0, size_px).astype(np.int64)
    high = np.clip(np.floor(corners.max(axis=0) - 0.5) + 1, 0, size_px).astype(np.int64)
    extent = np.maximum(high - low, 0)
    candidates = np.where(np.abs(twice_area) > 0, extent[:, 0] * extent[:, 1], 0)

    for chunk in _chunks(candidates):
        triangle = np.repeat(chunk, candidates[chunk])
        within = np.arange(len(triangle)) - np.repeat(
            np.cumsum(candidates[chunk]) - candidates[chunk], candidates[chunk]
        )
        column = low[triangle, 0] + within % extent[triangle, 0]
        row = low[triangle, 1] + within // extent[triangle, 0]
        centre = np.stack([column, row], axis=1) + 0.5
        weights = (
            np.stack(
                [
                    _cross(b[triangle] - centre, c[triangle] - centre),
                    _cross(c[triangle] - centre, a[triangle] - centre),
                    _cross(a[triangle] - centre, b[triangle] - centre),
                ],
                axis=1,
            )
            / twice_area[triangle, None]
        )
        inside = (weights >= -SLACK).all(axis=1)
        triangle, pixel, weights = triangle[inside], (row * size_px + column)[inside], weights[inside]
        # what is linear on the screen is value / depth
        weights = weights * inverse[faces[triangle]]
        total = weights.sum(axis=1)
        distance = np.zeros(len(total), np.float32) if depth is None else (1 / total).astype(np.float32)
        # nearest last: of several writes to one pixel the last one stays
        order = np.argsort(-distance, kind="stable")
        order = order[distance[order] < nearest[pixel[order]]]
        owner[pixel[order]] = triangle[order]
        place[pixel[order]] = weights[order] / total[order, None]
        nearest[pixel[order]] = distance[order]
    shape = (size_px, size_px)
    return Coverage(owner.reshape(shape), place.reshape(*shape, 3), nearest.reshape(shape))


def seen_by(camera: Camera, vertices: NDArray[np.float32], faces: NDArray[np.int32], size_px: int) -> Coverage:
    """What a camera sees of a mesh; both sides of a triangle count."""
    uv, depth = camera.project(vertices)
    in_front = (depth[faces] > 0).all(axis=1)
    kept = np.flatnonzero(in_front)
    coverage = rasterised(np.nan_to_num(uv) * size_px, faces[kept], size_px, np.where(depth > 0, depth, 1.0))
    # index -1, for nothing, finds the appended -1
    owner = np.append(kept, -1)[coverage.face].astype(np.int32)
    return Coverage(owner, coverage.barycentric, coverage.depth)


def _chunks(candidates: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Triangles with any candidate pixel, in runs of bounded work."""
    useful = np.flatnonzero(candidates)
    if not len(useful):
        return []
    run = np.cumsum(candidates[useful]) // CANDIDATES_PER_CHUNK
    return np.split(useful, np.flatnonzero(np.diff(run)) + 1)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
