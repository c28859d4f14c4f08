"""A renderer that is made when it first draws, in the thread that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.camera import Camera
    from core.frame import Frame, Quality
    from core.protocols import Renderer


class Deferred:
    """Implements `core.protocols.Renderer`. A large generator takes seconds to load; the window must not wait for it.

    Attributes:
        made: the renderer, once it has drawn.
    """

    def __init__(self, make: Callable[[], Renderer]) -> None:
        self._make = make
        self.made: Renderer | None = None

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = lambda: None,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        if self.made is None:
            self.made = self._make()
        return self.made.render(camera, quality, size_px=size_px, stale=stale)
