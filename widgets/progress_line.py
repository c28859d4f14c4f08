"""A thin line of progress that stays cheap: where OpenGL is done in software every repaint redraws the whole window."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

_HEIGHT = 6
_PULSE_MS = 700
_PULSE_STEPS = 3
_SMALLEST_STEP = 1 / 250
_PULSE_PART = 0.3


class ProgressLine(QWidget):
    """Shows a fraction, or a slow pulse while the length of the work is unknown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self._fraction: float | None = 0.0
        self._beat = 0
        self._timer = QTimer(self, interval=_PULSE_MS)
        self._timer.timeout.connect(self._pulse)

    def fraction(self) -> float | None:
        """Return how far the work is, 0..1; None is unknown."""
        return self._fraction

    def set_fraction(self, fraction: float | None) -> None:
        """Show how far the work is, 0..1; None pulses."""
        if fraction is None:
            self.setAccessibleDescription("Busy")
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()
            self.setAccessibleDescription(f"{round(100 * fraction)} per cent")
        if fraction is None or self._fraction is None or abs(fraction - self._fraction) > _SMALLEST_STEP:
            self._fraction = fraction
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove and line."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        radius = _HEIGHT / 2
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(whole, radius, radius)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        if self._fraction is None:
            # there and back again
            place = abs(self._beat - _PULSE_STEPS) / _PULSE_STEPS
            width = _PULSE_PART * whole.width()
            part = QRectF(place * (whole.width() - width), 0, width, _HEIGHT)
        else:
            part = QRectF(0, 0, max(self._fraction * whole.width(), _HEIGHT if self._fraction else 0), _HEIGHT)
        painter.drawRoundedRect(part, radius, radius)
        painter.end()

    def _pulse(self) -> None:
        if self.isVisible():
            self._beat = (self._beat + 1) % (2 * _PULSE_STEPS)
            self.update()
