"""The strip under the viewer: compare, turntable, exact angles and zoom, backdrop, reset."""

import math
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)
from superqt import QLabeledSlider

from widgets.navigation import MAX_ZOOM, MIN_ZOOM, View

_WITH_ALL_WORDS, _WITH_CAPTIONS, _WITH_WORDS, _WITH_NUMBERS = 880, 706, 598, 528
"""Widths in pixels from which all buttons' texts, captions, one button's text and the numbers of the view are shown."""
_NARROWEST = 230
MIN_TURN_SECONDS, MAX_TURN_SECONDS = 2, 30


class ViewBar(QWidget):
    """Shows a view in numbers and emits the view that was typed; the buttons are the window's own actions."""

    view_entered = Signal(object)
    turn_seconds_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("View controls")
        self._view = View()
        self._captions: list[QLabel] = []
        self._compare: QToolButton | None = None
        self._others: list[QToolButton] = []
        self.yaw_box = self._angle_box("Yaw in degrees", -180, 180, wraps=True)
        self.pitch_box = self._angle_box("Pitch in degrees", -90, 90, wraps=False)
        self.zoom_box = self._angle_box("Zoom in per cent", MIN_ZOOM * 100, MAX_ZOOM * 100, wraps=False)
        self.zoom_box.setSuffix(" %")
        self.zoom_box.setDecimals(0)
        self.zoom_box.setSingleStep(10)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 5, 8, 5)
        self._row.setSpacing(4)
        self.set_view(self._view)

    def set_actions(
        self, compare: QAction, surface: QAction, seen: QAction, turntable: QAction, reset: QAction, backdrops: QMenu
    ) -> None:
        """Lay out the strip around the window's actions."""
        self._compare = _button(compare, text=True)
        self._row.addWidget(self._compare)
        turn = _button(turntable)
        self._others = [_button(surface), _button(seen), turn]
        for one in self._others[:2]:
            self._row.addWidget(one)
        turn.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        turn.setMenu(self._speed_menu())
        self._row.addWidget(turn)
        self._row.addStretch(1)
        for caption, box in (("Yaw", self.yaw_box), ("Pitch", self.pitch_box), ("Zoom", self.zoom_box)):
            label = QLabel(caption)
            label.setProperty("role", "muted")
            label.setBuddy(box)
            self._captions.append(label)
            self._row.addWidget(label)
            self._row.addWidget(box)
        self._row.addStretch(1)
        backdrop = QToolButton()
        backdrop.setDefaultAction(backdrops.menuAction())
        backdrop.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        backdrop.setIconSize(QSize(18, 18))
        backdrop.setAccessibleName("Backdrop")
        backdrop.setToolTip("Backdrop behind the head")
        self._row.addWidget(backdrop)
        self._row.addWidget(_button(reset))

    def set_view(self, view: View) -> None:
        """Show a view without emitting."""
        self._view = view
        for box, value in (
            (self.yaw_box, math.degrees(view.yaw_radians)),
            (self.pitch_box, math.degrees(view.pitch_radians)),
            (self.zoom_box, view.zoom * 100),
        ):
            if not box.hasFocus() or abs(box.value() - value) > 0.5 * 10 ** -box.decimals():
                with QSignalBlocker(box):
                    box.setValue(value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out words and numbers where the strip is narrow."""
        super().resizeEvent(event)
        for caption in self._captions:
            caption.setVisible(self.width() >= _WITH_CAPTIONS)
        for box in (self.yaw_box, self.pitch_box, self.zoom_box):
            box.setVisible(self.width() >= _WITH_NUMBERS)
        if self._compare is not None:
            text = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            only = Qt.ToolButtonStyle.ToolButtonIconOnly
            self._compare.setToolButtonStyle(text if self.width() >= _WITH_WORDS else only)
            for one in self._others:
                one.setToolButtonStyle(text if self.width() >= _WITH_ALL_WORDS else only)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for a small window."""
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    def _angle_box(self, name: str, low: float, high: float, *, wraps: bool) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(low, high)
        box.setDecimals(1)
        box.setSingleStep(5)
        box.setWrapping(wraps)
        box.setSuffix("°")
        box.setKeyboardTracking(False)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        box.setFixedWidth(74)
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.valueChanged.connect(self._entered)
        return box

    def _entered(self) -> None:
        turned = self._view.facing(math.radians(self.yaw_box.value()), math.radians(self.pitch_box.value()))
        self._view = replace(turned, zoom=self.zoom_box.value() / 100)
        self.view_entered.emit(self._view)

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 8)
        label = QLabel("Seconds for one turn")
        label.setProperty("role", "muted")
        slider = QLabeledSlider(Qt.Orientation.Horizontal)
        slider.setRange(MIN_TURN_SECONDS, MAX_TURN_SECONDS)
        slider.setValue(8)
        slider.setMinimumWidth(200)
        slider.setAccessibleName("Seconds for one turn")
        slider.valueChanged.connect(lambda seconds: self.turn_seconds_changed.emit(float(seconds)))
        column.addWidget(label)
        column.addWidget(slider)
        action = QWidgetAction(menu)
        action.setDefaultWidget(page)
        menu.addAction(action)
        return menu


def _button(action: QAction, *, text: bool = False) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
    button.setToolButtonStyle(style)
    button.setAccessibleName(action.text().replace("&", ""))
    button.setIconSize(QSize(18, 18))
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
