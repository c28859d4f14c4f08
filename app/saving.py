"""Everything that writes: save, autosave, recovery, recent files."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer

from app import views
from app.jobs import Job
from app.outcome import attempt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.edited_head import EditedHead
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.recovery import LostWork, Recovery
    from app.session import Session
    from app.settings import SettingsFile
    from app.viewing import Viewing
    from core.errors import VoltefaceError
    from core.head import Head
    from core.progress import Report
    from core.project import Project
    from core.stand_in import StandIn
    from widgets.studio_window import StudioWindow
    from widgets.values import RecentItem

log = logging.getLogger(__name__)

MILLISECONDS_PER_MINUTE = 60_000


class Saving(QObject):
    """Answers the window's wishes to write, and writes the autosave by itself."""

    def __init__(
        self,
        window: StudioWindow,
        session: Session,
        files: JobQueue,
        engines: Engines,
        viewing: Viewing,
        settings: SettingsFile,
        recovery: Recovery,
        edited: EditedHead,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._files = files
        self._engines = engines
        self._viewing = viewing
        self._settings = settings
        self._recovery = recovery
        self._edited = edited
        self._autosaved: Project | None = None
        self._saves_running = 0
        self._after_save: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.autosave)
        window.save_requested.connect(self.save)
        window.save_and_close_requested.connect(self.save_and_close)
        window.recent_cleared.connect(self.clear_recent)

    def set_autosave_minutes(self, minutes: int) -> None:
        """How often the autosave is written; 0 never."""
        if minutes > 0:
            self._timer.start(minutes * MILLISECONDS_PER_MINUTE)
        else:
            self._timer.stop()

    def save(self, path: Path) -> None:
        """Write the project, with the present view as its camera and preview."""
        project = self._snapshot()
        if project is None:
            return
        before, document = self._session.project, self._session.document

        def done(stand_in: object) -> None:
            self._saves_running -= 1
            if before is not None and self._session.document == document:
                self._session.keep_stand_in(before, cast("StandIn | None", stand_in))
                self._session.saved(before, path)
            self._recovery.clear()
            self.note_recent(path)
            self._window.show_message(f"Saved {path.name}")
            go_on, self._after_save = self._after_save, None
            if go_on is not None:
                go_on()

        def failed(error: VoltefaceError) -> None:
            self._saves_running -= 1
            self._after_save = None
            self._show(error)

        edited = self._edited.head_of(project) if project.head is not None else None

        def work(_report: Report) -> StandIn | None:
            whole = self._with_stand_in(project, edited)
            whole.save(path)
            return whole.stand_in

        self._saves_running += 1
        self._files.submit(Job(title=f"Saving {path.name}", work=work, done=done, failed=failed))

    def after_save(self, go_on: Callable[[], None]) -> None:
        """Run `go_on` when the save under way has succeeded; a failure drops it."""
        if self._saves_running:
            self._after_save = go_on
        elif not self._session.is_modified:
            go_on()

    def save_and_close(self, path: Path) -> None:
        """Save, then close the window; a failed save leaves it open."""
        self.save(path)
        self.after_save(self._window.close_now)

    def autosave(self) -> None:
        """Write what is unsaved where a crash leaves it, unless it is there already."""
        project = self._session.project
        if project is None or not self._session.is_modified or project is self._autosaved:
            return
        snapshot, name, path = self._snapshot(), self._session.name, self._session.path
        assert snapshot is not None
        self._autosaved = project
        self._files.submit(
            Job(
                title="Autosaving",
                work=lambda _report: self._recovery.save(snapshot, name, path),
                failed=lambda error: log.warning("%s", error),
                shown=False,
            )
        )

    def forget_autosave(self) -> None:
        """Another document is open, on purpose."""
        self._autosaved = None
        self._files.submit(Job(title="Tidying up", work=lambda _report: self._recovery.clear(), shown=False))

    def leave_autosave(self) -> None:
        """Write what is unsaved here and now, for the next start to find; nothing is left when all is saved."""
        snapshot = self._snapshot()
        if snapshot is None or not self._session.is_modified:
            self._recovery.close()
            return
        outcome = attempt(lambda: self._recovery.save(snapshot, self._session.name, self._session.path))
        if outcome.error is not None:
            log.warning("%s", outcome.error)
        self._recovery.let_go()

    def lost_work(self) -> tuple[LostWork, ...]:
        """What other windows left behind."""
        return self._recovery.lost()

    def note_recent(self, path: Path) -> None:
        """Put `path` first among the recent files."""
        self._settings.change(self._settings.value.with_recent(path))
        self.show_recent()

    def clear_recent(self) -> None:
        """Forget the recent files."""
        self._settings.change(dataclasses.replace(self._settings.value, recent_files=()))
        self.show_recent()

    def show_recent(self) -> None:
        """Show the recent files at once, and their thumbnails when they are read."""
        names = self._settings.value.recent_files
        self._window.set_recent(views.recent_items(names, thumbnails=False))
        self._files.submit(
            Job(
                title="Reading thumbnails",
                work=lambda _report: views.recent_items(names, thumbnails=True),
                done=lambda items: self._window.set_recent(cast("tuple[RecentItem, ...]", items)),
                shown=False,
            )
        )

    def _snapshot(self) -> Project | None:
        project, frame = self._session.project, self._viewing.frame
        if project is None:
            return None
        head = self._edited.known_head(project)
        view = None if head is None else self._viewing.finished(head)
        if view is not None:
            return dataclasses.replace(project, camera=view.camera, preview=view.rgb, view=view)
        preview = frame.rgb if frame is not None else project.preview
        return dataclasses.replace(project, camera=self._window.camera(), preview=preview)

    def _with_stand_in(self, project: Project, edited: Callable[[], Head] | None) -> Project:
        """The project with what stands in for its head, edits included; a save does not fail for want of it."""
        base = project.head
        if base is None or edited is None or project.stand_in is not None:
            return project
        if self._engines.facts_of(base.generator) is None:
            return project

        def made() -> StandIn | None:
            head = edited()
            return self._engines.stand_in_of(head, self._viewing.known_renderer(head))

        outcome = attempt(made)
        if outcome.error is not None:
            log.info("no mesh of the head was kept: %s", outcome.error)
        return dataclasses.replace(project, stand_in=outcome.value)

    def _show(self, error: VoltefaceError) -> None:
        self._window.show_error(error.message, error.hint)
