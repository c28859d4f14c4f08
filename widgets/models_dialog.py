"""What is installed: every model with its licence, size and state; and how models come and go."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from widgets.model_values import ModelsView, ModelView
from widgets.models_table import ModelsTable
from widgets.parts import GAP, MARGIN, button, buttons_row, label
from widgets.progress_line import ProgressLine
from widgets.values import JobView

_FILTER = "Checkpoints (*.pkl *.pt *.pth *.ckpt *.bin *.safetensors *.zip);;All files (*)"


class ModelsDialog(QDialog):
    """Shows a ModelsView; asks for what the application then does."""

    add_requested = Signal(object)  # Path
    verify_requested = Signal(str)
    remove_requested = Signal(str)
    commercial_only_changed = Signal(bool)
    stop_requested = Signal(str)  # job key

    def __init__(self, view: ModelsView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.setAccessibleName("Models")
        self._view = view
        self._shown: tuple[ModelView, ...] = ()
        self._job: JobView | None = None
        self._asked = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        top = QHBoxLayout()
        top.addWidget(label("Installed models", "title"))
        top.addStretch(1)
        self.commercial_box = QCheckBox("Commercial use only")
        self.commercial_box.setAccessibleName("Commercial use only")
        self.commercial_box.setToolTip("Hide models whose licence does not let you sell what you make")
        self.commercial_box.toggled.connect(self.commercial_only_changed)
        top.addWidget(self.commercial_box)
        column.addLayout(top)
        self.table = ModelsTable()
        self.table.itemSelectionChanged.connect(self._refresh)
        column.addWidget(self.table, 1)
        self._note = label("", "muted", wrap=True)
        self._note.setMinimumHeight(34)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._note.setAccessibleName("Result")
        column.addWidget(self._note)
        column.addWidget(self._progress_row())
        column.addLayout(self._folder_row())
        column.addLayout(self._foot())
        self.resize(920, 500)
        self.set_view(view)
        self.set_job(None)

    @property
    def shown(self) -> tuple[ModelView, ...]:
        """The rows of the table, after the filter."""
        return self._shown

    @property
    def words(self) -> str:
        """The sentence under the table."""
        return self._note.text()

    def set_view(self, view: ModelsView) -> None:
        """Show these models; the selection stays where its model is still there."""
        chosen = self._chosen()
        self._view = view
        self.commercial_box.blockSignals(True)
        self.commercial_box.setChecked(view.commercial_only)
        self.commercial_box.blockSignals(False)
        self._shown = tuple(row for row in view.rows if row.commercial or not view.commercial_only)
        self.table.show_rows(self._shown)
        self.table.clearSelection()
        for number, row in enumerate(self._shown):
            if chosen is not None and row.name == chosen.name:
                self.table.selectRow(number)
        self._folder.setText(str(view.folder))
        self._refresh()

    def set_job(self, job: JobView | None) -> None:
        """Show how far the running addition or check is; None hides it."""
        self._job = job
        self._progress.setVisible(job is not None)
        if job is not None:
            self._message.setText(job.message or job.title)
            self._line.set_fraction(min(1.0, job.step / job.total) if job.total else None)
        self._refresh()

    def say(self, text: str, *, failed: bool = False) -> None:
        """Say how the last addition, check or removal ended."""
        self._note.setText(text)
        self._note.setProperty("role", "danger" if failed else "muted")
        self._note.style().unpolish(self._note)
        self._note.style().polish(self._note)

    # -- building

    def _progress_row(self) -> QWidget:
        self._progress = QWidget()
        row = QHBoxLayout(self._progress)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        self._message = QElidingLabel()
        self._message.setFixedWidth(260)
        self._line = ProgressLine()
        self._line.setAccessibleName("Progress")
        row.addWidget(self._message)
        row.addWidget(self._line, 1)
        self.cancel_button = button("Cancel", "Cancel the addition or the check", self._cancel, icon="stop")
        row.addWidget(self.cancel_button)
        return self._progress

    def _folder_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(label("Added models are kept in", "muted"))
        self._folder = QElidingLabel()
        self._folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._folder.setAccessibleName("Folder of the models")
        row.addWidget(self._folder, 1)
        row.addWidget(button("Open folder", "Open the folder of the models", self._open_folder, kind="quiet"))
        return row

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        self.add_button = button("Add file…", "Add a model from a file", self._add, kind="primary", icon="open_project")
        self.verify_button = button("Verify", "Compare every byte with its checksum", self._verify)
        self.remove_button = button("Remove…", "Remove the chosen model", self._remove, icon="discard")
        for one in (self.add_button, self.verify_button, self.remove_button):
            row.addWidget(one)
        row.addStretch(1)
        row.addLayout(buttons_row(button("Close", "Close", self.accept)))
        return row

    # -- answering the user

    def _chosen(self) -> ModelView | None:
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        return self._shown[min(rows)] if rows and min(rows) < len(self._shown) else None

    def _refresh(self) -> None:
        chosen, busy = self._chosen(), self._job is not None
        self.add_button.setEnabled(not busy)
        self.verify_button.setEnabled(chosen is not None and not busy)
        self.remove_button.setEnabled(chosen is not None and chosen.removable and not busy)
        came_with = chosen is not None and not chosen.removable
        self.remove_button.setToolTip("It came with Volteface." if came_with else "Remove the chosen model")
        if chosen is None or chosen.name != self._asked:
            self._ask_nothing()

    def _add(self) -> None:
        dialog = QFileDialog(self, "Add a model")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(_FILTER.split(";;"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda text: self.add_requested.emit(Path(text)))
        dialog.open()

    def _verify(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.verify_requested.emit(chosen.name)

    def _remove(self) -> None:
        """Ask on the button itself: the second press removes."""
        chosen = self._chosen()
        if chosen is None:
            return
        if self._asked != chosen.name:
            self._asked = chosen.name
            self.remove_button.setText(f" Really remove {chosen.title}?")
            self.say(f"Heads made with {chosen.title} keep their mesh; to edit them it has to be added again.")
            return
        self._ask_nothing()
        self.remove_requested.emit(chosen.name)

    def _ask_nothing(self) -> None:
        self._asked = ""
        self.remove_button.setText(" Remove…")

    def _cancel(self) -> None:
        if self._job is not None:
            self.stop_requested.emit(self._job.key)

    def _open_folder(self) -> None:
        folder = self._view.folder
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
