"""What draws the heads that were shown last, and how they looked: undo, redo and A/B show a head at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.deferred import Deferred

if TYPE_CHECKING:
    from core.camera import Camera
    from core.frame import Frame
    from core.head import Head
    from core.protocols import Renderer

KEPT = 3
"""Each takes some 150 megabytes: what is shown, what it is compared with, and what one undo leads to."""


class KeptViews:
    """Renderers and finished frames of a few heads, the newest first."""

    def __init__(self) -> None:
        self._renderers: list[tuple[Head, Renderer]] = []
        self._finished: list[tuple[Head, Frame]] = []

    def keep_renderer(self, head: Head, renderer: Renderer) -> None:
        """Draw `head` by this from now on."""
        others = [(known, kept) for known, kept in self._renderers if known is not head]
        self._renderers = [(head, renderer), *others][:KEPT]

    def keep_frame(self, head: Head, frame: Frame) -> None:
        """Remember a finished picture of `head` instead of the one before."""
        others = [(known, kept) for known, kept in self._finished if known is not head]
        self._finished = [(head, frame), *others][:KEPT]

    def forget(self, head: Head | None) -> None:
        """Know nothing of `head` any more."""
        self._finished = [(known, kept) for known, kept in self._finished if known is not head]
        self._renderers = [(known, kept) for known, kept in self._renderers if known is not head]

    def renderer(self, head: Head) -> Renderer | None:
        """What draws `head`, if anything was kept; it may not have drawn yet."""
        return next((renderer for known, renderer in self._renderers if known is head), None)

    def made_renderer(self, head: Head) -> Renderer | None:
        """What has drawn `head` already; none where nothing has. May be asked in any thread."""
        found = self.renderer(head)
        return found.made if isinstance(found, Deferred) else found

    def frame(self, head: Head, camera: Camera) -> Frame | None:
        """How `head` looks from `camera`, where that was drawn last."""
        return next((frame for known, frame in self._finished if known is head and frame.camera == camera), None)

    def is_finished(self, head: Head | None, frame: Frame) -> bool:
        """Whether a frame is the finished one of `head`."""
        return any(known is head and kept is frame for known, kept in self._finished)
