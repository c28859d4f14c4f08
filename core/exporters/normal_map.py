"""A tangent-space normal map: what stands out of a mesh's surface, for light to fall on, without more triangles.

Bump mapping (Blinn 1978): where the surface is raised by a height h, its normal turns by h's slope. Red leads along the
texture's u, green along its v upwards and blue out of the surface, as glTF 2.0, OBJ and USD have it; tangents are those
that viewers work out from the texture coordinates themselves (MikkTSpace, but for its weights).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.exporters.texture import Texels, spread
from core.progress import Progress, Report, silent
from core.rendering.places import remapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.mesh import Mesh
    from core.rendering.raster import Coverage

    Array = NDArray[np.float64]
    Floats = NDArray[np.float32]
    HeightsOf = Callable[[Array, Floats], Array]

ZERO, SCALE = 128, 127
"""Of a unit vector's parts as bytes."""
FLAT = (128, 128, 255)
"""A normal map's colour where nothing stands out."""
STEP = 0.0008
"""Over which slopes are taken, world units: a little more than a texel of a head on 2048, which is .00062."""
TEXELS_PER_CHUNK = 200_000
STEEPEST = 1.2
"""Bound of a slope: the borders of what is told are no cliffs."""


def with_normal_map(mesh: Mesh, texels: Texels, heights_of: HeightsOf, report: Report = silent) -> Mesh:
    """The mesh with a normal map as large as its texture.

    Args:
        mesh: with texture coordinates.
        texels: of its texture.
        heights_of: places [K, N, 3] next to points on the surface, and its unit normals [N, 3] there, -> how far it
            stands out [K, N], in the mesh's units.
        report: told before each piece.
    """
    tangents = texels.coverage.interpolated(tangents_of(mesh), mesh.faces)
    colours = []
    for start in range(0, len(texels.points), TEXELS_PER_CHUNK):
        report(Progress(start, len(texels.points), "Carving hair and skin into a normal map"))
        piece = slice(start, start + TEXELS_PER_CHUNK)
        colours.append(_turned(texels.points[piece], texels.normals[piece], tangents[piece], heights_of))
    size = len(texels.coverage.face)
    picture = np.full((size, size, 3), FLAT, np.uint8)
    picture[texels.coverage.covered] = np.concatenate(colours) if colours else np.zeros((0, 3), np.uint8)
    return replace(mesh, normal_map=spread(picture, texels.coverage.covered))


def tangents_of(mesh: Mesh) -> Floats:
    """For each vertex [V, 4] the unit direction in which u grows, and 1, or -1 where the texture lies mirrored."""
    assert mesh.uvs is not None
    (a, b, c), (u, v, w) = (
        [values[mesh.faces[:, corner]].astype(np.float64) for corner in range(3)]
        for values in (mesh.vertices, mesh.uvs)
    )
    first, second, along, across = b - a, c - a, v - u, w - u
    area = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    side = np.where(area < 0, -1.0, 1.0)
    way = side[:, None] * (across[:, 1:] * first - along[:, 1:] * second)
    total = np.zeros((len(mesh.vertices), 4))
    for corner in range(3):
        np.add.at(total, mesh.faces[:, corner], np.column_stack([way, side]))
    normals = mesh.normals.astype(np.float64)
    flat = total[:, :3] - (total[:, :3] * normals).sum(1, keepdims=True) * normals
    unit = flat / np.linalg.norm(flat, axis=1, keepdims=True).clip(min=1e-12)
    return np.column_stack([unit, np.where(total[:, 3] < 0, -1.0, 1.0)]).astype(np.float32)


def normals_at(mesh: Mesh, coverage: Coverage) -> Floats:
    """Unit normals [P, 3] of covered pixels, turned by the mesh's normal map where it has one, as viewers do it.

    Args:
        mesh: with texture coordinates.
        coverage: of a picture or a texture.
    """
    normals = coverage.interpolated(mesh.normals, mesh.faces)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True).clip(min=1e-12)
    if mesh.normal_map is None or mesh.uvs is None:
        return normals
    uv = coverage.interpolated(mesh.uvs, mesh.faces)
    size = np.array(mesh.normal_map.shape[1::-1])
    told = remapped(mesh.normal_map.astype(np.float32), np.stack([uv[:, 0], 1 - uv[:, 1]], 1) * size - 0.5)
    right, up = _frame(normals, coverage.interpolated(tangents_of(mesh), mesh.faces))
    x, y, z = ((told - ZERO) / SCALE).T[:, :, None]
    turned = x * right + y * up + z * normals
    return np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True).clip(min=1e-12), np.float32)


def _frame(normals: Floats, tangents: Floats) -> tuple[Floats, Floats]:
    """Unit directions [N, 3] along u and along v, at right angles to normals [N, 3] and near tangents [N, 4]."""
    right = tangents[:, :3] - (tangents[:, :3] * normals).sum(1, keepdims=True) * normals
    right /= np.linalg.norm(right, axis=1, keepdims=True).clip(min=1e-6)
    return right, np.asarray(np.cross(normals, right) * np.where(tangents[:, 3:] < 0, -1, 1), np.float32)


def _turned(points: Floats, normals: Floats, tangents: Floats, heights_of: HeightsOf) -> NDArray[np.uint8]:
    """Colours uint8 [N, 3] of texels."""
    right, up = _frame(normals, tangents)
    here = points.astype(np.float64)
    height, beside, above = heights_of(np.stack([here, here + STEP * right, here + STEP * up]), normals)
    turned = np.stack([height - beside, height - above, np.full_like(height, STEP)], axis=1) / STEP
    turned[:, :2] = np.clip(turned[:, :2], -STEEPEST, STEEPEST)
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    return (turned * SCALE + ZERO).round().clip(0, 255).astype(np.uint8)
