"""The dialogs of the main window: opened without blocking, kept while they are open, answered by its signals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog

from widgets import intake
from widgets.actions import groups_of
from widgets.export_dialog import ExportDialog
from widgets.export_values import ExportOptions
from widgets.memory_dialog import MemoryDialog
from widgets.message_dialogs import AboutDialog, ErrorDialog, UnsavedDialog
from widgets.models_dialog import ModelsDialog
from widgets.placement_dialog import PlacementDialog
from widgets.preferences_dialog import PreferencesDialog
from widgets.recovery_dialog import RecoveryDialog
from widgets.report_panel import ReportDialog
from widgets.shortcuts_dialog import ShortcutsDialog
from widgets.values import PROJECT_SUFFIX, HandPlacement, Picture, Preferences, RecoveryItem, UnsavedAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from widgets.model_values import MemoryAnswer, MemoryView, ModelsView
    from widgets.placement_canvas import Reproject
    from widgets.report_values import ReportView
    from widgets.studio_window import StudioWindow


class WindowDialogs:
    """Opens dialogs over a window, whose signals carry what the person answers."""

    def __init__(self, window: StudioWindow) -> None:
        """Of a window."""
        self._window = window
        self._facts: dict[str, str] = {}
        self._last_export: ExportOptions | None = None
        self._recovery: RecoveryDialog | None = None
        self._models: ModelsDialog | None = None
        self._report: ReportDialog | None = None

    def show_error(self, message: str, hint: str = "", details: str = "") -> None:
        """Say what went wrong; does not block."""
        self.open(ErrorDialog(message, hint, details, self._window))

    def show_models(self, models: ModelsView) -> None:
        """Show what is installed; does not block. What is open already is refreshed."""
        if self._models is not None:
            self._models.set_view(models)
            return
        dialog = ModelsDialog(models, self._window)
        dialog.add_requested.connect(self._window.model_added)
        dialog.verify_requested.connect(self._window.model_verified)
        dialog.remove_requested.connect(self._window.model_removed)
        dialog.commercial_only_changed.connect(self._window.commercial_only_changed)
        dialog.stop_requested.connect(self._window.stop_requested)
        dialog.finished.connect(lambda: setattr(self, "_models", None))
        self._models = dialog
        self.open(dialog)

    @property
    def models_dialog(self) -> ModelsDialog | None:
        """The models dialog while it is open."""
        return self._models

    def show_report(self, title: str) -> None:
        """Show that a report is being made; does not block."""
        if self._report is not None:
            self._report.show_waiting()
            return
        dialog = ReportDialog(title, self._window.preferences().default_folder, self._window)
        dialog.save_requested.connect(self._window.report_saved)
        dialog.repair_requested.connect(self._window.repair_requested)
        dialog.stop_requested.connect(self._window.report_stopped)
        dialog.finished.connect(lambda: setattr(self, "_report", None))
        self._report = dialog
        self.open(dialog)

    def set_report_progress(self, fraction: float, message: str) -> None:
        """Tell how far the report is, 0..1."""
        if self._report is not None:
            self._report.set_progress(fraction, message)

    def set_report(self, view: ReportView) -> None:
        """Show the finished report, if it is still wanted."""
        if self._report is not None:
            self._report.set_view(view)

    def close_report(self) -> bool:
        """Close the report; tells whether one was open."""
        dialog = self._report
        if dialog is not None:
            dialog.close()
        return dialog is not None

    @property
    def report_dialog(self) -> ReportDialog | None:
        """The report while it is open."""
        return self._report

    def ask_memory(self, view: MemoryView, then: Callable[[MemoryAnswer], None]) -> None:
        """Ask how a model that will not fit shall be used; does not block."""
        self.open(MemoryDialog(view, then, self._window))

    def show_recovery(self, items: Sequence[RecoveryItem]) -> None:
        """Offer unsaved work found after a crash; does not block."""
        if not items:
            return
        dialog = RecoveryDialog(items, self._window)
        dialog.restore_requested.connect(self._window.restore_requested)
        dialog.discard_requested.connect(self._window.discard_requested)
        dialog.finished.connect(lambda: setattr(self, "_recovery", None))
        self._recovery = dialog
        self.open(dialog)

    def set_recovery(self, items: Sequence[RecoveryItem]) -> None:
        """Refresh the open recovery dialog; an empty list closes it."""
        if self._recovery is not None:
            self._recovery.set_items(items)

    def ask_unsaved(self, then: Callable[[UnsavedAnswer], None]) -> None:
        """Ask what to do with unsaved work, if there is any; does not block.

        The answer SAVE comes after `save_requested`, with the path that the user chose where the document had none.
        """
        if not self._window.document.modified:
            then(UnsavedAnswer.DISCARD)
            return

        def save_to(path: Path) -> None:
            self._window.save_requested.emit(path)
            then(UnsavedAnswer.SAVE)

        def answered(answer: UnsavedAnswer) -> None:
            if answer is not UnsavedAnswer.SAVE:
                then(answer)
            elif self._window.document.path is not None:
                save_to(self._window.document.path)
            else:
                self.ask_path("Save the head", intake.PROJECT_FILTER, save_to, saving=True)

        self.open(UnsavedDialog(self._window.document.name, answered, self._window))

    def show_placement(
        self,
        photo: Picture,
        start: HandPlacement | None,
        reproject: Reproject,
        message: str = "",
    ) -> None:
        """Let the user place the face by hand; `reproject` answers how the head would be framed.

        `message` says why it has to be placed.
        """
        dialog = PlacementDialog(photo, start, reproject, message, self._window)
        dialog.placed.connect(self._window.face_placed)
        self.open(dialog)

    def set_facts(self, facts: Mapping[str, str]) -> None:
        """Give what the About dialog tells."""
        self._facts = dict(facts)

    def ask_path(self, title: str, names: str, then: Callable[[Path], object], *, saving: bool = False) -> None:
        """Let the person choose a file to open, or to write to; does not block."""
        folder = self._window.preferences().default_folder
        dialog = QFileDialog(self._window, title, str(folder))
        dialog.setNameFilters(names.split(";;"))
        if saving:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(PROJECT_SUFFIX[1:])
            dialog.selectFile(
                str(self._window.document.path or folder / f"{self._window.document.name}{PROJECT_SUFFIX}")
            )
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda text: then(Path(text)))
        self.open(dialog)

    def ask_export(self) -> None:
        """Let the person choose a format; does not block."""
        folder = self._window.preferences().default_folder
        name = self._window.document.name.removesuffix(PROJECT_SUFFIX)
        start = self._last_export or ExportOptions(folder / f"{name}.glb", ".glb")
        dialog = ExportDialog(start, self._window)
        dialog.chosen.connect(self._export_chosen)
        self.open(dialog)

    def _export_chosen(self, options: ExportOptions) -> None:
        self._last_export = options
        self._window.export_requested.emit(options)

    def show_preferences(self) -> None:
        """Let the person choose how the window behaves; does not block."""
        dialog = PreferencesDialog(self._window.preferences(), self._window)
        dialog.chosen.connect(self._preferences_chosen)
        self.open(dialog)

    def _preferences_chosen(self, preferences: Preferences) -> None:
        self._window.set_preferences(preferences)
        self._window.preferences_changed.emit(preferences)

    def show_shortcuts(self) -> None:
        """Show all keys."""
        self.open(ShortcutsDialog(groups_of(self._window.actions_by_name), self._window))

    def show_about(self) -> None:
        """Show version and licences."""
        self.open(AboutDialog(self._facts, self._window))

    def open(self, dialog: QDialog) -> None:
        """Open a dialog that goes when it is closed; does not block."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
