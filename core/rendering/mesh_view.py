"""Draws a coloured mesh, or a still picture, where a head's generator is not installed. No network runs."""

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


class MeshRenderer:
    """Implements `core.protocols.Renderer` for a closed mesh with a colour at each vertex.

    Colours are shown as they are: they were taken from pictures and carry their light.
    """

    def __init__(self, mesh: Mesh) -> None:
        if mesh.colours is None:
            raise ValueError("a mesh that is drawn needs vertex colours")
        self.mesh = mesh
        self._colours = mesh.colours.astype(np.float32)

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
        rgb[coverage.covered] = coverage.interpolated(self._colours, faces)
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


def _sized(picture: NDArray[Number], size_px: int, way: int) -> NDArray[Number]:
    if picture.shape[0] == size_px:
        return picture
    resized: NDArray[Number] = cv2.resize(picture, (size_px, size_px), interpolation=way)
    return resized


def _depth_of(coverage: Coverage) -> NDArray[np.float32]:
    """Depth float32 [S, S] along the camera's z; 0 where there is nothing."""
    depth: NDArray[np.float32] = np.where(coverage.covered, coverage.depth, 0).astype(np.float32)
    return depth
