"""The panel about the head: where it comes from, how like the photo it is, and how to make it better."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from widgets.head_pickers import HeadPickers
from widgets.model_values import PickersView
from widgets.parts import GAP, button, label, line
from widgets.rung_strip import RungStrip
from widgets.scrolling_panel import WidePanel
from widgets.values import HeadView

_MEANINGS = {
    "LPIPS": "A learned measure of how unlike head and photo look, seen from the photo's camera: 0 is the same picture",
    "Identity": "How far a face recogniser finds head and photo apart: 0 is the same face, from 0.6 on another person",
}
"""Of figures, by their first word."""


class HeadPanel(WidePanel):
    """Shows a HeadView."""

    improve_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Head", (12, 4, 12, 12), GAP, parent)
        column = self.column
        self._empty = label("Once there is a head, its origin and its likeness to the photo appear here.", "muted")
        self._empty.setWordWrap(True)
        column.addWidget(self._empty)
        self.pickers = HeadPickers()
        column.addWidget(self.pickers)
        self._filled = QWidget()
        filled = QVBoxLayout(self._filled)
        filled.setContentsMargins(0, 0, 0, 0)
        filled.setSpacing(GAP)
        self._facts = _form()
        self._figures = _form()
        self._line = line()
        self._note = label("", "muted", wrap=True)
        filled.addLayout(self._facts)
        filled.addWidget(self._line)
        filled.addLayout(self._figures)
        filled.addWidget(self._note)
        column.addWidget(self._filled)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        self.improve_button = button(
            "Improve further", "Improve the head further", self.improve_requested.emit, icon="improve"
        )
        self.stop_button = button(
            "Stop", "Stop improving and keep the best head so far", self.stop_requested.emit, icon="stop"
        )
        self.stop_button.setToolTip("Stop and keep the best head so far")
        row.addWidget(self.improve_button, 1)
        row.addWidget(self.stop_button)
        self.rungs = RungStrip()
        column.addWidget(self.rungs)
        column.addSpacing(4)
        column.addLayout(row)
        column.addStretch(1)
        self._head: HeadView | None = None
        self._running = False
        self.set_head(None)

    def set_head(self, head: HeadView | None) -> None:
        """Show what is known about a head; None says that there is none."""
        self._head = head
        self._empty.setVisible(head is None)
        self._filled.setVisible(head is not None)
        _clear(self._facts)
        _clear(self._figures)
        self.pickers.set_wanted(head is None or head.has_photo)
        if head is not None:
            if not self.pickers.has_generators:
                _add(self._facts, "Model", head.generator)
            if not self.pickers.has_methods and head.has_photo:
                _add(self._facts, "Method", head.method)
            if head.licence and not self.pickers.has_generators:
                _add(self._facts, "Licence", head.licence)
            if head.seed is not None and not head.has_photo:  # that of a search says nothing to a person
                _add(self._facts, "Seed", str(head.seed))
            if head.seconds is not None:
                _add(self._facts, "Made in", duration(head.seconds))
            for name, value in head.figures.items():
                _add(self._figures, name, f"{value:.3f}", _MEANINGS.get(name.split()[0], ""))
            self._line.setVisible(bool(head.figures))
            self._note.setText(head.note)
            self._note.setVisible(bool(head.note))
        self._refresh()
        self.updateGeometry()

    def set_pickers(self, view: PickersView) -> None:
        """Show what heads can be made with."""
        self.pickers.set_view(view)
        self.set_head(self._head)

    def set_running(self, running: bool) -> None:
        """Tell whether an improvement that can be stopped is running."""
        self._running = running
        self._refresh()

    def _refresh(self) -> None:
        can = self._head is not None and self._head.can_improve and not self._running
        self.improve_button.setEnabled(can)
        self.stop_button.setEnabled(self._running)
        has_photo = self._head is not None and self._head.has_photo
        self.improve_button.setVisible(has_photo)
        self.stop_button.setVisible(has_photo or self._running)


def duration(seconds: float) -> str:
    """Return a duration for people: `8.2 s`, `1 min 5 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(5)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _add(form: QFormLayout, name: str, value: str, meaning: str = "") -> None:
    shown = label(value)
    shown.setToolTip(meaning)
    shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    shown.setAccessibleName(f"{name}: {value}")
    named = label(name, "muted")
    named.setToolTip(meaning)
    form.addRow(named, shown)


def _clear(form: QFormLayout) -> None:
    while form.rowCount():
        form.removeRow(0)
