"""The stack of edits: each can be switched off, weakened, moved, doubled, deleted; a button shows the head bare."""

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from widgets.edit_row import EditRow
from widgets.edit_values import EditView
from widgets.icons import dress
from widgets.parts import in_tab_order, label
from widgets.scrolling_panel import ScrollingPanel

_NOTHING = "Each change of the head becomes a layer here: weaken it, switch it off, move it, delete it."


class EditsPanel(QWidget):
    """Shows EditViews, the last one, which lies on top, first.

    Signals:
        strength_moved: key, strength and whether the hand is still at it.
        fit_moved: key, "seam" or "harmony", value and whether the hand is still at it.
        switched: key and on or off.
        moved: key and its new index in the stack, 0 is the first to be made.
        duplicated, deleted: key.
        bare_toggled: show the head without edits.
        wipe_toggled: show it beside the head without edits, with a divider to drag.
    """

    strength_moved = Signal(str, float, bool)
    fit_moved = Signal(str, str, float, bool)
    switched = Signal(str, bool)
    moved = Signal(str, int)
    duplicated = Signal(str)
    deleted = Signal(str)
    bare_toggled = Signal(bool)
    wipe_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Edits")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 0, 4, 8)
        column.setSpacing(6)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 0)
        self._count = label("", "muted")
        top.addWidget(self._count, 1)
        self.bare_button = QToolButton()
        self.bare_button.setText("A/B")
        self.bare_button.setCheckable(True)
        self.bare_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        dress(self.bare_button, "bare")
        self.bare_button.setAccessibleName("Show the head without edits")
        self.bare_button.setToolTip("Show the head without edits  (B)")
        self.bare_button.toggled.connect(self.bare_toggled)
        self.wipe_button = QToolButton()
        self.wipe_button.setCheckable(True)
        dress(self.wipe_button, "compare")
        self.wipe_button.setAccessibleName("Wipe between before and after")
        self.wipe_button.setToolTip("Wipe between the head before its edits and after")
        self.wipe_button.toggled.connect(self.wipe_toggled)
        top.addWidget(self.wipe_button)
        top.addWidget(self.bare_button)
        column.addLayout(top)
        scroll = ScrollingPanel("List of layers", (0, 0, 4, 0), 4)
        self._column = scroll.column
        self._empty = label(_NOTHING, "muted", wrap=True)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        column.addWidget(scroll, 1)
        self.rows: list[EditRow] = []
        self._edits: tuple[EditView, ...] = ()
        self._dragging = ""
        self.set_edits(())

    def set_edits(self, edits: tuple[EditView, ...]) -> None:
        """Show the stack, first to last; rows that stay keep the hand that is at them."""
        self._edits = edits
        if self._dragging:
            return
        known = {row.view.key: row for row in self.rows}
        wanted = list(reversed(edits))
        for key in known.keys() - {one.key for one in wanted}:
            gone = known.pop(key)
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self.rows = []
        for index, one in enumerate(wanted):
            row = known.get(one.key)
            if row is None:
                row = self._row(one)
            else:
                row.set_view(one)
            if self._column.indexOf(row) != index + 1:
                self._column.insertWidget(index + 1, row)
            self.rows.append(row)
        in_tab_order(self.wipe_button, self.bare_button, *self.rows)
        self._count.setText(_counted(len(edits), sum(not one.enabled for one in edits)))
        self._empty.setVisible(not edits)
        self.bare_button.setEnabled(bool(edits) or self.bare_button.isChecked())
        self.wipe_button.setEnabled(bool(edits))
        if not edits:
            self.wipe_button.setChecked(False)

    def minimumSizeHint(self) -> QSize:
        """The list scrolls."""
        return QSize(250, 130)

    def _row(self, view: EditView) -> EditRow:
        row = EditRow(view)
        row.strength_moved.connect(self.strength_moved)
        row.fit_moved.connect(self.fit_moved)
        row.switched.connect(self.switched)
        row.duplicated.connect(self.duplicated)
        row.deleted.connect(self.deleted)
        row.stepped.connect(self._step)
        row.grip.dragged.connect(lambda y: self._drag(row, y))
        row.grip.dropped.connect(lambda: self._drop(row))
        return row

    def _step(self, key: str, by: int) -> None:
        index = next((n for n, one in enumerate(self._edits) if one.key == key), -1)
        if index >= 0 and 0 <= index + by < len(self._edits):
            self.moved.emit(key, index + by)

    def _drag(self, row: EditRow, global_y: float) -> None:
        """Put the row where the pointer is; the others make room at once."""
        self._dragging = row.view.key
        parent = row.parentWidget()
        y = parent.mapFromGlobal(QPointF(0, global_y)).y() if parent is not None else 0.0
        others = [one for one in self.rows if one is not row]
        place = sum(one.geometry().center().y() < y for one in others)
        if self.rows.index(row) != place:
            self.rows.remove(row)
            self.rows.insert(place, row)
            self._column.removeWidget(row)
            self._column.insertWidget(place + 1, row)
            layout = self._column
            layout.activate()

    def _drop(self, row: EditRow) -> None:
        self._dragging = ""
        index = len(self.rows) - 1 - self.rows.index(row)
        before = next((n for n, one in enumerate(self._edits) if one.key == row.view.key), index)
        if index != before:
            self.moved.emit(row.view.key, index)
        else:
            self.set_edits(self._edits)


def _counted(layers: int, off: int) -> str:
    """How many layers there are, and how many of them do nothing; empty for none."""
    if not layers:
        return ""
    words = "1 layer" if layers == 1 else f"{layers} layers"
    return f"{words}, {off} off" if off else words
