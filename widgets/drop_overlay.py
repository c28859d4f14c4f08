"""Covers the window while something is dragged over it and says what a drop would do."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from widgets.icons import icon


class DropOverlay(QWidget):
    """A veil with a dashed frame and one sentence."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Drop here")
        self._text = ""
        self.hide()

    def show_text(self, text: str) -> None:
        """Cover the parent and say this."""
        self._text = text
        self.setAccessibleDescription(text)
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the veil."""
        del event
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = palette.color(QPalette.ColorRole.Window)
        veil.setAlphaF(0.92)
        painter.fillRect(self.rect(), veil)
        accent = palette.color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(accent, 2.5, Qt.PenStyle.CustomDashLine))
        pen = painter.pen()
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        glow = QColor(accent)
        glow.setAlphaF(0.07)
        painter.setBrush(glow)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(18, 18, -18, -18), 18, 18)
        middle = self.rect().center()
        size = 56
        pixmap = icon("drop", QPalette.ColorRole.Highlight).pixmap(size, size)
        painter.drawPixmap(middle.x() - size // 2, middle.y() - size, pixmap)
        font = QFont(self.font())
        font.setPointSizeF(16)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        line = QRectF(0, middle.y() + 14, self.width(), 40)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()
