"""The models dialog's wishes: add, check and remove in the background, and what came of it in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from app.jobs import Job
from app.shelf import short_licence
from widgets.model_values import ModelsView, ModelView
from widgets.models_table import size_in_words

if TYPE_CHECKING:
    from pathlib import Path

    from app.choosing import Choosing
    from app.engines import Engines
    from app.jobs import JobQueue
    from app.models import InstalledModel
    from app.settings import SettingsFile
    from core.errors import VoltefaceError
    from core.progress import Report
    from widgets.studio_window import StudioWindow

KEY = "model"
"""Begins the keys of this module's jobs."""
TITLES = {
    "canonical_face": "Mean face",
    "efficientnet_lite0": "Picture features",
    "face_detection": "Face finder",
    "face_mesh": "Face points",
    "face_shapes": "Face shapes",
    "face_targets": "Face sliders",
    "identity": "Identity",
    "iris": "Eye points",
    "lpips_alex": "Likeness, quick",
    "lpips_vgg": "Likeness, careful",
    "mini_dual": "Sharper guess",
    "mini_encoder": "First guess",
    "mini_fusion": "Seam mending",
    "parser": "Parts of a head",
    "person_mask": "Person cut-out",
    "prior": "Style prior",
}
"""Of the bundled nets, in the few words that a table has room for; what they do in full is their own title."""
_KINDS = {"perception": "helper"}


class Library(QObject):
    """Keeps the models dialog, while it is open, in step with what is installed."""

    def __init__(
        self, window: StudioWindow, files: JobQueue, engines: Engines, settings: SettingsFile, choosing: Choosing
    ) -> None:
        super().__init__(window)
        self._window = window
        self._files = files
        self._engines = engines
        self._settings = settings
        self._choosing = choosing
        self._rows: tuple[InstalledModel, ...] = ()
        self._checked: dict[str, str] = {}
        self._count = 0
        window.models_requested.connect(self.open)
        window.model_added.connect(self.add)
        window.model_verified.connect(self.verify)
        window.model_removed.connect(self.remove)
        window.commercial_only_changed.connect(lambda _on: self._refresh())
        files.changed.connect(self._show_job)

    def open(self) -> None:
        """Show what is known, and then what is there: bundled files are checked, which takes a moment."""
        self._window.dialogs.show_models(self._view())
        self._read()

    def add(self, path: Path) -> None:
        """Install a file."""

        def added(result: object) -> None:
            row = cast("InstalledModel", result)
            use = "Commercial use is allowed." if row.commercial else "No commercial use."
            size = size_in_words(row.need_bytes)
            self._told(f"Added {_short_title(row)}: {size}, licence {short_licence(row.licence)}. {use}")

        self._run(f"Adding {path.name}", lambda report: self._engines.add_model(path, None, report), added)

    def verify(self, name: str) -> None:
        """Compare every byte of a model with its checksum."""

        def verified(result: object) -> None:
            row = cast("tuple[InstalledModel, ...]", result)[0]
            self._checked[name] = "verified" if row.state == "ready" else row.state
            intact = row.state == "ready"
            title = _short_title(row)
            self._told(f"{title} is intact." if intact else f"{title} is {row.state}. {row.note}", failed=not intact)

        self._run(f"Checking {name}", lambda report: self._engines.verify_models(name, report), verified)

    def remove(self, name: str) -> None:
        """Delete an added model."""
        self._run(
            f"Removing {name}",
            lambda _report: self._engines.remove_model(name),
            lambda _title: self._told(f"{name} was removed."),
        )

    def _run(self, title: str, work: object, done: object) -> None:
        def finished(result: object) -> None:
            done(result)  # type: ignore[operator]
            self._read()

        def failed(error: VoltefaceError) -> None:
            self._told(f"{error.message} {error.hint}".strip(), failed=True)

        self._count += 1
        self._files.submit(
            Job(
                key=f"{KEY}-{self._count}",
                title=title,
                work=work,  # type: ignore[arg-type]
                done=finished,
                failed=failed,
                cancelled=lambda: self._told("Cancelled; nothing was changed."),
            )
        )

    def _read(self) -> None:
        def read(_report: Report) -> object:
            return self._engines.models()

        def done(rows: object) -> None:
            self._rows = cast("tuple[InstalledModel, ...]", rows)
            self._refresh()
            self._choosing.look()
            self._choosing.changed.emit()

        self._files.submit(Job(title="Reading models", work=read, done=done, shown=False))

    def _refresh(self) -> None:
        if self._window.dialogs.models_dialog is not None:
            self._window.dialogs.show_models(self._view())

    def _view(self) -> ModelsView:
        return ModelsView(
            rows=tuple(self._row(row) for row in self._rows),
            folder=self._engines.models_folder(),
            commercial_only=self._settings.value.commercial_only,
        )

    def _row(self, row: InstalledModel) -> ModelView:
        room = self._engines.room_of(row.name) if row.generator else None
        return ModelView(
            name=row.name,
            kind="head model" if row.generator else _KINDS.get(row.kind, row.kind),
            title=_short_title(row),
            licence=short_licence(row.licence),
            commercial=row.commercial,
            size_bytes=row.need_bytes,
            need_bytes=room.need.total if room is not None else 0,
            state=self._checked.get(row.name, row.state) if row.state == "ready" else row.state,
            note=row.note,
            removable=not row.bundled,
            purpose=row.title[:1].upper() + row.title[1:],
            terms=row.licence,
        )

    def _show_job(self) -> None:
        dialog = self._window.dialogs.models_dialog
        if dialog is not None:
            dialog.set_job(next((view for view in self._files.views() if view.key.startswith(f"{KEY}-")), None))

    def _told(self, text: str, *, failed: bool = False) -> None:
        dialog = self._window.dialogs.models_dialog
        if dialog is not None:
            dialog.say(text, failed=failed)
        elif failed:
            self._window.show_error(text)
        else:
            self._window.show_message(text, 10)


def _short_title(row: InstalledModel) -> str:
    """A model in a few words: its own name only where that says more."""
    if row.bundled:
        return TITLES.get(row.name, row.title)
    return row.title if row.name == row.title.lower() else f"{row.title} ({row.name})"
