"""A mesh with more triangles where something finer is to be modelled: long edges are halved, and it stays closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.mesh import Mesh

    Numbers = NDArray[np.int64]
    LongestAt = Callable[[NDArray[np.float64]], NDArray[np.float64]]

HALVINGS = 4
"""How often an edge is halved at most."""
LONGER = 1.15
"""By which factor edges may be longer in each further try to stay within a number of triangles."""
TRIES = 24


def refined(mesh: Mesh, longest_at: LongestAt, most_triangles: int | None = None) -> Mesh:
    """A mesh whose edges are about as short as they are told to be.

    New vertices lie where the surface bulges between the old ones (as in PN triangles: Vlachos et al. 2001), so that a
    ball stays round. No vertex lies in the middle of a neighbour's edge.

    Args:
        mesh: with nothing but vertices, faces and normals.
        longest_at: world points [N, 3] -> longest edge there [N], world units; infinite leaves it.
        most_triangles: where that would give more, edges may be longer everywhere; a mesh that has as many stays.
            None sets no bound.
    """
    if most_triangles is not None and len(mesh.faces) >= most_triangles:
        return mesh
    longer = 1.0
    for _ in range(TRIES):
        finer = mesh
        for _ in range(HALVINGS):
            before, finer = len(finer.faces), _halved(finer, longest_at, longer)
            if len(finer.faces) == before or (most_triangles is not None and len(finer.faces) > most_triangles):
                break
        if most_triangles is None or len(finer.faces) <= most_triangles:
            return finer
        longer *= LONGER
    return mesh


def _halved(mesh: Mesh, longest_at: LongestAt, longer: float) -> Mesh:
    """The mesh with every edge halved that is too long."""
    vertices, faces, normals = mesh.vertices, mesh.faces.astype(np.int64), mesh.normals
    sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    low, high = sides.min(axis=1), sides.max(axis=1)
    edges, number = np.unique(low * len(vertices) + high, return_inverse=True)
    one, other = edges // len(vertices), edges % len(vertices)
    length = np.linalg.norm(vertices[one] - vertices[other], axis=1)
    middles = (vertices[one].astype(np.float64) + vertices[other]) / 2
    long = length > longer * longest_at(middles)
    if not long.any():
        return mesh
    one, other = one[long], other[long]
    between = normals[one] + normals[other]
    between /= np.linalg.norm(between, axis=1, keepdims=True).clip(min=1e-9)
    along = vertices[other] - vertices[one]
    bulge = (along * (normals[one] - normals[other])).sum(axis=1, keepdims=True) / -8
    middle_of = np.full(len(edges), -1, np.int64)
    middle_of[long] = len(vertices) + np.arange(len(one))
    return replace(
        mesh,
        vertices=np.concatenate([vertices, (middles[long] + bulge * between).astype(np.float32)]),
        normals=np.concatenate([normals, between.astype(np.float32)]),
        faces=_split(faces, middle_of[number].reshape(-1, 3)).astype(np.int32),
    )


def _split(faces: Numbers, middles: Numbers) -> Numbers:
    """Triangles [G, 3] of triangles [F, 3] whose sides have vertices in their middles [F, 3], or -1 where they do not.

    Side k runs from corner k to the next one.
    """
    count = (middles >= 0).sum(axis=1)
    pieces = [faces[count == 0]]
    for side in range(3):
        chosen = (count == 1) & (middles[:, side] >= 0)
        a, b, c = _turned(faces[chosen], side)
        (ab, *_) = _turned(middles[chosen], side)
        pieces += [_rows(a, ab, c), _rows(ab, b, c)]
        chosen = (count == 2) & (middles[:, side] < 0)
        a, b, c = _turned(faces[chosen], side)
        _, bc, ca = _turned(middles[chosen], side)
        pieces += [_rows(a, b, bc), _rows(a, bc, ca), _rows(ca, bc, c)]
    a, b, c = faces[count == 3].T
    ab, bc, ca = middles[count == 3].T
    pieces += [_rows(a, ab, ca), _rows(ab, b, bc), _rows(ca, bc, c), _rows(ab, bc, ca)]
    return np.concatenate(pieces)


def _turned(corners: Numbers, first: int) -> tuple[Numbers, Numbers, Numbers]:
    """Columns of [N, 3], one after the other around, from one on."""
    a, b, c = (corners[:, (first + step) % 3] for step in range(3))
    return a, b, c


def _rows(a: Numbers, b: Numbers, c: Numbers) -> Numbers:
    return np.stack([a, b, c], axis=1)
