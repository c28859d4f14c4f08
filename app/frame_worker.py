"""The thread that renders: latest camera wins, a preview first, then finer levels while nothing newer arrives.

A request is a frozen record of all that a frame depends on, so nothing is shared and nothing is locked but the
one-slot mailbox. A drag's first level is never cancelled, because dragging on would otherwise never show a frame;
finer levels poll `stale()` between chunks and give way. Frames carry the sequence number and the scene revision that
they answer.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal

from app.outcome import attempt
from core.errors import Cancelled
from core.frame import Frame, Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.camera import Camera
    from core.protocols import Renderer

IDLE_SECONDS = 0.12
"""How long the camera rests before a finer level starts."""

SMOOTH_MILLISECONDS = 45.0
"""A level faster than this is used while dragging; on a GPU that is the neural renderer itself."""

MILLISECONDS_TO_STOP = 20_000


@dataclass(frozen=True)
class FrameRequest:
    """All that a frame depends on; `full_px` is the side of one of the finest quality."""

    sequence: int
    revision: int
    renderer: Renderer
    camera: Camera
    interactive: bool
    coarsest: Quality
    finest: Quality
    full_px: int | None = None


@dataclass(frozen=True)
class FrameResult:
    """A frame with the request it answers; `is_last` when no finer one follows by itself."""

    sequence: int
    revision: int
    frame: Frame
    milliseconds: float
    is_last: bool


class Mailbox:
    """One slot: the newest request replaces the pending one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pending: FrameRequest | None = None
        self._newest = 0
        self._closed = False

    def is_closed(self) -> bool:
        """Whether the worker shall end."""
        return self._closed

    def put(self, request: FrameRequest) -> None:
        """Leave a request, replacing one that was not taken yet."""
        with self._changed:
            self._pending = request
            self._newest = request.sequence
            self._changed.notify()

    def take(self, timeout_seconds: float | None) -> FrameRequest | None:
        """The pending request; none after the time-out or when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending is not None or self._closed, timeout_seconds)
            request, self._pending = self._pending, None
            return request

    def is_stale(self, sequence: int) -> bool:
        """Whether something newer than `sequence` was asked for."""
        return self._closed or self._newest != sequence

    def clear(self, sequence: int) -> None:
        """Drop what is pending and make what runs stale."""
        with self._changed:
            self._pending = None
            self._newest = sequence

    def close(self) -> None:
        """Wake the worker for the last time."""
        with self._changed:
            self._closed = True
            self._pending = None
            self._changed.notify_all()


class FrameWorker(QThread):
    """Owns the device for rendering; see the module's text."""

    frame_ready = Signal(object)  # FrameResult
    failed = Signal(object)  # VoltefaceError
    refining = Signal(bool)

    def __init__(
        self,
        before_frame: Callable[[], None] = lambda: None,
        parent: QObject | None = None,
        *,
        looked_at: Callable[[Renderer, Frame], Frame] = lambda _renderer, frame: frame,
    ) -> None:
        """Make the worker.

        Args:
            before_frame: runs in its thread before every frame.
            parent: of the thread.
            looked_at: runs in its thread after every frame, and may tell what it shows.
        """
        super().__init__(parent)
        self._before_frame = before_frame
        self._looked_at = looked_at
        self.setObjectName("render")
        self._mailbox = Mailbox()
        self._sequence = 0
        self._milliseconds: dict[Quality, float] = {}
        self._refining = False

    def request(
        self,
        renderer: Renderer,
        revision: int,
        camera: Camera,
        *,
        interactive: bool,
        coarsest: Quality = Quality.PREVIEW,
        finest: Quality = Quality.EXACT,
        full_px: int | None = None,
    ) -> int:
        """Ask for frames of `camera` at rising qualities; returns the sequence number that they will carry.

        Args:
            renderer: draws them.
            revision: of the scene.
            camera: where from.
            interactive: a hand moves it.
            coarsest: quality of the first one.
            finest: quality of the last one.
            full_px: side of a frame of the finest quality; None is the renderer's own, as all others have.
        """
        self._sequence += 1
        self._mailbox.put(
            FrameRequest(self._sequence, revision, renderer, camera, interactive, coarsest, finest, full_px)
        )
        return self._sequence

    def forget(self) -> None:
        """Drop the pending request: there is nothing to show any more."""
        self._sequence += 1
        self._mailbox.clear(self._sequence)

    def stop(self) -> bool:
        """End the thread; whether it ended in time."""
        self._mailbox.close()
        return self.wait(MILLISECONDS_TO_STOP)

    def run(self) -> None:
        """Serve the mailbox until closed."""
        threading.current_thread().name = self.objectName()
        current: FrameRequest | None = None
        levels: list[Quality] = []
        while not self._mailbox.is_closed():
            pause = None if current is None else (IDLE_SECONDS if current.interactive else 0.0)
            newer = self._mailbox.take(pause)
            if self._mailbox.is_closed():
                break
            if newer is not None:
                current, levels = newer, self._levels(newer)
            if current is None:
                continue
            quality = levels.pop(0)
            is_first = newer is not None
            self._tell_refining(busy=not is_first or quality > Quality.PREVIEW)
            if not self._render(current, quality, is_first=is_first, is_last=not levels) or not levels:
                current = None
                self._tell_refining(busy=False)

    def _levels(self, request: FrameRequest) -> list[Quality]:
        """Qualities to render in turn: first one that keeps a drag smooth, then finer ones."""
        smooth = [
            quality
            for quality in Quality
            if quality <= request.finest and self._milliseconds.get(quality, float("inf")) < SMOOTH_MILLISECONDS
        ]
        first = max(min(request.coarsest, request.finest), *smooth, Quality.PREVIEW)
        return [quality for quality in Quality if first <= quality <= max(first, request.finest)]

    def _render(self, request: FrameRequest, quality: Quality, *, is_first: bool, is_last: bool) -> bool:
        def stale() -> None:
            if self._mailbox.is_stale(request.sequence):
                raise Cancelled

        def keep() -> None:
            if self._mailbox.is_closed():
                raise Cancelled

        size_px = request.full_px if quality is request.finest else None
        must_finish = quality == Quality.PREVIEW or (is_first and request.interactive)
        started = time.perf_counter()

        def draw() -> Frame:
            self._before_frame()
            frame = request.renderer.render(
                request.camera, quality, size_px=size_px, stale=keep if must_finish else stale
            )
            return self._looked_at(request.renderer, frame)

        outcome = attempt(draw)
        milliseconds = (time.perf_counter() - started) * 1e3
        if outcome.error is not None:
            self.failed.emit(outcome.error)
        if outcome.value is None:
            return False
        # The first frame of a level pays for its preparation; the running mean forgets it soon.
        previous = self._milliseconds.get(quality, milliseconds)
        self._milliseconds[quality] = 0.5 * previous + 0.5 * milliseconds
        self.frame_ready.emit(FrameResult(request.sequence, request.revision, outcome.value, milliseconds, is_last))
        return True

    def _tell_refining(self, *, busy: bool) -> None:
        if busy != self._refining:
            self._refining = busy
            self.refining.emit(busy)
