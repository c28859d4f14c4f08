"""Texture coordinates for a mesh, and the process in which a density becomes a mesh that has them."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.exporters.surface import DensityGrid, simplified, surface_of_grid
from core.mesh import Mesh

ATLAS_PX, ATLAS_GUTTER_PX = 512, 1
"""Charts are packed on a coarse raster: the gutter then is four texels of a 2048 texture, and packing takes 1 s."""


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


def mesh_apart(
    raw: NDArray[np.float32],
    half_sides: NDArray[Any],
    level: NDArray[Any],
    triangles: NDArray[Any],
    flat: NDArray[Any],
) -> dict[str, NDArray[Any]]:
    """For `apart`: the closed surface of a density with at most about so many triangles; unwrapped where `flat`."""
    x, y, z = half_sides.tolist()
    mesh = simplified(surface_of_grid(DensityGrid(raw, (x, y, z), level.item())), triangles.item())
    mesh = unwrapped(mesh) if flat.item() else mesh
    arrays = {"vertices": mesh.vertices, "faces": mesh.faces, "normals": mesh.normals, "uvs": mesh.uvs}
    return {name: array for name, array in arrays.items() if array is not None}
