"""Glasses that a head wears, joined to its mesh: closed tubes and shells in their own colours.

Meshes know no see-through matter here: clear lenses stay out, dark ones are closed shells in the colour of their tint.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.exporters.normal_map import FLAT
from core.mask import PARTS
from core.mesh import Mesh, smooth_normals
from core.rendering.raster import rasterised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.eyewear import Eyewear, Rgb

THICKNESS = 0.0015
"""Of a lens, world units."""
SWATCH_PX = 4
"""Side of the patch of texture that holds a colour."""


def with_eyewear(mesh: Mesh, eyewear: Eyewear | None) -> Mesh:
    """A head's mesh, in world units, with what it wears.

    Args:
        mesh: bare, with vertex colours or with a texture.
        eyewear: joined where it is at least half there; None leaves the mesh as it is.
    """
    if eyewear is None or eyewear.strength < 1 / 2:
        return mesh
    pieces = _frame(eyewear)
    if eyewear.form.lens_opacity:
        pieces.append((*_shell(eyewear), eyewear.form.lens_rgb))
    swatches = None if mesh.uvs is None else _free_places(mesh, len(pieces))
    texture, bumps = (None if one is None else one.copy() for one in (mesh.texture, mesh.normal_map))
    for number, (points, faces, rgb) in enumerate(pieces):
        colour = np.round(np.array(rgb) * 255).astype(np.uint8)
        uvs = None
        if swatches is not None:
            column, row = swatches[number]
            side = 1 if texture is None else len(texture)
            for picture, value in ((texture, colour), (bumps, FLAT)):
                if picture is not None:
                    picture[row : row + SWATCH_PX, column : column + SWATCH_PX] = value
            middle = np.array([column + SWATCH_PX / 2, side - row - SWATCH_PX / 2], np.float32) / side
            uvs = np.tile(middle.astype(np.float32), (len(points), 1))
        added = Mesh(
            points,
            faces,
            smooth_normals(points, faces),
            uvs=uvs,
            colours=None if mesh.colours is None else np.tile(colour, (len(points), 1)),
            labels=None if mesh.labels is None else np.full(len(points), PARTS.index("glasses"), np.uint8),
            seen=None if mesh.seen is None else np.zeros(len(points), np.float32),
        )
        mesh = _joined(mesh, added)
    return replace(mesh, texture=texture, normal_map=bumps)


def _joined(one: Mesh, other: Mesh) -> Mesh:
    """Two meshes that are covered alike as one; without textures."""

    def both(name: str) -> NDArray[np.generic] | None:
        first, second = getattr(one, name), getattr(other, name)
        return None if first is None or second is None else np.concatenate([first, second])

    arrays = {name: both(name) for name in ("vertices", "normals", "uvs", "colours", "labels", "seen")}
    faces = np.concatenate([one.faces, other.faces + np.int32(len(one.vertices))])
    return Mesh(**arrays, faces=faces)  # type: ignore[arg-type]


def _frame(eyewear: Eyewear) -> list[tuple[NDArray[np.float32], NDArray[np.int32], Rgb]]:
    """Points, faces and colour of the frame; of its lower half by itself where that has another colour."""
    points, faces, form = eyewear.frame_points, eyewear.frame_faces, eyewear.form
    if form.lower_rgb is None:
        return [(points, faces, form.frame_rgb)]
    lower = eyewear.is_lower()[faces].all(axis=1)
    pieces = []
    for chosen, rgb in ((~lower, form.frame_rgb), (lower, form.lower_rgb)):
        used, numbers = np.unique(faces[chosen], return_inverse=True)
        pieces.append((points[used], numbers.reshape(-1, 3).astype(np.int32), rgb))
    return pieces


def _shell(eyewear: Eyewear) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Lenses with a front, a back and an edge."""
    points, faces = eyewear.lens_points, eyewear.lens_faces
    count = len(points)
    back = points - np.array([0, 0, THICKNESS], np.float32)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    there = set((edges[:, 0] * count + edges[:, 1]).tolist())
    rim = edges[[(b * count + a) not in there for a, b in edges.tolist()]].astype(np.int32)
    a, b = rim[:, 0], rim[:, 1]
    sides = [np.stack([b, a, a + count], axis=1), np.stack([b, a + count, b + count], axis=1)]
    return np.concatenate([points, back]), np.concatenate([faces, faces[:, ::-1] + count, *sides]).astype(np.int32)


def _free_places(mesh: Mesh, count: int) -> list[tuple[int, int]]:
    """Columns and rows of squares of texture that no triangle uses; the corner where there is hardly any."""
    import cv2

    side = 1 if mesh.texture is None else len(mesh.texture)
    assert mesh.uvs is not None
    corners = np.stack([mesh.uvs[:, 0], 1 - mesh.uvs[:, 1]], axis=1) * side
    free = np.pad((~rasterised(corners, mesh.faces, side).covered).astype(np.uint8), 1)
    found = []
    for _ in range(count):
        room = cv2.distanceTransform(free, cv2.DIST_C, 3)[1:-1, 1:-1]
        row, column = np.unravel_index(int(room.argmax()), room.shape)
        top, left = (int(np.clip(at - SWATCH_PX // 2, 0, max(side - SWATCH_PX, 0))) for at in (row, column))
        found.append((left, top))
        free[top : top + 2 * SWATCH_PX, left : left + 2 * SWATCH_PX] = 0
    return found
