"""Triangles -> pixels, in numpy: which triangle covers each pixel, and where in it the pixel's centre lies.

Serves twice: in a texture's plane, to find the surface point of each texel, and in a camera's, to find what it sees.
Each triangle is asked for its columns in every row, so nothing is computed of pixels beside it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.camera import Camera

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

CANDIDATES_PER_CHUNK = 2_000_000
SLACK = 1e-9
"""Barycentric tolerance, so that a pixel centre on a shared edge belongs to somebody."""
NUMBER_BITS = np.uint64(32)
"""Of a pixel's key, for the triangle's number; depth lies above them, so the least key is the nearest triangle's."""
NUMBER = np.uint64(2**32 - 1)
NOTHING = np.uint64(2**64 - 1)


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
    triangles = _Triangles.of(points, faces, None if depth is None else np.asarray(depth, dtype=np.float64))
    nearest = np.full(size_px * size_px, NOTHING)
    for chunk in _chunks(triangles.candidates(size_px)):
        number, row = triangles.rows(chunk, size_px)
        first, count = triangles.columns(number, row, size_px)
        span = np.repeat(np.arange(len(count)), count)
        column = np.arange(len(span)) - np.repeat(np.cumsum(count) - count - first, count)
        number, row = number[span], row[span]
        distance = triangles.distances(number, row, column)
        key = distance.view(np.uint32).astype(np.uint64) << NUMBER_BITS | number.astype(np.uint64)
        np.minimum.at(nearest, row * size_px + column, key)
    covered = np.flatnonzero(nearest != NOTHING)
    number = (nearest[covered] & NUMBER).astype(np.int64)
    owner = np.full(size_px * size_px, -1, dtype=np.int32)
    place = np.zeros((size_px * size_px, 3), dtype=np.float32)
    along = np.full(size_px * size_px, np.inf, dtype=np.float32)
    owner[covered] = number
    place[covered] = triangles.places(number, *np.divmod(covered, size_px))
    along[covered] = (nearest[covered] >> NUMBER_BITS).astype(np.uint32).view(np.float32)
    shape = (size_px, size_px)
    return Coverage(owner.reshape(shape), place.reshape(*shape, 3), along.reshape(shape))


def seen_by(camera: Camera, vertices: NDArray[np.float32], faces: NDArray[np.int32], size_px: int) -> Coverage:
    """What a camera sees of a mesh; both sides of a triangle count."""
    uv, depth = camera.project(vertices)
    in_front = (depth[faces] > 0).all(axis=1)
    kept = np.flatnonzero(in_front)
    coverage = rasterised(np.nan_to_num(uv) * size_px, faces[kept], size_px, np.where(depth > 0, depth, 1.0))
    # index -1, for nothing, finds the appended -1
    owner = np.append(kept, -1)[coverage.face].astype(np.int32)
    return Coverage(owner, coverage.barycentric, coverage.depth)


@dataclass(frozen=True, eq=False)
class _Triangles:
    """Triangles on a screen.

    Attributes:
        origins: float64 [F, 2], column and row of the first corners.
        low: float64 [F, 2], the least of both among the corners.
        high: float64 [F, 2], the greatest.
        across: float64 [F, 3], by how much barycentric shares grow from column to column; 0 where there is no area.
        down: float64 [F, 3], from row to row.
        nearness: float64 [F, 3], one over the depth of each corner; None where all are at one depth.
    """

    origins: Array
    low: Array
    high: Array
    across: Array
    down: Array
    nearness: Array | None

    @staticmethod
    def of(points: Array, faces: NDArray[np.int32], depth: Array | None) -> "_Triangles":
        """Of triangles [F, 3] of points [V, 2] at some depth [V]."""
        corners = points[faces]
        opposite = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
        twice_area = opposite[:, 0, 0] * opposite[:, 1, 1] - opposite[:, 0, 1] * opposite[:, 1, 0]
        scale = np.divide(1.0, twice_area, out=np.zeros_like(twice_area), where=twice_area != 0)[:, None]
        across, down = -opposite[:, :, 1] * scale, opposite[:, :, 0] * scale
        nearness = None if depth is None else 1 / depth[faces]
        return _Triangles(corners[:, 0], corners.min(axis=1), corners.max(axis=1), across, down, nearness)

    def candidates(self, size_px: int) -> Numbers:
        """How many pixels have their centres in the box around each triangle, int64 [F]; none where it has no area."""
        low, high = _centres(self.low, self.high, size_px)
        return np.where(self.across.any(axis=1) | self.down.any(axis=1), (high - low).prod(axis=1), 0)

    def rows(self, chosen: Numbers, size_px: int) -> tuple[Numbers, Numbers]:
        """Some triangles, each as often as it has rows of pixels, and those rows, int64 [N]."""
        low, high = _centres(self.low[chosen, 1], self.high[chosen, 1], size_px)
        count = high - low
        return np.repeat(chosen, count), np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - low, count)

    def columns(self, number: Numbers, row: Numbers, size_px: int) -> tuple[Numbers, Numbers]:
        """In which column triangles [N] begin in rows [N], and how many columns they cover there, int64 [N]."""
        y = row + 0.5 - self.origins[number, 1]
        begin, end = np.full(len(number), -np.inf), np.full(len(number), np.inf)
        for corner in range(3):
            slope, share = self.across[number, corner], self.down[number, corner] * y + (corner == 0) + SLACK
            with np.errstate(divide="ignore", invalid="ignore"):
                edge = -share / slope
            # a side that lies along the row has all of it on one hand
            edge = np.where(slope == 0, np.where(share < 0, np.inf, -np.inf), edge)
            begin = np.where(slope >= 0, np.maximum(begin, edge), begin)
            end = np.where(slope < 0, np.minimum(end, edge), end)
        first, stop = _centres(begin + self.origins[number, 0], end + self.origins[number, 0], size_px)
        return first, stop - first

    def distances(self, number: Numbers, row: Numbers, column: Numbers) -> NDArray[np.float32]:
        """Depth [N] of triangles [N] at the centres of pixels; 0 where all are at one."""
        if self.nearness is None:
            return np.zeros(len(number), np.float32)
        # what is linear on the screen is one over it
        across, down = (self.across * self.nearness).sum(axis=1), (self.down * self.nearness).sum(axis=1)
        begin = self.nearness[:, 0] + across * (0.5 - self.origins[:, 0]) + down * (0.5 - self.origins[:, 1])
        nearness = begin[number] + across[number] * column + down[number] * row
        return np.asarray(1 / nearness, np.float32)

    def places(self, number: Numbers, row: Numbers, column: Numbers) -> NDArray[np.float32]:
        """Barycentric shares [N, 3] of the centres of pixels in triangles [N], correct in perspective."""
        x, y = column + 0.5 - self.origins[number, 0], row + 0.5 - self.origins[number, 1]
        shares = self.across[number] * x[:, None] + self.down[number] * y[:, None]
        shares[:, 0] += 1
        if self.nearness is not None:
            shares *= self.nearness[number]
            shares /= shares.sum(axis=1, keepdims=True)
        return np.asarray(shares, np.float32)


def _centres(low: Array, high: Array, size_px: int) -> tuple[Numbers, Numbers]:
    """The first pixel whose centre lies between two places, and the first one behind them; as far as there are any."""
    first = np.clip(np.ceil(low - 0.5), 0, size_px).astype(np.int64)
    stop = np.clip(np.floor(high - 0.5) + 1, 0, size_px).astype(np.int64)
    return first, np.maximum(stop, first)


def _chunks(candidates: Numbers) -> list[Numbers]:
    """Triangles with any candidate pixel, in runs of bounded work."""
    useful = np.flatnonzero(candidates)
    if not len(useful):
        return []
    run = np.cumsum(candidates[useful]) // CANDIDATES_PER_CHUNK
    return np.split(useful, np.flatnonzero(np.diff(run)) + 1)
