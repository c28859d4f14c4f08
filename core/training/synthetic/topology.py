"""Polygon meshes without files: triangles, render vertices, Catmull-Clark subdivision, normals, connected pieces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats, Ints

_SHARED = 2  # faces at an edge that is no border


def triangulate(faces: Sequence[Sequence[int]], uv_faces: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Fans: position triangles [M,3] and uv triangles [M,3]."""
    triangles: list[tuple[int, int, int]] = []
    uv_triangles: list[tuple[int, int, int]] = []
    for face, uv_face in zip(faces, uv_faces, strict=True):
        for k in range(1, len(face) - 1):
            triangles.append((face[0], face[k], face[k + 1]))
            uv_triangles.append((uv_face[0], uv_face[k], uv_face[k + 1]))
    return np.array(triangles, np.int64).reshape(-1, 3), np.array(uv_triangles, np.int64).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class RenderMesh:
    """A mesh with one render vertex for each pair of position and uv, as a graphics card wants it.

    Attributes:
        index: int [R], the position of each render vertex.
        uv: float [R,2].
        triangles: int [M,3], of render vertices.
        position_triangles: int [M,3], the same triangles, of positions.
    """

    index: Ints
    uv: Floats
    triangles: Ints
    position_triangles: Ints


def render_mesh(position_triangles: Ints, uv_triangles: Ints, uvs: Floats) -> RenderMesh:
    """Joins position triangles [M,3] and uv triangles [M,3] over uvs [T,2]."""
    count = len(uvs) + 1
    pairs, inverse = np.unique(position_triangles.reshape(-1) * count + uv_triangles.reshape(-1), return_inverse=True)
    return RenderMesh(pairs // count, uvs[pairs % count], inverse.reshape(-1, 3), position_triangles)


def vertex_normals(vertices: Floats, triangles: Ints) -> Floats:
    """Area-weighted unit normals [N,3] of vertices [N,3]; zero where no triangle is."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face_normals)
    unit: Floats = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return unit


def pieces(count: int, triangles: Ints) -> Ints:
    """Connected piece of each of `count` vertices: int [count], numbered in the order of their first vertices."""
    smallest = np.arange(count)
    ends = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    while True:
        before = smallest.copy()
        np.minimum.at(smallest, ends[:, 0], before[ends[:, 1]])
        np.minimum.at(smallest, ends[:, 1], before[ends[:, 0]])
        smallest = smallest[smallest]
        if np.array_equal(smallest, before):
            return np.unique(smallest, return_inverse=True)[1]


@dataclass(frozen=True, eq=False)
class Subdivision:
    """One step of Catmull-Clark as a linear map: new vertex `rows[i]` gets `weights[i]` of old vertex `columns[i]`.

    Attributes:
        rows: int [K], sorted; every new vertex occurs.
        columns: int [K].
        weights: float [K]; they sum to one for each new vertex.
        quads: int [Q,4], the new faces; face i of n corners gives n quads in a row, first corner first.
    """

    rows: Ints
    columns: Ints
    weights: Floats
    quads: Ints

    def apply(self, vertices: Floats) -> Floats:
        """New vertices [P,C] from old ones [N,C]."""
        starts = np.flatnonzero(np.r_[True, self.rows[1:] != self.rows[:-1]])
        moved: Floats = np.add.reduceat(vertices[self.columns] * self.weights[:, None], starts)
        return moved


def catmull_clark(count: int, faces: Sequence[Sequence[int]]) -> Subdivision:
    """Subdivision of a mesh of `count` vertices. New vertices: the moved old ones, edge points, face points."""
    edges: dict[tuple[int, int], list[int]] = {}  # its faces; the order of the keys numbers the edge points
    for i, face in enumerate(faces):
        for edge in _edges_of(face):
            edges.setdefault(edge, []).append(i)
    edge_point = {edge: count + k for k, edge in enumerate(edges)}
    first_face_point = count + len(edges)
    terms: list[tuple[int, int, float]] = []
    for edge, sides in edges.items():
        if len(sides) == _SHARED:
            terms += [(edge_point[edge], v, 0.25) for v in edge]
            terms += [(edge_point[edge], v, 0.25 / len(faces[i])) for i in sides for v in faces[i]]
        else:
            terms += [(edge_point[edge], v, 0.5) for v in edge]
    for i, face in enumerate(faces):
        terms += [(first_face_point + i, v, 1 / len(face)) for v in face]
    terms += _moved_vertices(count, faces, edges)
    quads: list[tuple[int, int, int, int]] = []
    for i, face in enumerate(faces):
        after = [edge_point[edge] for edge in _edges_of(face)]
        quads += [(corner, after[k], first_face_point + i, after[k - 1]) for k, corner in enumerate(face)]
    rows, columns, weights = (np.array(column) for column in zip(*terms, strict=True))
    order = np.argsort(rows, kind="stable")
    return Subdivision(rows[order], columns[order], weights[order], np.array(quads, np.int64))


def _edges_of(face: Sequence[int]) -> list[tuple[int, int]]:
    """The edge after each corner, smaller vertex first."""
    return [(min(a, b), max(a, b)) for a, b in zip(face, [*face[1:], face[0]], strict=True)]


def _moved_vertices(
    count: int, faces: Sequence[Sequence[int]], edges: dict[tuple[int, int], list[int]]
) -> list[tuple[int, int, float]]:
    """Terms (new vertex, old vertex, weight) for the old vertices' new places; borders follow their cubic spline."""
    faces_at: list[list[int]] = [[] for _ in range(count)]
    edges_at: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for i, face in enumerate(faces):
        for v in face:
            faces_at[v].append(i)
    for edge in edges:
        for v in edge:
            edges_at[v].append(edge)
    terms: list[tuple[int, int, float]] = []
    for v in range(count):
        valence = len(faces_at[v])
        border = [edge for edge in edges_at[v] if len(edges[edge]) != _SHARED]
        if valence == 0:
            terms.append((v, v, 1.0))
        elif border:
            smooth = len(border) == _SHARED
            terms.append((v, v, 0.75 if smooth else 1.0))
            terms += [(v, a if b == v else b, 0.125) for a, b in border if smooth]
        else:
            terms.append((v, v, (valence - 3) / valence))
            terms += [(v, u, 1 / len(faces[i]) / valence**2) for i in faces_at[v] for u in faces[i]]
            terms += [(v, u, 1 / valence**2) for edge in edges_at[v] for u in edge]  # twice the edge's midpoint
    return terms


def subdivide_uv(uv_faces: Sequence[Sequence[int]], uvs: Floats) -> tuple[Floats, Ints]:
    """Linear uv subdivision that matches the quads of `catmull_clark`: uvs float32 [T,2] and quads [Q,4]."""
    corners: list[Floats] = []
    for face in uv_faces:
        own = uvs[np.asarray(face)]
        centre, after = own.mean(0), (own + np.roll(own, -1, 0)) / 2
        before = np.roll(after, 1, 0)
        corners.append(np.stack([own, after, np.broadcast_to(centre, own.shape), before], 1).reshape(-1, 2))
    joined = np.concatenate(corners)
    key = np.round(joined * 65536).astype(np.int64) @ np.array([1 << 20, 1])
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return joined[first].astype(np.float32), inverse.reshape(-1, 4)
