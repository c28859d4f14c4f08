"""Texture coordinates for a mesh, and the process in which a density becomes a mesh that has them."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.exporters.crossings import Crossings
from core.exporters.face_chart import flat_front
from core.exporters.surface import DensityGrid, simplified, surface_of_grid
from core.mesh import Mesh, smooth_normals

ATLAS_PX, ATLAS_GUTTER_PX = 512, 1
"""Charts are packed on a coarse raster: the gutter then is four texels of a 2048 texture, and packing takes 1 s."""
FINER_FACE, COARSER_CUT = 1.5, 0.35
"""Texels per length of the face and of the flat cuts, which nobody looks at, to those of all else."""
ON_CUT = 1e-4
"""Distance from the box's face up to which a vertex lies on it, world units."""


def unwrapped(mesh: Mesh, on_cut: NDArray[np.bool_] | None = None) -> Mesh:
    """The mesh cut into charts that lie flat without overlapping in the unit square (xatlas).

    A head's face is one chart, upright, where it can lie flat. Vertices on cuts are doubled; their normals stay those
    of the closed mesh, so no cut is visible.

    Args:
        mesh: closed, in world units.
        on_cut: [F] triangles that nobody looks at; none where it is None.
    """
    front = flat_front(mesh.vertices, mesh.faces)
    rest = np.ones(len(mesh.faces), bool) if front is None else ~front.chosen
    origin, faces, flat, charts = _charts(mesh.vertices, mesh.faces[rest])
    if on_cut is not None:
        flat[_mostly(on_cut[rest], flat, faces, charts)] *= COARSER_CUT
    if front is not None:
        own = np.full(len(mesh.vertices), -1)
        own[front.vertices] = len(origin) + np.arange(len(front.vertices))
        face = np.stack([front.flat.real, -front.flat.imag], axis=1) * FINER_FACE
        beside = [flat[:, 0].max(initial=0) - face[:, 0].min() + 1, 0]  # no place is one of two charts
        origin, flat = np.concatenate([origin, front.vertices]), np.concatenate([flat, face + beside])
        faces = np.concatenate([faces, own[mesh.faces[front.chosen]]])
    uvs = _packed(flat.astype(np.float32), faces)
    if front is not None and _is_turned(flat[-len(front.vertices) :], uvs[-len(front.vertices) :]):
        uvs = uvs[:, ::-1]
    from_below = np.stack([uvs[:, 0], 1 - uvs[:, 1]], axis=1).astype(np.float32)
    return replace(
        mesh,
        vertices=mesh.vertices[origin],
        faces=faces.astype(np.int32),
        normals=mesh.normals[origin],
        uvs=np.clip(from_below, 0, 1),
        colours=None if mesh.colours is None else mesh.colours[origin],
        labels=None if mesh.labels is None else mesh.labels[origin],
    )


def _charts(
    vertices: NDArray[np.float32], faces: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Charts of triangles: vertices [V] that theirs were, triangles [F, 3] of them, where they lie, in which chart [V].

    Places are in world units: a chart has about the size of its surface.
    """
    import xatlas

    atlas = xatlas.Atlas()
    atlas.add_mesh(vertices, faces.astype(np.uint32))
    atlas.generate(xatlas.ChartOptions(), _packing())
    origin, cut, uvs = atlas.get_mesh(0)
    flat = uvs * [atlas.width, atlas.height] / atlas.texels_per_unit
    _, charts = atlas.get_mesh_vertex_assignment(0)
    # triangles without area are in none
    return origin.astype(np.int64), cut.astype(np.int64), flat, np.minimum(charts, atlas.chart_count).astype(np.int64)


def _mostly(
    chosen: NDArray[np.bool_], flat: NDArray[np.float64], faces: NDArray[np.int64], charts: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """[V] whether most of the area of a vertex's chart is of chosen triangles."""
    one, other = (flat[faces[:, corner]] - flat[faces[:, 0]] for corner in (1, 2))
    areas = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    part, whole = (np.bincount(charts[faces[:, 0]], each, charts.max() + 1) for each in (areas * chosen, areas))
    return np.asarray(part > whole / 2)[charts]


def _packed(flat: NDArray[np.float32], faces: NDArray[np.int64]) -> NDArray[np.float32]:
    """[V, 2] in the unit square: charts that lie at `flat`, each as large to the others as it is there."""
    import xatlas

    atlas = xatlas.Atlas()
    atlas.add_uv_mesh(flat, faces.astype(np.uint32))
    packing = _packing()
    packing.rotate_charts_to_axis = False
    atlas.generate(xatlas.ChartOptions(), packing)
    origin, _, uvs = atlas.get_mesh(0)
    placed = np.zeros((len(flat), 2), np.float32)
    placed[origin] = uvs
    return placed


def _packing() -> Any:  # noqa: ANN401 - xatlas has no types
    import xatlas

    packing = xatlas.PackOptions()
    packing.resolution, packing.padding = ATLAS_PX, ATLAS_GUTTER_PX
    return packing


def _is_turned(before: NDArray[np.float64], after: NDArray[np.float32]) -> bool:
    """Whether packing has swapped the axes of a chart, places [V, 2]."""
    spread = np.abs((before - before.mean(axis=0)).T @ (after - after.mean(axis=0)))
    return bool(np.trace(spread) < np.trace(spread[:, ::-1]))


def with_hard_edges(mesh: Mesh, half_sides: tuple[float, float, float]) -> Mesh:
    """The mesh with the flat cuts, where it leaves its box, set off by normals of their own.

    The cuts get vertices of their own; they lie where the others lie, so the mesh stays closed.
    """
    sides = np.asarray(half_sides, dtype=np.float32)
    on_cut = np.abs(mesh.vertices) > sides - ON_CUT
    # simplification leaves them a little off the plane
    vertices = np.where(on_cut, np.sign(mesh.vertices) * sides, mesh.vertices)
    faces, normals = mesh.faces, mesh.normals.copy()
    cuts = [
        (np.flatnonzero(((on_cut & (sign * vertices > 0))[faces, axis]).all(axis=1)), axis, sign)
        for axis in range(3)
        for sign in (-1, 1)
    ]
    cut_faces = np.concatenate([chosen for chosen, _, _ in cuts])
    rest = np.delete(faces, cut_faces, axis=0)
    touched = np.unique(faces[cut_faces])
    normals[touched] = smooth_normals(vertices, rest)[touched]
    for chosen, axis, sign in cuts:
        own, corners = np.unique(faces[chosen], return_inverse=True)
        outward = np.zeros((len(own), 3), np.float32)
        outward[:, axis] = sign
        rest = np.concatenate([rest, (len(vertices) + corners.reshape(-1, 3)).astype(np.int32)])
        vertices, normals = np.concatenate([vertices, vertices[own]]), np.concatenate([normals, outward])
    used, renamed = np.unique(rest, return_inverse=True)
    return Mesh(vertices[used], renamed.reshape(-1, 3).astype(np.int32), normals[used])


def mesh_apart(
    raw: NDArray[np.float32],
    half_sides: NDArray[Any],
    level: NDArray[Any],
    edges: NDArray[np.int64],
    shares: NDArray[np.float32],
    triangles: NDArray[Any],
) -> dict[str, NDArray[Any]]:
    """For `apart`: the closed surface of a density with at most about so many triangles."""
    x, y, z = half_sides.tolist()
    grid = DensityGrid(raw, (x, y, z), level.item(), Crossings(edges, shares))
    return _arrays_of(simplified(surface_of_grid(grid), triangles.item()))


def cut_apart(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], half_sides: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """For `apart`: a closed surface that ends at a box's faces, unwrapped."""
    x, y, z = half_sides.tolist()
    mesh = with_hard_edges(Mesh.of_triangles(vertices, faces), (x, y, z))
    corners = np.abs(mesh.vertices[mesh.faces]) == np.asarray((x, y, z), np.float32)
    return _arrays_of(unwrapped(mesh, corners.all(axis=1).any(axis=1)))


def unwrapped_apart(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], colours: NDArray[np.uint8]
) -> dict[str, NDArray[Any]]:
    """For `apart`: a coloured mesh, unwrapped."""
    return _arrays_of(unwrapped(replace(Mesh.of_triangles(vertices, faces), colours=colours)))


def _arrays_of(mesh: Mesh) -> dict[str, NDArray[Any]]:
    names = ("vertices", "faces", "normals", "uvs", "colours")
    return {name: getattr(mesh, name) for name in names if getattr(mesh, name) is not None}
