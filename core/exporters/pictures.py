"""Pictures of a head, each drawn but once: faces are found, beards seen and textures taken in the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.rendering.marching import never_stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.camera import Camera
    from core.frame import Frame, Quality
    from core.protocols import Renderer


class Pictures:
    """Implements `core.protocols.Renderer` by another one; keeps every frame, so it is for a few dozen."""

    def __init__(self, renderer: Renderer) -> None:
        """Of a head that `renderer` draws."""
        self._renderer = renderer
        self._drawn: dict[tuple[Camera, Quality, int | None], Frame] = {}

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        asked = camera, quality, size_px
        if asked not in self._drawn:
            self._drawn[asked] = self._renderer.render(camera, quality, size_px=size_px, stale=stale)
        return self._drawn[asked]
