"""What floats over the viewer's picture: quality badge, wipe handle, captions."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from core.frame import Quality
from widgets.pictures import round_pen

QUALITY_NAMES = {Quality.PREVIEW: "Preview", Quality.NEAR: "Good", Quality.EXACT: "Best"}
_QUICK_MS, _SLOW_MS = 80, 500
_SHADE = QColor(0, 0, 0, 60)
_DOTS = {Quality.PREVIEW: "#e3b062", Quality.NEAR: "#9fd08a", Quality.EXACT: "#3cbfac"}


class QualityBadge(QWidget):
    """How good the shown frame is, and a turning arc while a finer one is under way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Quality of the picture")
        self._quality: Quality | None = None
        self._refining = False
        self._covered = False
        self._name = ""
        self._turn = 0
        self._timer = QTimer(self, interval=_QUICK_MS)
        self._timer.timeout.connect(self._advance)

    def set_quality(self, quality: Quality | None) -> None:
        """Show this quality; None hides it."""
        self._quality = quality
        self._refresh()

    def set_covered(self, covered: bool) -> None:
        """Step aside for something that lies over the view, or come back."""
        self._covered = covered
        self._refresh()

    def set_name(self, name: str) -> None:
        """Say this instead of the quality; empty says the quality."""
        self._name = name
        self._refresh()

    def set_refining(self, busy: bool, *, slowly: bool = False) -> None:
        """Show that a finer frame is being made; `slowly` where each repaint is dear."""
        self._refining = busy
        self._timer.setInterval(_SLOW_MS if slowly else _QUICK_MS)
        if busy:
            self._timer.start()
        else:
            self._timer.stop()
        self._refresh()

    def text(self) -> str:
        """Return what the badge says."""
        name = "" if self._quality is None else self._name or QUALITY_NAMES[self._quality]
        return f"{name} · refining" if self._refining and name else name

    def sizeHint(self) -> QSize:
        """As wide as its text."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 34, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pill."""
        del event
        if self._quality is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(16, 17, 19, 150))
        painter.drawRoundedRect(self.rect(), 12, 12)
        colour = QColor(_DOTS[self._quality])
        if self._refining:
            painter.setPen(round_pen(colour, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawArc(QRectF(9, 7, 10, 10), -self._turn * 16, 250 * 16)
        else:
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(14, 12), 3.5, 3.5)
        painter.setPen(QColor("#ececee"))
        text = self.rect().adjusted(25, 0, -8, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        painter.end()

    def _advance(self) -> None:
        self._turn = (self._turn + 45) % 360
        self.update()

    def _refresh(self) -> None:
        self.setVisible(self._quality is not None and not self._covered)
        self.setAccessibleDescription(self.text())
        self.resize(self.sizeHint())
        self.update()


class WipeHandle(QWidget):
    """A line with a grip, dragged sideways over the comparison, by keys too."""

    dragged = Signal(float)

    WIDTH = 36
    KEY_STEP_PX = 24

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_compared("photo", "head")
        self._grab: float | None = None

    def set_compared(self, left: str, right: str) -> None:
        """Say what shows on either side."""
        self.setAccessibleName(f"Wipe between {left} and {right}")
        self.setAccessibleDescription(
            f"Drag sideways, or left and right arrow keys: the {left} shows on the left, the {right} on the right"
        )

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys move it."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """They no longer do."""
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move it."""
        step = {Qt.Key.Key_Left: -self.KEY_STEP_PX, Qt.Key.Key_Right: self.KEY_STEP_PX}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.dragged.emit(self.x() + self.width() / 2 + step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw line and grip."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, middle = self.width() / 2, self.height() / 2
        painter.setPen(QPen(QColor(0, 0, 0, 70), 4))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setPen(QPen(QColor(255, 255, 255), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        rim = QPen(self.palette().color(QPalette.ColorRole.Highlight), 3) if self.hasFocus() else QPen(_SHADE, 1)
        painter.setPen(rim)
        painter.setBrush(QColor(255, 255, 255))
        painter.drawEllipse(QPointF(x, middle), 15, 15)
        painter.setPen(round_pen(QColor("#33363b"), 2))
        for side in (-1, 1):
            tip = QPointF(x + side * 8, middle)
            painter.drawLine(tip, tip + QPointF(-side * 4, -4))
            painter.drawLine(tip, tip + QPointF(-side * 4, 4))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._grab = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit where the line should stand, in the parent's x."""
        if self._grab is not None:
            self.dragged.emit(self.x() + event.position().x() - self._grab + self.width() / 2)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        del event
        self._grab = None


class Caption(QLabel):
    """A word on a dark pill over the picture."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "pill")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        self.hide()


class CornerMask(QWidget):
    """Rounds one corner of the picture by painting what lies outside the curve in the window's colour."""

    RADIUS = 10

    def __init__(self, right: bool, bottom: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(self.RADIUS, self.RADIUS)
        self.setAccessibleName("Corner")
        self._right, self._bottom = right, bottom

    def place(self, size: QSize) -> None:
        """Move into its corner of a picture of this size."""
        self.move(size.width() - self.RADIUS if self._right else 0, size.height() - self.RADIUS if self._bottom else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill outside the quarter circle."""
        del event
        radius = self.RADIUS
        outside = QPainterPath()
        outside.addRect(QRectF(self.rect()))
        circle = QPainterPath()
        circle.addEllipse(QPointF(0 if self._right else radius, 0 if self._bottom else radius), radius, radius)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(outside.subtracted(circle), self.palette().color(QPalette.ColorRole.Window))
        painter.end()
