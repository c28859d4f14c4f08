"""A layer in the stack of edits: its picture, its name, its strength, and the tools that work on it."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPixmap,
)
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
from widgets.grip import Grip
from widgets.icons import dress, icon
from widgets.parts import label
from widgets.pictures import thumbnail

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
        column.addLayout(self._top())
        column.addLayout(self._bottom(view))
        self.fit = FitBox(view.usual_harmony)
        self.fit.moved.connect(lambda name, amount, live: self.fit_moved.emit(self.view.key, name, amount, live))
        self.fit.hide()
        column.addWidget(self.fit)
        self._problem = label("", "warning", wrap=True)
        column.addWidget(self._problem)
        self._pictured: tuple[object, ...] | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._show_tools)
        self._show_tools()
        self.set_view(view)

    def set_view(self, view: EditView) -> None:
        """Show this edit."""
        self.view = view
        self.setAccessibleName(view.title if view.enabled else f"{view.title}, switched off")
        self.setAccessibleDescription("Space switches it, Delete deletes it, Alt with up or down moves it")
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

    def enterEvent(self, event: QEnterEvent) -> None:
        """Offer what can be done with the layer."""
        super().enterEvent(event)
        self._show_tools()

    def leaveEvent(self, event: QEvent) -> None:
        """Leave the room to the title again."""
        super().leaveEvent(event)
        self._show_tools()

    def _top(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setSpacing(0)
        self._title = QElidingLabel()
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        top.addWidget(self._title, 1)
        self.eye_button = _tool("eye", "Switch the edit on or off", self._switch)
        self.copy_button = _tool("copy", "Duplicate the edit", lambda: self.duplicated.emit(self.view.key))
        self.delete_button = _tool("discard", "Delete the edit", lambda: self.deleted.emit(self.view.key))
        for tool in (self.copy_button, self.delete_button, self.eye_button):
            top.addWidget(tool)
        return top

    def _bottom(self, view: EditView) -> QHBoxLayout:
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
        self.fit_button = _tool("more", "How the part fits: seam and colours", self._open_fit)
        self.fit_button.setCheckable(True)
        bottom.addWidget(self.fit_button)
        return bottom

    def _show_tools(self, *_focus: object) -> None:
        """Keep the tools that a title has no room beside for the layer that is pointed at or has the focus."""
        focused = QApplication.focusWidget()
        wanted = self.underMouse() or (focused is not None and (focused is self or self.isAncestorOf(focused)))
        for tool in (self.copy_button, self.delete_button):
            tool.setVisible(wanted)

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
