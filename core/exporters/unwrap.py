"""Texture coordinates for a mesh, and the process in which a density becomes a mesh that has them."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.exporters.crossings import Crossings
from core.exporters.surface import DensityGrid, simplified, surface_of_grid
from core.mesh import Mesh, smooth_normals

ATLAS_PX, ATLAS_GUTTER_PX = 512, 1
"""Charts are packed on a coarse raster: the gutter then is four texels of a 2048 texture, and packing takes 1 s."""
ON_CUT = 1e-4
"""Distance from the box's face up to which a vertex lies on it, world units."""


def unwrapped(mesh: Mesh) -> Mesh:
    """The mesh cut into charts that lie flat without overlapping in the unit square (xatlas).

    Vertices on cuts are doubled; their normals stay those of the closed mesh, so no cut is visible.
    """
    import xatlas

    atlas = xatlas.Atlas()
    atlas.add_mesh(mesh.vertices, mesh.faces.astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.resolution, packing.padding = ATLAS_PX, ATLAS_GUTTER_PX
    atlas.generate(xatlas.ChartOptions(), packing)
    origin, faces, uvs = atlas.get_mesh(0)
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
    return _arrays_of(unwrapped(with_hard_edges(Mesh.of_triangles(vertices, faces), (x, y, z))))


def unwrapped_apart(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], colours: NDArray[np.uint8]
) -> dict[str, NDArray[Any]]:
    """For `apart`: a coloured mesh, unwrapped."""
    return _arrays_of(unwrapped(replace(Mesh.of_triangles(vertices, faces), colours=colours)))


def _arrays_of(mesh: Mesh) -> dict[str, NDArray[Any]]:
    names = ("vertices", "faces", "normals", "uvs", "colours")
    return {name: getattr(mesh, name) for name in names if getattr(mesh, name) is not None}
