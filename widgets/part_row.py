"""A part in the list of the head's parts: its name, and a bar for how much of the surface it covers."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from widgets.edit_values import TITLES, PartView
from widgets.focus_frame import BY_KEYS

_ROW_PX = 24


class PartRow(QAbstractButton):
    """A part with a bar for how much of the surface it covers."""

    pointed = Signal(str)

    def __init__(self, view: PartView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.name = view.name
        self.view = view
        self.set_view(view)

    def set_view(self, view: PartView) -> None:
        """Show this part."""
        self.view = view
        self.setText(TITLES[view.name])
        self.setAccessibleName(f"{TITLES[view.name]}, {view.amount}")
        if view.coverage > 0:
            covers = f"Covers {view.amount} of the head's surface"
        elif view.behind:
            covers = f"Hidden by the {TITLES[view.behind].lower()}"
        else:
            covers = "Nothing of it was found on this head"
        self.setToolTip(f"{covers}. Click chooses it, Shift-click beside others.")
        self.update()

    def sizeHint(self) -> QSize:
        """A line."""
        return QSize(160, _ROW_PX)

    def enterEvent(self, event: QEvent) -> None:
        """Light the part up on the head."""
        del event
        self.pointed.emit(self.name)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Let it go out."""
        del event
        self.pointed.emit("")
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Light the part up for who comes with keys, too."""
        super().focusInEvent(event)
        if event.reason() in BY_KEYS:
            self.pointed.emit(self.name)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let it go out."""
        super().focusOutEvent(event)
        if event.reason() in BY_KEYS:
            self.pointed.emit("")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, name, bar and figure."""
        del event
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.isChecked():
            painter.setBrush(palette.color(QPalette.ColorRole.Button))
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1))
            painter.drawRoundedRect(ground, 6, 6)
        elif self.underMouse():
            painter.setBrush(palette.color(QPalette.ColorRole.Light))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(ground, 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            around = QPalette.ColorRole.WindowText if self.isChecked() else QPalette.ColorRole.Highlight
            painter.setPen(QPen(palette.color(around), 1))
            painter.drawRoundedRect(ground, 6, 6)
        there = self.view.coverage > 0
        role = QPalette.ColorRole.WindowText if there else QPalette.ColorRole.PlaceholderText
        painter.setPen(palette.color(role))
        line = self.rect().adjusted(10, 0, -10, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(line, left, self.text())
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(line, right, self.view.amount)
        if there:
            room = max(10.0, self.width() - 92.0 - 58.0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Mid))
            painter.drawRoundedRect(QRectF(92, self.height() / 2 - 2, room, 4), 2, 2)
            painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
            # by its root, or small parts would show nothing
            painter.drawRoundedRect(
                QRectF(92, self.height() / 2 - 2, max(4.0, room * self.view.coverage**0.5), 4), 2, 2
            )
        painter.end()
