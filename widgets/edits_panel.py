"""The stack of edits: each can be switched off, weakened, moved, doubled, deleted; a button shows the head bare."""

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from widgets.amount_slider import AmountSlider
from widgets.edit_values import WIDEST_SEAM, EditKind, EditView, Rgb
from widgets.icons import dress, icon
from widgets.parts import label
from widgets.pictures import thumbnail
from widgets.scrolling_panel import ScrollingPanel

_PICTURE = QSize(30, 30)
_ICONS = {
    EditKind.TAKE: "take",
    EditKind.REMOVE: "remove_part",
    EditKind.SLIDER: "slider",
    EditKind.COLOUR: "colour",
    EditKind.PAINT: "paint",
    EditKind.REPAIR: "repair",
    EditKind.STYLE: "style",
}
_NOTHING = "Each change of the head becomes a layer here: weaken it, switch it off, move it, delete it."


class Grip(QWidget):
    """Six dots to drag a layer by."""

    dragged = Signal(float)  # y in the parent's parent
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(12)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to change the order")
        self.setAccessibleName("Drag to change the order")
        self._held = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dots."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.PlaceholderText))
        for row in (-1, 0, 1):
            for column in (-1, 1):
                painter.drawEllipse(QPointF(self.width() / 2 + 2.5 * column, self.height() / 2 + 6 * row), 1.3, 1.3)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._held = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell where the pointer is."""
        if self._held:
            self.dragged.emit(event.globalPosition().y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held and event.button() is Qt.MouseButton.LeftButton:
            self._held = False
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.dropped.emit()


class FitBox(QWidget):
    """How a part that was taken fits: the width of its seam, and how far its colours follow the head's own."""

    moved = Signal(str, float, bool)

    def __init__(self, usual_harmony: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seam_slider = AmountSlider("Width of the seam", 0.0, WIDEST_SEAM, 1.0)
        self.harmony_slider = AmountSlider("Colours follow the head's own", 0.0, 1.0, usual_harmony)
        form = QFormLayout(self)
        form.setContentsMargins(0, 2, 0, 2)
        form.setVerticalSpacing(2)
        form.setHorizontalSpacing(8)
        for text, slider, name, tip in (
            ("Seam", self.seam_slider, "seam", "How softly its edge fades into the head"),
            ("Harmony", self.harmony_slider, "harmony", "How far its colours follow the head's own"),
        ):
            slider.setToolTip(f"{tip}; double-click for the usual one")
            slider.amount_changed.connect(lambda amount, live, name=name: self.moved.emit(name, amount, live))
            form.addRow(label(text, "muted"), slider)


class EditRow(QFrame):
    """One layer; signals carry its key."""

    strength_moved = Signal(str, float, bool)
    switched = Signal(str, bool)
    duplicated = Signal(str)
    deleted = Signal(str)
    stepped = Signal(str, int)
    fit_moved = Signal(str, str, float, bool)

    def __init__(self, view: EditView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 5, 4, 5)
        row.setSpacing(6)
        self.grip = Grip()
        row.addWidget(self.grip)
        self._picture = QLabel()
        self._picture.setFixedSize(_PICTURE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(self._picture)
        column = QVBoxLayout()
        column.setSpacing(0)
        row.addLayout(column, 1)
        top = QHBoxLayout()
        top.setSpacing(0)
        self._title = QElidingLabel()
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        top.addWidget(self._title, 1)
        self.eye_button = _tool("eye", "Switch the edit on or off", self._switch)
        self.copy_button = _tool("copy", "Duplicate the edit", lambda: self.duplicated.emit(self.view.key))
        self.delete_button = _tool("discard", "Delete the edit", lambda: self.deleted.emit(self.view.key))
        self.fit_button = _tool("more", "How the part fits: seam and colours", self._open_fit)
        self.fit_button.setCheckable(True)
        for tool in (self.fit_button, self.eye_button, self.copy_button, self.delete_button):
            top.addWidget(tool)
        column.addLayout(top)
        bottom = QHBoxLayout()
        bottom.setSpacing(4)
        self.slider = AmountSlider("Strength", view.minimum, view.maximum, view.neutral)
        self.slider.setToolTip("Strength; double-click for the usual one")
        self.slider.amount_changed.connect(self._moved)
        self._value = label("", "muted")
        self._value.setFixedWidth(40)
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bottom.addWidget(self.slider, 1)
        bottom.addWidget(self._value)
        column.addLayout(bottom)
        self.fit = FitBox(view.usual_harmony)
        self.fit.moved.connect(lambda name, amount, live: self.fit_moved.emit(self.view.key, name, amount, live))
        self.fit.hide()
        column.addWidget(self.fit)
        self._problem = label("", "warning", wrap=True)
        column.addWidget(self._problem)
        self._pictured: tuple[object, ...] | None = None
        self.set_view(view)

    def set_view(self, view: EditView) -> None:
        """Show this edit."""
        self.view = view
        self.setAccessibleName(view.title)
        self._title.setText(view.title)
        self._title.setToolTip(view.title)
        self._title.setEnabled(view.enabled)
        self.slider.set_amount(view.strength)
        self.slider.setEnabled(view.enabled)
        self._show_value(self.slider.amount())
        self.fit_button.setVisible(view.seam is not None)
        if view.seam is not None and view.harmony is not None:
            self.fit.seam_slider.set_amount(view.seam)
            self.fit.harmony_slider.set_amount(view.harmony)
        self.fit.setEnabled(view.enabled)
        dress(self.eye_button, "eye" if view.enabled else "eye_off")
        self.eye_button.setToolTip("Switch off" if view.enabled else "Switch on")
        self._problem.setText(view.problem)
        self._problem.setVisible(bool(view.problem))
        pictured = (view.kind, view.rgb, id(view.thumbnail), view.enabled)
        if pictured != self._pictured:
            self._pictured = pictured
            self._picture.setPixmap(self._pixmap(view))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete deletes, Space switches, Alt with an arrow moves the layer."""
        key, alt = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if key == Qt.Key.Key_Delete:
            self.deleted.emit(self.view.key)
        elif key == Qt.Key.Key_Space:
            self._switch()
        elif alt and key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.stepped.emit(self.view.key, 1 if key == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def _open_fit(self) -> None:
        self.fit.setVisible(self.fit_button.isChecked())

    def _switch(self) -> None:
        self.switched.emit(self.view.key, not self.view.enabled)

    def _moved(self, amount: float, live: bool) -> None:
        self._show_value(amount)
        self.strength_moved.emit(self.view.key, amount, live)

    def _show_value(self, amount: float) -> None:
        signed = self.view.minimum < 0
        self._value.setText(f"{amount:+.2f}" if signed else f"{amount * 100:.0f} %")

    def _pixmap(self, view: EditView) -> QPixmap:
        if view.rgb is not None:
            return _swatch(view.rgb, self.devicePixelRatioF())
        if view.thumbnail is not None:
            return thumbnail(view.thumbnail, _PICTURE, self.devicePixelRatioF(), 5)
        return icon(_ICONS[view.kind], QPalette.ColorRole.PlaceholderText).pixmap(20, 20)


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
        scroll = ScrollingPanel("", (0, 0, 4, 0), 4)
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
        working = sum(one.enabled for one in edits)
        self._count.setText(f"{working} of {len(edits)} at work" if edits else "")
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


def _tool(name: str, text: str, pressed: object) -> QToolButton:
    made = QToolButton()
    made.setFixedSize(24, 22)
    made.setStyleSheet("QToolButton { padding: 0; }")
    made.setAccessibleName(text)
    made.setToolTip(text)
    dress(made, name)
    made.clicked.connect(pressed)
    return made


def _swatch(rgb: Rgb, ratio: float) -> QPixmap:
    pixmap = QPixmap(_PICTURE * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    side = pixmap.width()
    outline.addRoundedRect(side * 0.1, side * 0.1, side * 0.8, side * 0.8, side * 0.2, side * 0.2)
    painter.fillPath(outline, QColor.fromRgbF(*rgb))
    painter.setPen(QApplication.palette().color(QPalette.ColorRole.PlaceholderText))
    painter.drawPath(outline)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
