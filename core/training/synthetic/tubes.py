"""Tubes around curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class TriangleMesh:
    """vertices [N,3], triangles [M,3] and unit normals [N,3]."""

    vertices: Floats
    triangles: Ints
    normals: Floats


def tube(path: Floats, radii: tuple[float, float], sides: int, *, closed: bool = False) -> TriangleMesh:
    """A tube around path [N,3]; radii across and along the view axis z, in the path's units. Its ends stay open."""
    count = len(path)
    tangent = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    tangent = tangent / (np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9)
    across = np.cross(tangent, [0, 0, 1.0])
    degenerate = np.linalg.norm(across, axis=1) < 0.2
    across[degenerate] = np.cross(tangent[degenerate], [0, 1.0, 0])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    along = np.cross(tangent, across)
    angle = np.arange(sides) * 2 * np.pi / sides
    cos, sin = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    normals = cos * across[:, None] + sin * along[:, None]
    vertices = path[:, None] + cos * across[:, None] * radii[0] + sin * along[:, None] * radii[1]
    i, j = np.mgrid[: count if closed else count - 1, :sides]
    a, b = i * sides + j, i * sides + (j + 1) % sides
    c, d = ((i + 1) % count) * sides + j, ((i + 1) % count) * sides + (j + 1) % sides
    triangles = np.stack([np.stack([a, b, c], -1), np.stack([b, d, c], -1)], 2).reshape(-1, 3)
    return TriangleMesh(vertices.reshape(-1, 3), triangles, normals.reshape(-1, 3))


def joined(meshes: Sequence[TriangleMesh]) -> TriangleMesh:
    """One mesh from several."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])[:-1]
    return TriangleMesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.normals for mesh in meshes]),
    )
