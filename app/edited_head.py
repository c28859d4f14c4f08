"""The head of the open document with its edits: folded in the background, one piece of work at a time, and shown.

The newest state of the project is folded when the worker is free, so a dragged slider is never queued; what the panels
and the first edits will need is worked out while nothing else is wanted. Longer than usual: what runs, what waits and
what is shown depend on each other.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from app.folding import Folded, Folding, used_references
from app.getting_ready import GETTING_READY, GettingReady
from app.jobs import Job
from core.edit import at_work
from core.frame import Quality
from core.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.referencing import Referencing
    from app.session import Session
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.frame import Frame
    from core.head import Head
    from core.progress import Report
    from core.project import Project
    from core.protocols import Renderer
    from core.rendering.occupancy import FieldGrid
    from widgets.studio_window import StudioWindow

FOLDS_KEPT = 4
"""Folded heads, so that undo, redo and switching show them at once."""


@dataclass(frozen=True)
class Ready:
    """A folded head with a renderer that has drawn it once."""

    folded: Folded
    renderer: Renderer | None = None
    first: Frame | None = None


class EditedHead(QObject):
    """Folds and shows the head with its edits.

    Signals:
        changed: another head is to be shown.
        told: more is known of it than before.

    Attributes:
        is_bare: it is shown without its edits.
        ready: what is known of it, and what is worked out ahead.
    """

    changed = Signal()
    told = Signal()

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        queue: JobQueue,
        engines: Engines,
        viewing: Viewing,
        choosing: Choosing,
        referencing: Referencing,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._queue = queue
        self._engines = engines
        self._viewing = viewing
        self._choosing = choosing
        self._referencing = referencing
        self._folding = Folding(engines.folder_of, self._grid_of)
        self.ready = GettingReady(engines, viewing, choosing, self._folding, self.told.emit, self._fail)
        self.is_bare = False
        self._folds: list[Folded] = []
        self._wishes: deque[Callable[[], Job | None]] = deque()
        self._is_busy = self._is_moving = False
        self._stored_head: Head | None = None
        session.opened.connect(self._forget)
        viewing.shown.connect(self._frame_shown)
        referencing.look_wanted.connect(self.go)

    def shown_head(self) -> Head | None:
        """What the viewer shows: the head with its edits; while they are made what was there before or is stored."""
        project = self._session.project
        if project is None or project.head is None:
            return None
        if self.is_bare or not at_work(project.edits) or self._choosing.absence() is not None:
            return project.head
        folded = self.folded(project) or (self._folds[0] if self._folds else None)
        return folded.head if folded is not None else self._as_saved(project)

    def known_head(self, project: Project) -> Head | None:
        """The head of `project` with its edits; None while it is not folded."""
        if not at_work(project.edits):
            return project.head
        folded = self.folded(project)
        return None if folded is None else folded.head

    def _as_saved(self, project: Project) -> Head | None:
        """A head of its own that is drawn as the project's was when it was saved; None where that is not known."""
        stored = self._engines.stored_view_of(project)
        if self._stored_head is None and stored is not None and project.head is not None:
            self._stored_head = dataclasses.replace(project.head)
            self._viewing.draw_as_saved(self._stored_head, stored)
        return self._stored_head

    def head_of(self, project: Project) -> Callable[[], Head]:
        """Gives the head of `project` with its edits; may be called in any thread."""
        assert project.head is not None
        known, base = self.known_head(project), project.head
        if known is not None:
            return lambda: known
        half = self._choosing.economy_of(base.generator).half
        return lambda: Folding(self._engines.folder_of).folded(project, half=half).head

    def show_bare(self, bare: bool) -> None:
        """Show the head without its edits, or with them again."""
        if bare != self.is_bare:
            self.is_bare = bare
            self._window.editing.set_bare(bare)
            self.changed.emit()

    def folded(self, project: Project) -> Folded | None:
        """The head of `project` with its edits, where that is known."""
        return next((one for one in self._folds if one.is_of(project) and (self._is_moving or not one.is_sketch)), None)

    def wish(self, job: Callable[[], Job | None]) -> None:
        """Do this before everything that is not wished for; it is asked what it is when its turn comes."""
        self._wishes.append(job)
        self._queue.stop(GETTING_READY)
        self.go()

    def take(self, ready: Ready) -> None:
        """Show a head that a new edit was tried on."""
        self.keep(ready)
        if not self.is_bare:
            self._viewing.show_head(ready.folded.head, first=ready.first)

    def about_to_change(self, *, live: bool) -> None:
        """The stack changes now; `live` while a hand goes on moving."""
        if self.is_bare:
            self.show_bare(False)
        self._is_moving = live
        if live:
            self._viewing.stay_coarse()
        self._queue.stop(GETTING_READY)

    def go(self) -> None:
        """Begin the next piece of work, if none runs."""
        project = self._session.project
        if self._is_busy or project is None or project.head is None or self._choosing.absence() is not None:
            return
        while self._wishes:
            job = self._wishes.popleft()()
            if job is not None:
                self._run(job)
                return
        if self.folded(project) is None and at_work(project.edits):
            self._run(self._fold_job(project))
            return
        job = self._referencing.next_look() or self.ready.next_job(project)
        if job is not None:
            self._run(job)

    def _run(self, job: Job) -> None:
        """Run a job; what waited in the meantime comes after it."""

        def over(then: Callable[..., None]) -> Callable[..., None]:
            def call(*result: object) -> None:
                self._is_busy = False
                then(*result)
                self.go()

            return call

        self._is_busy = True
        done, failed, cancelled = over(job.done), over(job.failed), over(job.cancelled)
        self._queue.submit(dataclasses.replace(job, done=done, failed=failed, cancelled=cancelled))

    def _fold_job(self, project: Project) -> Job:
        moving, first = self._is_moving, not self._folds

        def done(result: object) -> None:
            self._show(cast("Ready", result), moving=moving)

        def given_up(error: VoltefaceError | None = None) -> None:
            """Show the head without edits; the next change tries again."""
            assert project.head is not None
            bare = Folded(project.head, project.edits, used_references(project), project.head)
            self._show(Ready(bare), moving=False)
            if error is not None:
                self._fail(error)

        return Job(
            title="Applying the edits",
            work=lambda report: self.made(project, sketch=moving, report=report),
            done=done,
            failed=given_up,
            cancelled=given_up,
            shown=first,
        )

    def _grid_of(self, head: Head) -> FieldGrid | None:
        """What is known of a head already; may be asked in any thread."""
        renderer = self._viewing.known_renderer(head) or self._referencing.renderer_of(head)
        return self._engines.grid_of(renderer)

    def made(self, project: Project, *, report: Report, sketch: bool = False) -> Ready:
        """Run in the job's thread; `report` raises `Cancelled` when it is stopped."""
        steps = itertools.count(1)

        def stale() -> None:
            report(Progress(next(steps), 0, "Working on the head"))

        assert project.head is not None
        self._engines.use_threads(self._viewing.threads)
        half = self._choosing.economy_of(project.head.generator).half
        folded = self._folding.folded(project, half=half, sketch=sketch, stale=stale)
        stale()
        if folded.head is project.head:
            return Ready(folded)
        below, stored = self._folding.seen(folded), self._engines.stored_view_of(project)
        renderer = self._viewing.made_renderer(
            folded.head, below=below, former=self._viewing.head, stored=stored, hasty=sketch
        )
        return Ready(folded, renderer, renderer.render(self._viewing.camera, Quality.PREVIEW))

    def keep(self, ready: Ready) -> None:
        """Remember a head that was folded, and what draws it."""
        self._folds = [ready.folded, *self._folds][:FOLDS_KEPT]
        if ready.renderer is not None:
            self._viewing.remember(ready.folded.head, ready.renderer)

    def _show(self, ready: Ready, *, moving: bool) -> None:
        """Show a folded head; an older state of a slider that moves on is better than none."""
        project = self._session.project
        if project is None or ready.folded.base is not project.head:
            return
        self.keep(ready)
        if not self.is_bare and at_work(project.edits):
            self._viewing.show_head(ready.folded.head, first=ready.first, moving=moving)
        self.told.emit()
        self.changed.emit()

    def _frame_shown(self, head: Head, frame: Frame) -> None:
        """A finished picture is there, so what it was made with tells the parts."""
        if frame.quality >= Quality.NEAR:
            self.ready.finished = head
            self.go()

    def _forget(self) -> None:
        """Another document is open: nothing of the former one is shown, and nothing that it asked for is made."""
        self._folds.clear()
        self._stored_head = None
        self._wishes.clear()
        self.ready.forget()
        if self.is_bare:
            self.show_bare(False)

    def _fail(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)
