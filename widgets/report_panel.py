"""The report about a head in the window: its figures and pictures, saving it as a page, repairing what is wrong."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import GAP, MARGIN, button, buttons_row, clear_layout, label, panel
from widgets.pictures import thumbnail
from widgets.progress_line import ProgressLine
from widgets.report_values import FigureView, ReportView
from widgets.scrolling_panel import ScrollingPanel
from widgets.values import Picture

_LARGE, _SMALL = QSize(196, 196), QSize(92, 92)
_TILES_IN_ROW = 5


class ReportDialog(QDialog):
    """Shows a report while it is made and when it is there."""

    save_requested = Signal(object)  # Path
    repair_requested = Signal()
    stop_requested = Signal()

    def __init__(self, title: str, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Report")
        self.setAccessibleName("Report")
        self._folder = folder
        self._name = title
        self._view: ReportView | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._waiting_page())
        self._scroll = ScrollingPanel("Figures and pictures", (0, 0, 10, 0), MARGIN)
        self._column = self._scroll.column
        self._pages.addWidget(self._scroll)
        column.addWidget(self._pages, 1)
        self.save_button = button("Save report…", "Save the report as a page", self._ask_path, icon="save")
        self.repair_button = button(
            "Repair the hidden side", "Repair the hidden side of the head", self.repair_requested.emit, icon="repair"
        )
        self.repair_button.setToolTip("Makes up again what no photo shows; it can be undone")
        self.close_button = button("Close", "Close the report", self.reject, kind="primary")
        column.addLayout(buttons_row(self.repair_button, self.save_button, self.close_button))
        self.resize(900, 700)
        self.show_waiting()

    @property
    def view(self) -> ReportView | None:
        """What is shown; None while it is made."""
        return self._view

    def show_waiting(self) -> None:
        """Show that the report is being made."""
        self._view = None
        self.set_progress(None, "Preparing")
        self._pages.setCurrentIndex(0)
        self._refresh()

    def set_progress(self, fraction: float | None, message: str) -> None:
        """Tell how far it is, 0..1; None where nobody knows."""
        self._bar.set_fraction(fraction)
        self._message.setText(message)

    def set_view(self, view: ReportView) -> None:
        """Show the finished report."""
        self._view = view
        clear_layout(self._column)
        for part in self._parts(view):
            self._column.addWidget(part)
        self._column.addStretch(1)
        self._pages.setCurrentIndex(1)
        self._refresh()

    def reject(self) -> None:
        """Close; what is being made is not wanted any more."""
        if self._view is None:
            self.stop_requested.emit()
        super().reject()

    def _waiting_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.addStretch(1)
        self._message = label("", "muted")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = ProgressLine()
        self._bar.setFixedWidth(360)
        self._bar.setAccessibleName("Progress of the report")
        column.addWidget(label("Measuring the head", "title"), 0, Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._message)
        column.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        return page

    def _refresh(self) -> None:
        self.save_button.setEnabled(self._view is not None)
        self.repair_button.setVisible(self._view is not None and bool(self._view.findings))
        self.close_button.setText("Close" if self._view is not None else "Cancel")

    def _ask_path(self) -> None:
        dialog = QFileDialog(self, "Save the report", str(self._folder / f"{self._name}.html"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Page (*.html)")
        dialog.setDefaultSuffix("html")
        dialog.selectFile(f"{self._name}.html")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda text: self.save_requested.emit(Path(text)))
        dialog.open()

    def _parts(self, view: ReportView) -> list[QWidget]:
        parts: list[QWidget] = [self._summary(view)]
        hidden, column = panel()
        column.addWidget(label("The side that no photo shows", "section"))
        for sentence in view.findings or ("No second face, no glasses, no holes and nothing that floats was found.",):
            column.addWidget(label(sentence, "warning" if view.findings else "muted", wrap=True))
        parts.append(hidden)
        front, column = panel()
        column.addWidget(label("In front, where the photo was taken", "section"))
        column.addLayout(self._pictures(view.front, _LARGE))
        for note in view.notes:
            column.addWidget(label(note, "muted", wrap=True))
        column.addLayout(_figure_table(view.figures))
        parts.append(front)
        around, column = panel()
        column.addWidget(label("From all around", "section"))
        column.addLayout(self._pictures(view.turntable, _SMALL))
        column.addSpacing(GAP)
        column.addWidget(label("Seen (yellow) or guessed (violet)", "section"))
        column.addLayout(self._pictures(view.heat, _SMALL))
        column.addLayout(_pairs(view.shares))
        column.addSpacing(GAP)
        column.addWidget(label("Identity distance to the photo, by yaw (dlib; same person below 0.6)", "section"))
        column.addLayout(_pairs(view.identity))
        parts.append(around)
        made, column = panel()
        column.addWidget(label("How it was made", "section"))
        column.addLayout(_facts(view.facts))
        parts.append(made)
        return parts

    def _summary(self, view: ReportView) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        for number, (value, what, good) in enumerate(view.summary):
            tile, column = panel()
            column.setSpacing(2)
            shown = label(value, "heading" if good is not False else "alarm")
            shown.setAccessibleName(f"{what}: {value}")
            column.addWidget(shown)
            column.addWidget(label(what, "muted", wrap=True))
            column.addStretch(1)
            grid.addWidget(tile, number // _TILES_IN_ROW, number % _TILES_IN_ROW)
            grid.setColumnStretch(number % _TILES_IN_ROW, 1)
        return page

    def _pictures(self, pictures: Sequence[tuple[Picture, str]], size: QSize) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for pixels, caption in pictures:
            column = QVBoxLayout()
            column.setSpacing(2)
            shown = QLabel()
            shown.setPixmap(thumbnail(pixels, size, self.devicePixelRatioF(), 8))
            shown.setFixedSize(size)
            shown.setAccessibleName(caption)
            column.addWidget(shown)
            words = label(caption, "muted", wrap=True)
            words.setFixedWidth(size.width())
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            column.addWidget(words)
            row.addLayout(column)
        row.addStretch(1)
        return row


def _figure_table(figures: Sequence[FigureView]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(10)
    has_bare = any(one.bare for one in figures)
    heads = ("Measure", "As shown", *(("Model alone",) if has_bare else ()), "What it means")
    for column, head in enumerate(heads):
        grid.addWidget(label(head, "muted"), 0, column)
    for row, one in enumerate(figures, 1):
        cells = (one.title, one.shown, *((one.bare,) if has_bare else ()), one.meaning)
        for column, text in enumerate(cells):
            last, first = column == len(cells) - 1, column == 0
            cell = label(text, "muted" if last else "", wrap=first or last)
            cell.setAlignment(Qt.AlignmentFlag.AlignTop)
            grid.addWidget(cell, row, column)
    grid.setColumnStretch(0, 3)
    grid.setColumnStretch(len(heads) - 1, 5)
    return grid


def _pairs(pairs: Sequence[tuple[str, str]]) -> QHBoxLayout:
    """Names over values, side by side."""
    row = QHBoxLayout()
    row.setSpacing(22)
    for name, value in pairs:
        column = QVBoxLayout()
        column.setSpacing(0)
        shown = label(value)
        shown.setAccessibleName(f"{name}: {value}")
        column.addWidget(label(name, "muted"))
        column.addWidget(shown)
        row.addLayout(column)
    row.addStretch(1)
    return row


def _facts(facts: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    for row, (name, value) in enumerate(facts):
        grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
        shown = label(value, wrap=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(shown, row, 1)
    grid.setColumnStretch(1, 1)
    return grid
