"""Where the keys are: how it is known that somebody came by keys, and a frame around the picture for them."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from widgets.overlays import CornerMask

BY_KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
"""Reasons for which what has the focus is outlined: whoever came with the pointer knows where it is."""


class FocusFrame(QWidget):
    """A thin frame around the picture while keys turn it."""

    WIDTH = 2

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Frame of the picture")
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the picture inside alone, or it would be painted twice."""
        super().resizeEvent(event)
        inside = self.rect().adjusted(12, 12, -12, -12)
        self.setMask(QRegion(self.rect()).subtracted(QRegion(inside)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), self.WIDTH))
        half = self.WIDTH / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(half, half, -half, -half), CornerMask.RADIUS, CornerMask.RADIUS
        )
        painter.end()
