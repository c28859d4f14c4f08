"""Draws a mesh, in its colours or as clay, or a still picture. No network runs.

Coloured meshes stand in for heads whose generator is not installed; clay shows the shape that exports have.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame, Quality
from core.mesh import Mesh
from core.rendering.marching import never_stale
from core.rendering.raster import Coverage, seen_by

Number = TypeVar("Number", np.uint8, np.float32)

PICTURE_PX = 512
"""Side of a picture when none is asked for, as of most generators."""
PREVIEW_PX = 256
"""Side of what is drawn while dragging; scaled up, like the previews of heads."""
SUPERSAMPLING = 2
"""Of the exact quality: its outlines are as soft as a head's."""
CLAY_RGB = (206, 198, 190)
KEY_LIGHT, FILL_LIGHT = (-0.45, -0.55, -0.7), (0.8, 0.1, -0.6)
"""Towards the lamps, in the camera's axes (x right, y down, z away): they go along, so no side is ever dark."""
KEY_SHARE, FILL_SHARE, AMBIENT_SHARE = 0.62, 0.2, 0.22
"""Of the clay's own brightness; the rest is edges, which darken."""


class MeshRenderer:
    """Implements `core.protocols.Renderer` for a closed mesh with a colour at each vertex.

    Colours are shown as they are: they were taken from pictures and carry their light. A mesh without any is clay.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`; there are no labels."""
        stale()
        size = size_px or PICTURE_PX
        drawn_px = {Quality.PREVIEW: min(PREVIEW_PX, size), Quality.NEAR: size}.get(quality, size * SUPERSAMPLING)
        faces = self._facing(camera)
        coverage = seen_by(camera, self.mesh.vertices, faces, drawn_px)
        stale()
        rgb = np.full((drawn_px, drawn_px, 3), 255, np.float32)
        if self.mesh.colours is None:
            rgb[coverage.covered] = _clay(coverage.interpolated(self.mesh.normals, faces), camera)
        else:
            rgb[coverage.covered] = coverage.interpolated(self.mesh.colours.astype(np.float32), faces)
        way = cv2.INTER_AREA if drawn_px > size else cv2.INTER_LINEAR
        return Frame(
            rgb=_sized(rgb, size, way).round().clip(0, 255).astype(np.uint8),
            alpha=_sized(coverage.covered.astype(np.float32), size, way),
            depth=_depth_of(coverage),
            labels=None,
            camera=camera,
            quality=quality,
        )

    def _facing(self, camera: Camera) -> NDArray[np.int32]:
        """The triangles whose outside the camera sees: of a closed mesh the others are hidden anyway."""
        first, second, third = (self.mesh.vertices[self.mesh.faces[:, corner]] for corner in range(3))
        outward = np.cross(second - first, third - first)
        seen: NDArray[np.int32] = self.mesh.faces[np.einsum("fk,fk->f", outward, camera.position - first) > 0]
        return seen


class StillRenderer:
    """Implements `core.protocols.Renderer` for a head of which there is but a picture: it does not turn."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        """Make one of a square picture, uint8 [S, S, 3]."""
        side = picture.shape[0]
        self._frame = Frame(
            rgb=picture,
            alpha=np.ones((side, side), np.float32),
            depth=np.ones((side, side), np.float32),
            labels=None,
            camera=Camera.orbit(),
            quality=Quality.EXACT,
        )

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        stale()
        rgb = self._frame.rgb if size_px is None else _sized(self._frame.rgb, size_px, cv2.INTER_AREA)
        alpha = np.ones(rgb.shape[:2], np.float32)
        return replace(self._frame, rgb=rgb, alpha=alpha, camera=camera, quality=quality)


def _clay(normals: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Colours [N, 3], 0..255, of clay that faces along normals [N, 3], under two lamps that go with the camera."""
    facing = normals @ camera.world_from_camera[:3, :3].astype(np.float32)
    facing /= np.linalg.norm(facing, axis=1, keepdims=True).clip(min=1e-6)
    light = np.full(len(facing), AMBIENT_SHARE, np.float32)
    for lamp, share in ((KEY_LIGHT, KEY_SHARE), (FILL_LIGHT, FILL_SHARE)):
        towards = np.array(lamp, np.float32)
        light += share * (facing @ (towards / np.linalg.norm(towards))).clip(min=0)
    shaded: NDArray[np.float32] = light[:, None] * np.array(CLAY_RGB, np.float32)
    return shaded.clip(0, 255)


def _sized(picture: NDArray[Number], size_px: int, way: int) -> NDArray[Number]:
    if picture.shape[0] == size_px:
        return picture
    resized: NDArray[Number] = cv2.resize(picture, (size_px, size_px), interpolation=way)
    return resized


def _depth_of(coverage: Coverage) -> NDArray[np.float32]:
    """Depth float32 [S, S] along the camera's z; 0 where there is nothing."""
    depth: NDArray[np.float32] = np.where(coverage.covered, coverage.depth, 0).astype(np.float32)
    return depth
