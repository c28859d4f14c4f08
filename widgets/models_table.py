"""The table of installed models: what each is, under which licence, how large and in which state."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from widgets.icons import icon
from widgets.model_values import ModelView

_COLUMNS = ("Model", "Kind", "Licence", "Size", "Memory", "State")
_STATES = {"ready": "Ready", "missing": "Missing", "damaged": "Damaged", "verified": "Intact"}


class ModelsTable(QTableWidget):
    """Shows ModelViews, a row each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.setAccessibleName("Installed models")
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(32)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, name in enumerate(_COLUMNS):
            mode = QHeaderView.ResizeMode.Stretch if name == "Model" else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)

    def show_rows(self, rows: Sequence[ModelView]) -> None:
        """Show these."""
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            self._fill(number, row)

    def _fill(self, number: int, row: ModelView) -> None:
        texts = (
            row.title,
            row.kind.capitalize(),
            row.licence,
            size_in_words(row.size_bytes),
            size_in_words(row.need_bytes),
            _STATES.get(row.state, row.state.capitalize()),
        )
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(row.note if column == len(texts) - 1 and row.note else text)
            if _COLUMNS[column] == "Model":
                item.setToolTip(
                    "\n".join(part for part in (row.purpose, f"Called {row.name} on the command line") if part)
                )
            if _COLUMNS[column] in ("Size", "Memory"):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if _COLUMNS[column] == "Licence":
                role = QPalette.ColorRole.Highlight if row.commercial else QPalette.ColorRole.PlaceholderText
                item.setIcon(icon("commercial" if row.commercial else "not_commercial", role))
                meaning = "Commercial use is allowed" if row.commercial else "No commercial use"
                terms = row.terms or row.licence
                item.setToolTip(f"{meaning}: {terms}" if terms else meaning)
            if _COLUMNS[column] == "State" and row.state in ("missing", "damaged"):
                item.setForeground(self.palette().color(QPalette.ColorRole.BrightText))
            self.setItem(number, column, item)


def size_in_words(count: int) -> str:
    """Return bytes for people: `36 MB`, `1.2 GB`; empty for an unknown number."""
    if count <= 0:
        return ""
    return f"{count / 1e9:.1f} GB" if count >= 999_500_000 else f"{max(1, round(count / 1e6))} MB"
