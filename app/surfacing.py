"""The shape of a head as clay: roughly at once, from the grid that its pictures are drawn by, then as it is exported.

The exported surface takes many seconds, so it is built in the background once the camera rests, and takes the rough
one's place when it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from app.deferred import Deferred
from app.frame_worker import FrameResult, FrameWorker
from app.jobs import Job
from core.frame import Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import JobQueue
    from core.camera import Camera
    from core.errors import VoltefaceError
    from core.head import Head
    from core.protocols import Renderer

KEY = "surface"


class Surfacing(QObject):
    """Draws one head's shape at a time, in a thread of its own: how long meshes take says nothing about pictures.

    Signals:
        drawn: a FrameResult.
        built: the exported surface is there, so the view can be drawn anew.
        failed: a VoltefaceError; there is nothing to show.
        refining: whether a finer frame is under way.
    """

    drawn = Signal(object)
    built = Signal()
    failed = Signal(object)
    refining = Signal(bool)

    def __init__(
        self,
        queue: JobQueue,
        engines: Engines,
        choosing: Choosing,
        known_renderer: Callable[[Head], Renderer | None],
        prepare: Callable[[], None],
    ) -> None:
        """Make one.

        Args:
            queue: builds surfaces.
            engines: the studio's.
            choosing: knows how generators are used.
            known_renderer: what has drawn a head already, if anything has.
            prepare: runs in the drawing thread before every frame.
        """
        super().__init__()
        self._queue = queue
        self._engines = engines
        self._choosing = choosing
        self._known_renderer = known_renderer
        self._prepare = prepare
        self._worker: FrameWorker | None = None
        self._head: Head | None = None
        self._renderer: Renderer | None = None
        self._is_rough = True
        self._is_building = False

    def request(
        self, head: Head, revision: int, camera: Camera, *, interactive: bool, coarsest: Quality, finest: Quality
    ) -> None:
        """Ask for frames of a head's shape; see `FrameWorker.request`. A rough one is never called the best."""
        if head is not self._head:
            self.rest()
            known, half = self._known_renderer(head), self._choosing.economy_of(head.generator).half
            self._head, self._is_rough = head, True
            self._renderer = Deferred(lambda: self._engines.surface_sketch_of(head, known, half=half))
        assert self._renderer is not None
        most = min(finest, Quality.NEAR) if self._is_rough else finest
        self._started().request(
            self._renderer, revision, camera, interactive=interactive, coarsest=min(coarsest, most), finest=most
        )

    def forget(self) -> None:
        """Drop what was asked for."""
        if self._worker is not None:
            self._worker.forget()

    def rest(self) -> None:
        """Build no further: nobody looks at the shape of this head."""
        if self._is_building:
            self._queue.stop(KEY)
            self._is_building = False

    def close(self) -> bool:
        """End the thread; whether it ended in time."""
        return self._worker is None or self._worker.stop()

    def _started(self) -> FrameWorker:
        if self._worker is None:
            self._worker = FrameWorker(self._prepare, self)
            self._worker.frame_ready.connect(self._show)
            self._worker.failed.connect(self.failed)
            self._worker.refining.connect(self.refining)
            self._worker.start()
        return self._worker

    def _show(self, result: FrameResult) -> None:
        self.drawn.emit(result)
        if result.is_last and self._is_rough and not self._is_building and self._head is not None:
            self._build(self._head)

    def _build(self, head: Head) -> None:
        known, half = self._known_renderer(head), self._choosing.economy_of(head.generator).half
        self._is_building = True

        def over(then: Callable[..., None]) -> Callable[..., None]:
            def call(*result: object) -> None:
                if head is self._head and self._is_building:
                    self._is_building = False
                    then(*result)

            return call

        def done(renderer: object) -> None:
            self._renderer, self._is_rough = cast("Renderer", renderer), False
            self.built.emit()

        def failed(error: VoltefaceError) -> None:
            self.failed.emit(error)

        self._queue.submit(
            Job(
                key=KEY,
                title="Building the surface",
                work=lambda report: self._engines.surface_renderer_of(head, known, half=half, report=report),
                done=over(done),
                failed=over(failed),
                cancelled=over(lambda: None),
                yields=True,
            )
        )
