"""A slider for an amount that may be negative: filled from its neutral value, set where it is clicked."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

_STEPS = 100
"""Steps for each whole unit."""
_SETTLE_MS = 500
"""A change by keys counts as finished when nothing followed for this long."""
_KNOB = 6.0
_LIVE_MS = 40
"""The least time between two changes told while the hand is at it."""


class AmountSlider(QSlider):
    """Shows an amount; `amount_changed` tells the new one and whether the hand is still at it."""

    amount_changed = Signal(float, bool)

    def __init__(
        self, name: str, minimum: float, maximum: float, neutral: float = 0.0, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(name)
        self.setRange(round(minimum * _STEPS), round(maximum * _STEPS))
        self.setSingleStep(10)
        self.setPageStep(50)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._neutral = round(neutral * _STEPS)
        self._held = False
        self._settle = QTimer(self, interval=_SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(self._finish)
        self._pace = QTimer(self, interval=_LIVE_MS, singleShot=True)
        self._pace.timeout.connect(self._tell)
        self._untold = False
        self.valueChanged.connect(self._changed)
        self._quiet = False

    def amount(self) -> float:
        """Return the amount."""
        return self.value() / _STEPS

    def set_amount(self, amount: float) -> None:
        """Show an amount without emitting; a hand that is at the slider keeps it."""
        if self._held or self._settle.isActive():
            return
        self._quiet = True
        self.setValue(round(amount * _STEPS))
        self._quiet = False
        self.update()

    def reset(self) -> None:
        """Go to the neutral amount."""
        self._settle.stop()
        self._quiet = True
        self.setValue(self._neutral)
        self._quiet = False
        self._finish()

    def sizeHint(self) -> QSize:
        """Low: many stand below each other."""
        return QSize(120, 20)

    def minimumSizeHint(self) -> QSize:
        """Still usable."""
        return QSize(60, 20)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to where the pointer is."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self._held = True
        self._settle.stop()
        self._follow(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if self._held:
            self._follow(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held and event.button() is Qt.MouseButton.LeftButton:
            self._held = False
            self._finish()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go to the neutral amount."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._held = False
            self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the list that scrolls, unless the slider was chosen."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Backspace reset, arrows move."""
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.reset()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove, fill and knob."""
        del event
        palette = self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        left, right = self._place(self.minimum()), self._place(self.maximum())
        painter.setBrush(palette.color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
        zero, here = self._place(self._neutral_shown()), self._place(self.value())
        if self.minimum() < 0 < self.maximum():
            painter.setBrush(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawRoundedRect(QRectF(zero - 1, middle - 5, 2, 10), 1, 1)
        accent = palette.color(group, QPalette.ColorRole.Highlight)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(min(zero, here), middle - 2, abs(here - zero), 4), 2, 2)
        lively = self._held or self.hasFocus() or (self.underMouse() and self.isEnabled())
        painter.setBrush(palette.color(group, QPalette.ColorRole.WindowText))
        radius = _KNOB if not lively else _KNOB + 1
        painter.drawEllipse(QPointF(here, middle), radius, radius)
        if lively:
            painter.setBrush(accent)
            painter.drawEllipse(QPointF(here, middle), radius - 3, radius - 3)
        painter.end()

    def _neutral_shown(self) -> int:
        """Where the fill begins: at nothing, be it in the middle or at the left."""
        return min(max(0, self.minimum()), self.maximum())

    def _place(self, value: int) -> float:
        span = max(1, self.maximum() - self.minimum())
        room = self.width() - 2 * (_KNOB + 2)
        return _KNOB + 2 + room * (value - self.minimum()) / span

    def _follow(self, x: float) -> None:
        span = self.maximum() - self.minimum()
        room = max(1.0, self.width() - 2 * (_KNOB + 2))
        value = self.minimum() + span * (x - _KNOB - 2) / room
        near_neutral = abs(value - self._neutral_shown()) < span * 0.015
        self.setValue(self._neutral_shown() if near_neutral else round(value))

    def _changed(self) -> None:
        self.update()
        if self._quiet:
            return
        self._untold = True
        if not self._pace.isActive():
            self._tell()
        if not self._held:
            self._settle.start()

    def _tell(self) -> None:
        if self._untold:
            self._untold = False
            self._pace.start()
            self.amount_changed.emit(self.amount(), True)

    def _finish(self) -> None:
        self._pace.stop()
        self._untold = False
        self.amount_changed.emit(self.amount(), False)
