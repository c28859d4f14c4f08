"""Prompts that a prior teaches in the window: begun, paused, kept as far as they are, gone on with after a restart.

They are learned in a queue of their own at low priority; how far one is lies on disk (`app.teaching`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, JobQueue
from widgets.style_values import TeachingView

if TYPE_CHECKING:
    from app.editing import Editing
    from app.session import Session
    from app.styling_road import Teaching
    from core.errors import VoltefaceError
    from core.progress import Progress, Report
    from core.style_pack import StylePack
    from widgets.studio_window import StudioWindow

TEACHING = "teaching"
BUNDLED = "bundled"
"""The prior that comes with Volteface (`core.stylizers.prior`); the score of it alone teaches nothing."""
PRESETS = ("draft", "good", "published")
LOW_PRIORITY = 10
"""Of the thread that teaches, as `nice` counts."""


class Lessons(QObject):
    """Answers the part of the style panel where a prompt is taught.

    Attributes:
        changed: there is another view of what is taught.
        kept: there is another pack.
        view: what is taught, or was.
        prior: who teaches; empty where nobody can.
    """

    changed = Signal()
    kept = Signal()

    def __init__(self, window: StudioWindow, session: Session, queue: JobQueue, editing: Editing) -> None:
        super().__init__(window)
        self._window, self._session, self._queue, self._editing = window, session, queue, editing
        self._panel = window.style_panel
        self.view: TeachingView | None = None
        self.prior = ""
        self._taught: Teaching | None = None
        self._learned: StylePack | None = None
        self._keeping = False
        self._panel.teaching_started.connect(self.teach)
        self._panel.teaching_paused.connect(lambda: self._queue.stop(TEACHING))
        self._panel.teaching_kept.connect(self.keep)
        self._panel.teaching_dropped.connect(self.drop)

    @property
    def presets(self) -> tuple[str, ...]:
        """What can be asked of who teaches, the quickest first."""
        return PRESETS[: 1 if self.prior == BUNDLED else None] if self.prior else ()

    def teach(self, prompt: str, preset: str) -> None:
        """Begin to teach a prompt, or go on where the same one was paused."""
        project = self._session.project
        if project is None or project.head is None or (self.view is not None and self.view.running):
            return
        from app.styling_road import Teaching

        head, self._taught, self._learned, self._keeping = (
            project.head,
            Teaching(prompt, preset, self.prior),
            None,
            False,
        )
        taught = self._taught
        self.view = TeachingView("Opening the prior", running=True)
        self.changed.emit()

        def work(report: Report) -> StylePack:
            from app import styling_road

            _step_back()
            return styling_road.taught_pack(head, taught, report)

        def progressed(progress: Progress) -> None:
            self._panel.add_values(progress.step, dict(progress.values))
            if progress.result is not None:
                self._learned = cast("StylePack", progress.result)
            before = self.view or TeachingView()
            self.view = TeachingView(
                f"Step {progress.step} of {progress.total}" if progress.values else progress.message,
                progress.fraction,
                running=True,
                preview=before.preview if progress.preview is None else progress.preview,
                can_keep=self._learned is not None,
            )
            self.changed.emit()

        def done(result: object) -> None:
            self._learned = cast("StylePack", result)
            self._keep_now()

        def failed(error: VoltefaceError) -> None:
            self.view = None
            self.changed.emit()
            self._fail(error)

        self._queue.submit(
            Job(
                key=TEACHING,
                title=f"Learning {prompt[:30]}",
                work=work,
                done=done,
                failed=failed,
                cancelled=self._paused,
                progressed=progressed,
                keeps_best=True,
                yields=True,
            )
        )

    def keep(self) -> None:
        """Stop, and make what was learned so far one's own."""
        if self.view is not None and self.view.running:
            self._keeping = True
            self._queue.stop(TEACHING)
        else:
            self._keep_now()

    def drop(self) -> None:
        """Forget what was learned, and where to go on."""
        if self._taught is not None and self._session.project is not None and self._session.project.head is not None:
            from app.teaching import state_file_of

            with contextlib.suppress(OSError):
                state_file_of(self._session.project.head.generator, self._taught).unlink(missing_ok=True)
        self.view = self._learned = self._taught = None
        self.changed.emit()

    def _paused(self) -> None:
        if self._keeping:
            self._keep_now()
            return
        before = self.view or TeachingView()
        message = "Paused. Start the same prompt again to go on from here."
        self.view = dataclasses.replace(before, message=message, running=False)
        self.changed.emit()

    def _keep_now(self) -> None:
        pack, self._learned, self._keeping, self.view = self._learned, None, False, None
        self.changed.emit()
        if pack is None:
            return

        def work(_report: Report) -> str:
            from app import pack_shelf

            return pack_shelf.keep_pack(pack).name

        def done(name: object) -> None:
            self._window.show_message(f"{pack.title} is one of your styles now.", 10)
            self.kept.emit()
            self._editing.restyle(dataclasses.replace(pack, name=cast("str", name)), (), 1.0, None)

        self._queue.submit(Job(title="Keeping a style", work=work, done=done, failed=self._fail, shown=False))

    def _fail(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)


def _step_back() -> None:
    """Let everything else go first, where the system gives threads a priority."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
