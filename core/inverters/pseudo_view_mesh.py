"""A depth picture as a surface: vertices at its pixels, triangles between neighbours, points scattered over them.

Geometry of the published pseudo-views (HFGI3D). A quad of four pixels is cut along the diagonal that leaves the blunter
triangles; slivers, which span a jump in depth, are dropped: they are no surface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera

    Array = NDArray[np.float64]

MOST_COSINE = 0.999
"""Triangles with an angle sharper than this (2.6 degrees) are slivers."""
PIXEL_CENTRE, PIXEL_CORNER = 0.5, 0.0
"""Where in a pixel its depth is meant: renders mean the centre, the published warp its upper left corner."""
# corners of a quad, as (row, column): each triangle is wound anticlockwise as the camera sees it
_UPPER_LEFT, _UPPER_RIGHT, _LOWER_LEFT, _LOWER_RIGHT = (0, 0), (0, 1), (1, 0), (1, 1)
_WITHOUT = {
    _UPPER_LEFT: (_LOWER_LEFT, _LOWER_RIGHT, _UPPER_RIGHT),
    _UPPER_RIGHT: (_UPPER_LEFT, _LOWER_LEFT, _LOWER_RIGHT),
    _LOWER_LEFT: (_LOWER_RIGHT, _UPPER_RIGHT, _UPPER_LEFT),
    _LOWER_RIGHT: (_UPPER_RIGHT, _UPPER_LEFT, _LOWER_LEFT),
}
_FALLING_CUT = (_WITHOUT[_UPPER_RIGHT], _WITHOUT[_LOWER_LEFT])
_RISING_CUT = (_WITHOUT[_UPPER_LEFT], _WITHOUT[_LOWER_RIGHT])


def vertices_of_depth(depth: NDArray[np.floating], camera: Camera, place: float = PIXEL_CENTRE) -> Array:
    """Points float64 [H*W, 3] in the camera's own axes, row by row; the origin where there is no depth.

    Args:
        depth: [H, W] along the camera's z, square; 0 where there is nothing.
        camera: only its lens counts.
        place: where in a pixel its depth is meant.
    """
    rows, columns = np.indices(depth.shape, dtype=np.float64)
    z = depth.astype(np.float64)
    side = depth.shape[1]
    x, y = ((axis + place) / side - 0.5 for axis in (columns, rows))
    return np.stack([x / camera.focal * z, y / camera.focal * z, z], axis=-1).reshape(-1, 3)


def triangles_of_depth(
    depth: NDArray[np.floating], camera: Camera, most_cosine: float = MOST_COSINE, place: float = PIXEL_CENTRE
) -> NDArray[np.int32]:
    """Triangles int32 [T, 3] between the vertices of a depth picture.

    Args:
        depth: as for `vertices_of_depth`.
        camera: only its lens counts.
        most_cosine: triangles with a sharper angle are dropped; 1 keeps all.
        place: where in a pixel its depth is meant.
    """
    vertices = vertices_of_depth(depth, camera, place)
    index = np.arange(depth.size, dtype=np.int32).reshape(depth.shape)
    there = depth > 0

    def quads(values: NDArray[np.generic], corner: tuple[int, int]) -> NDArray[np.generic]:
        """That corner of every quad, [(H - 1) * (W - 1)]."""
        row, column = corner
        height, width = values.shape
        return values[row : height - 1 + row, column : width - 1 + column].ravel()

    corners = {corner: quads(index, corner) for corner in _WITHOUT}
    known = {corner: quads(there, corner).astype(bool) for corner in _WITHOUT}
    count = np.stack(list(known.values())).sum(axis=0)

    def chosen(triangle: tuple[tuple[int, int], ...], where: NDArray[np.bool_]) -> NDArray[np.int32]:
        return np.stack([corners[corner][where] for corner in triangle], axis=1).astype(np.int32)

    found = [chosen(triangle, (count == 3) & ~known[missing]) for missing, triangle in _WITHOUT.items()]
    whole = count == 4
    sharpest = [
        np.maximum(*(_sharpest_cosine(vertices[chosen(triangle, whole)]) for triangle in cut))
        for cut in (_FALLING_CUT, _RISING_CUT)
    ]
    falling = np.zeros_like(whole)
    falling[whole] = sharpest[0] <= sharpest[1]
    found += [chosen(triangle, whole & falling) for triangle in _FALLING_CUT]
    found += [chosen(triangle, whole & ~falling) for triangle in _RISING_CUT]
    triangles = np.concatenate(found)
    return triangles[_sharpest_cosine(vertices[triangles]) <= most_cosine]


def scattered_points(
    vertices: Array, triangles: NDArray[np.int32], count: int, seed: int = 0
) -> tuple[NDArray[np.int32], Array]:
    """Points spread evenly over the area of triangles.

    Args:
        vertices: [V, 3].
        triangles: [T, 3]; at least one.
        count: N.
        seed: of the scattering.

    Returns:
        For each point its triangle's vertices, int32 [N, 3], and how much each of them counts, [N, 3], which sum to
        one: any values at vertices are carried to points by them (see `at_points`).
    """
    noise = np.random.default_rng(seed)
    first, second, third = np.moveaxis(vertices[triangles], 1, 0)
    area = np.linalg.norm(np.cross(second - first, third - first), axis=1)
    chosen = noise.choice(len(triangles), count, p=area / area.sum())
    # the root makes the density even within a triangle
    along, across = np.sqrt(noise.random(count)), noise.random(count)
    shares = np.stack([1 - along, along * (1 - across), along * across], axis=1)
    return triangles[chosen], shares


def at_points(values: NDArray[np.floating], corners: NDArray[np.int32], shares: Array) -> Array:
    """Values [V, K] at vertices, carried to the points of `scattered_points`, [N, K]."""
    return np.asarray(np.einsum("nck,nc->nk", values[corners], shares))


def in_world(points: Array, camera: Camera) -> Array:
    """Points [N, 3] in a camera's axes as world points."""
    return points @ camera.world_from_camera[:3, :3].T + camera.position


def _sharpest_cosine(triangles: Array) -> Array:
    """Cosine of the sharpest angle [T] of triangles [T, 3, 3]."""
    edges = np.roll(triangles, -1, axis=1) - triangles
    lengths = np.linalg.norm(edges, axis=2, keepdims=True)
    edges = edges / np.maximum(lengths, 1e-12)
    cosines = -(edges * np.roll(edges, 1, axis=1)).sum(axis=2)
    return np.asarray(cosines.max(axis=1, initial=-1.0))
