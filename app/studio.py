"""The studio: makes window, session, queues and worker, and connects them. All decisions live in the parts.

Longer than usual: every part is named here once, with all that it is made of.
"""

from __future__ import annotations

import dataclasses
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app import places, views
from app.adding import Adding
from app.choosing import Choosing
from app.edited_head import EditedHead
from app.editing import Editing
from app.engines import Engines
from app.exporting import Exporting
from app.forming import Forming
from app.jobs import Gate, Job, JobQueue
from app.library import Library
from app.making import Making
from app.opening import Opening
from app.recovery import Recovery
from app.referencing import Referencing
from app.reporting import Reporting
from app.saving import Saving
from app.seeing import Seeing
from app.session import Session
from app.settings import Settings, SettingsFile
from app.showing import Showing
from app.styling import Styling
from app.version import version
from app.viewing import Viewing
from core.frame import Quality
from widgets.studio_window import StudioWindow
from widgets.values import Preferences, Theme

if TYPE_CHECKING:
    from core.errors import VoltefaceError


class Studio(QObject):
    """One window with everything behind it.

    Attributes:
        has_ended: it was closed, and no thread of it runs on.
    """

    def __init__(
        self,
        *,
        engines: Engines | None = None,
        settings: SettingsFile | None = None,
        recovery_root: Path | None = None,
        run_inline: bool = False,
        gl: bool | None = None,
    ) -> None:
        super().__init__()
        self.engines = engines or Engines()
        self.settings = settings or SettingsFile(places.settings_file())
        self.window = StudioWindow(preferences_of(self.settings.value), gl=gl)
        self.session = Session(self)
        self.gate = Gate()
        self.files = JobQueue("files", run_inline=run_inline)
        self.heads = JobQueue("heads", gate=self.gate, run_inline=run_inline)
        self.exports = JobQueue("exports", gate=self.gate, run_inline=run_inline)
        self.edits = JobQueue("edits", run_inline=run_inline)
        self.forms = JobQueue("forms", gate=self.gate, run_inline=run_inline)
        self.styles = JobQueue("styles", gate=self.gate, run_inline=run_inline)
        self.choosing = Choosing(self.window, self.session, self.engines, self.settings)
        self.library = Library(self.window, self.files, self.engines, self.settings, self.choosing)
        self.viewing = Viewing(self.window, self.engines, self.gate, self.choosing, self.forms)
        self.making = Making(self.window, self.session, self.heads, self.engines, self.viewing, self.choosing)
        self.forming = Forming(self.session, self.forms, self.engines, self.viewing, self.choosing, self.making)
        self.referencing = Referencing(
            self.window, self.session, self.heads, self.edits, self.engines, self.viewing, self.choosing
        )
        self.edited = EditedHead(
            self.window, self.session, self.edits, self.engines, self.viewing, self.choosing, self.referencing
        )
        self.editing = Editing(
            self.window,
            self.session,
            self.edits,
            self.engines,
            self.viewing,
            self.choosing,
            self.referencing,
            self.edited,
        )
        self.styling = Styling(
            self.window, self.session, self.styles, self.engines, self.viewing, self.choosing, self.editing
        )
        self.window.surface_toggled.connect(self.viewing.show_surface)
        self.seeing = Seeing(self.window, self.session, self.edits, self.engines, self.viewing, self.choosing)
        self.reporting = Reporting(
            self.window,
            self.session,
            self.exports,
            self.engines,
            self.viewing,
            self.choosing,
            self.editing,
            self.edited,
        )
        self.recovery = Recovery(recovery_root or places.recovery_folder())
        self.saving = Saving(
            self.window,
            self.session,
            self.files,
            self.engines,
            self.viewing,
            self.settings,
            self.recovery,
            self.edited,
        )
        self.exporting = Exporting(self.window, self.session, self.exports, self.engines, self.choosing, self.edited)
        self.opening = Opening(
            self.window,
            self.session,
            self.files,
            self.engines,
            self.viewing,
            self.making,
            self.forming,
            self.saving,
        )
        self.adding = Adding(self.window, self.session, self.files, self.engines, self.making)
        self.showing = Showing(
            self.window, self.session, self.engines, self.viewing, self.choosing, self.making, self.edited
        )
        self._closed = False
        self.has_ended = False
        self._connect()

    def start(self, file: Path | None = None) -> None:
        """Show the window, then load what is heavy behind it, then open `file`."""
        self.window.show_welcome()
        self.window.set_document(views.document_view(self.session))
        self.window.dialogs.set_facts(
            {"Version": version(), "Python": platform.python_version(), "Log": str(places.log_file())}
        )
        self.window.show()
        self.files.submit(
            Job(
                title="Preparing",
                work=lambda _report: self._warm_up(),
                done=self._go_on_warming,
                failed=self._failed,
                shown=False,
            )
        )
        self.choosing.look()
        self.saving.show_recent()
        self.saving.set_autosave_minutes(self.settings.value.autosave_minutes)
        lost = self.saving.lost_work()
        if lost:
            self.window.dialogs.show_recovery(views.recovery_items(lost))
        if file is not None:
            self.opening.open_path(file)

    def close(self, *, keep_work: bool = False) -> None:
        """Stop every thread; unsaved work is given up unless it shall be kept for the next start."""
        if self._closed:
            return
        self._closed = True
        self.window.hide()
        self.making.stop()
        for queue in self._queues():
            queue.stop_all()  # all at once, so that none is waited for while others go on
        self.has_ended = all([self.viewing.close(), *(queue.close() for queue in self._queues())])
        if keep_work:
            self.saving.leave_autosave()
        else:
            self.recovery.close()

    def _go_on_warming(self, further: object) -> None:
        """Load what comes next, behind whatever the person has asked for meanwhile."""
        if callable(further) and self.session.project is None:
            self.files.submit(Job(title="Preparing", work=lambda _report: further(), shown=False))

    def _warm_up(self) -> object:
        """Load behind the first window what would make a later moment stutter."""
        further = self.engines.warm_up()
        import pyqtgraph  # noqa: F401  the curve panel's

        return further

    def _connect(self) -> None:
        window, session = self.window, self.session
        for queue in self._queues():
            queue.changed.connect(self._show_jobs)
        session.changed.connect(self._show_undo)
        session.undo_stack.indexChanged.connect(self._show_undo)
        session.opened.connect(lambda: self.viewing.begin(session.project))
        self.viewing.failed.connect(self._failed)
        self.making.finished.connect(self.saving.autosave)
        window.undo_requested.connect(lambda: self._go("undo"))
        window.redo_requested.connect(lambda: self._go("redo"))
        window.stop_requested.connect(self._stop)
        window.preferences_changed.connect(self._prefer)
        window.restore_requested.connect(self._restore)
        window.discard_requested.connect(self._discard)
        window.closing.connect(self.close)
        self._apply(self.settings.value)

    def _show_jobs(self) -> None:
        if not self._closed:
            self.window.set_jobs([view for queue in self._queues() for view in queue.views()])

    def _queues(self) -> tuple[JobQueue, ...]:
        """All queues, the one whose work is shown first in front."""
        return self.edits, self.heads, self.exports, self.styles, self.forms, self.files

    def _show_undo(self, _index: int = 0) -> None:
        stack = self.session.undo_stack
        self.window.set_undo(
            stack.undoText() if stack.canUndo() else None, stack.redoText() if stack.canRedo() else None
        )

    def _go(self, way: str) -> None:
        """Undo or redo; a search that runs would put its next head on top, so it ends."""
        self.making.stop()
        getattr(self.session.undo_stack, way)()

    def _stop(self, key: str) -> None:
        for queue in self._queues():
            queue.stop(key)

    def _prefer(self, preferences: Preferences) -> None:
        self.settings.change(
            dataclasses.replace(
                self.settings.value,
                theme=preferences.theme.value,
                threads=preferences.threads,
                autosave_minutes=preferences.autosave_minutes,
                release_quality=int(preferences.release_quality),
                default_folder=str(preferences.default_folder),
            )
        )
        self._apply(self.settings.value)
        self.saving.set_autosave_minutes(preferences.autosave_minutes)
        self.viewing.refresh()

    def _apply(self, settings: Settings) -> None:
        self.viewing.finest = Quality(settings.release_quality)
        self.viewing.threads = settings.threads

    def _restore(self, key: str) -> None:
        work = next((work for work in self.saving.lost_work() if work.key == key), None)
        if work is not None:
            self.opening.restore(work.file, work.original, lambda: self._discard(key))

    def _discard(self, key: str) -> None:
        self.recovery.discard(key)
        self.window.dialogs.set_recovery(views.recovery_items(self.saving.lost_work()))

    def _failed(self, error: VoltefaceError) -> None:
        self.window.show_error(error.message, error.hint)


def preferences_of(settings: Settings) -> Preferences:
    """The settings that the preferences dialog shows."""
    return Preferences(
        theme=Theme(settings.theme),
        threads=settings.threads,
        autosave_minutes=settings.autosave_minutes,
        release_quality=Quality(settings.release_quality),
        default_folder=Path(settings.default_folder) if settings.default_folder else Path.home(),
    )
