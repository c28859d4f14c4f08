"""Viewer and frame worker: the window asks for cameras, finished frames come back, background work steps aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.frame_worker import FrameResult, FrameWorker
from core.frame import Frame, Quality

if TYPE_CHECKING:
    from app.engines import Engines
    from app.jobs import Gate
    from core.camera import Camera
    from core.head import Head
    from core.protocols import Renderer
    from widgets.studio_window import StudioWindow

HOLD_SECONDS = 0.5
"""How long background work rests after the last drag: past the preview and into the first finer level."""

RENDERERS_KEPT = 4
"""Prepared renderers, so that undo and redo show the head at once."""


class Viewing(QObject):
    """Shows one head at a time; knows which frames are still wanted."""

    failed = Signal(object)  # VoltefaceError

    def __init__(self, window: StudioWindow, engines: Engines, gate: Gate) -> None:
        super().__init__(window)
        self.finest = Quality.EXACT
        self.threads = 0
        self.frame: Frame | None = None
        self._window = window
        self._engines = engines
        self._gate = gate
        self._head: Head | None = None
        self._revision = 0
        self._renderers: list[tuple[Head, Renderer]] = []
        self._worker = FrameWorker(lambda: engines.use_threads(self.threads), self)
        self._worker.frame_ready.connect(self._show)
        self._worker.failed.connect(self.failed)
        self._worker.refining.connect(window.set_refining)
        self._worker.start()
        window.camera_changed.connect(self._look)

    def remember(self, head: Head, renderer: Renderer) -> None:
        """Keep a renderer that was prepared elsewhere."""
        self._renderers = [(known, kept) for known, kept in self._renderers if known is not head]
        self._renderers = [(head, renderer), *self._renderers][:RENDERERS_KEPT]

    def show_head(self, head: Head | None) -> None:
        """Show `head` from where the camera is; none clears the view."""
        if head is self._head:
            return
        self._head = head
        self._revision += 1
        if head is None:
            self.frame = None
            self._worker.forget()
        else:
            self._request(self._window.camera(), interactive=False)

    def refresh(self) -> None:
        """Render the resting view again, after the wanted quality changed."""
        if self._head is not None:
            self._request(self._window.camera(), interactive=False)

    def close(self) -> None:
        """End the worker."""
        self._worker.stop()

    def _look(self, camera: Camera, interactive: bool) -> None:
        self._gate.hold(HOLD_SECONDS)
        self._request(camera, interactive=interactive)

    def _request(self, camera: Camera, *, interactive: bool) -> None:
        if self._head is None:
            return
        renderer = self._renderer(self._head)
        self._worker.request(renderer, self._revision, camera, interactive=interactive, finest=self.finest)

    def _renderer(self, head: Head) -> Renderer:
        for known, renderer in self._renderers:
            if known is head:
                return renderer
        renderer = self._engines.renderer_of(head)
        self.remember(head, renderer)
        return renderer

    def _show(self, result: FrameResult) -> None:
        if result.revision != self._revision or self._head is None:
            return
        self.frame = result.frame
        self._window.show_frame(result.frame)
