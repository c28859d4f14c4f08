"""What the colours of the viewer's heat map say: a small scale from guessed to seen."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

_MARGIN = 12
_BAR_WIDTH, _BAR_HEIGHT = 84, 8


class SeenLegend(QWidget):
    """Stands in the lower right corner of its parent and follows it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Colours of the heat map")
        self.setAccessibleDescription("Violet was guessed by the model, yellow was seen in the photo")
        self._stops: tuple[str, ...] = ()
        words = self.fontMetrics()
        self._left, self._right = words.horizontalAdvance("Guessed") + 10, words.horizontalAdvance("Seen") + 10
        self.setFixedSize(self._left + _BAR_WIDTH + self._right + 20, 26)
        parent.installEventFilter(self)
        self.hide()

    def set_stops(self, stops: Sequence[str]) -> None:
        """Show the scale in these colours, `#rrggbb` from guessed to seen; none hides it."""
        self._stops = tuple(stops)
        self.setVisible(bool(stops))
        self._place()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pill."""
        del event
        if not self._stops:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(16, 17, 19, 150))
        painter.drawRoundedRect(self.rect(), 13, 13)
        bar = QRectF(10 + self._left, (self.height() - _BAR_HEIGHT) / 2, _BAR_WIDTH, _BAR_HEIGHT)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for number, stop in enumerate(self._stops):
            gradient.setColorAt(number / max(1, len(self._stops) - 1), QColor(stop))
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 4, 4)
        painter.setPen(QColor("#ececee"))
        middle = Qt.AlignmentFlag.AlignVCenter
        words = self.rect().adjusted(12, 0, -12, 0)
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignLeft, "Guessed")
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignRight, "Seen")
        painter.end()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.move(parent.width() - self.width() - _MARGIN, parent.height() - self.height() - _MARGIN)
