"""The head as it was before its edits, drawn from where the camera is, to be compared with what it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.frame_worker import FrameResult, FrameWorker
from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.camera import Camera
    from core.head import Head
    from core.protocols import Renderer
    from widgets.studio_window import StudioWindow


class Before(QObject):
    """Draws a second head in a thread of its own, while one is wanted.

    Signals:
        failed: a VoltefaceError.
    """

    failed = Signal(object)

    def __init__(
        self, window: StudioWindow, renderer_of: Callable[[Head], Renderer], prepare: Callable[[], None]
    ) -> None:
        """Make one; `renderer_of` gives a renderer for another thread, `prepare` runs in that before each frame."""
        super().__init__(window)
        self._window = window
        self._renderer_of = renderer_of
        self._prepare = prepare
        self._worker: FrameWorker | None = None
        self._shown: tuple[Head, Renderer] | None = None

    def set_head(self, head: Head | None) -> None:
        """Draw this head; none draws nothing."""
        if head is None:
            self._shown = None
            if self._worker is not None:
                self._worker.forget()
        elif self._shown is None or self._shown[0] is not head:
            self._shown = head, self._renderer_of(head)

    def request(self, camera: Camera, finest: Quality, full_px: int | None, *, interactive: bool) -> None:
        """Draw it from `camera`, where one is wanted; as for `FrameWorker.request`."""
        if self._shown is None:
            return
        if self._worker is None:
            self._worker = FrameWorker(self._prepare, self)
            self._worker.frame_ready.connect(self._show)
            self._worker.failed.connect(self.failed)
            self._worker.start()
        finest = min(finest, Quality.NEAR)
        self._worker.request(self._shown[1], 0, camera, interactive=interactive, finest=finest, full_px=full_px)

    def close(self) -> bool:
        """End the thread; whether it ended in time."""
        return self._worker is None or self._worker.stop()

    def _show(self, result: FrameResult) -> None:
        if self._shown is not None:
            self._window.viewer.show_before(result.frame)
