"""The small axis cross in the viewer's corner: shows where the camera is, a click looks along an axis."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from core.camera import Camera
from widgets.pictures import round_pen

RED, GREEN, BLUE = "#e0605a", "#7fb44a", "#5b93e6"
"""Of the axes x, y and z wherever they are drawn."""
_AXES: tuple[tuple[str, str, tuple[int, int, int], str], ...] = (
    ("right", "X", (1, 0, 0), RED),
    ("left", "", (-1, 0, 0), RED),
    ("top", "Y", (0, 1, 0), GREEN),
    ("bottom", "", (0, -1, 0), GREEN),
    ("front", "Z", (0, 0, 1), BLUE),
    ("back", "", (0, 0, -1), BLUE),
)
_SIDE = 92
_REACH = 32.0
_BALL = 8.5


class OrientationGizmo(QWidget):
    """Three axes as the camera sees them; emits the name of the view that was clicked."""

    view_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_SIDE, _SIDE)
        self.setMouseTracking(True)
        self.setAccessibleName("Orientation of the view")
        self.setAccessibleDescription("Click an axis to look along it")
        self._camera = Camera.orbit()
        self._hovered = ""

    def set_camera(self, camera: Camera) -> None:
        """Turn the cross as this camera sees it."""
        self._camera = camera
        self.update()

    def sizeHint(self) -> QSize:
        """Always the same size."""
        return QSize(_SIDE, _SIDE)

    def axis_at(self, position: QPointF) -> str:
        """Return the name of the foremost view under a position, or an empty string."""
        hit = ""
        for name, _, _, place, _ in self._balls():
            if (place - position).manhattanLength() < _BALL * 1.6:
                hit = name
        return hit

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw from back to front."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(_SIDE / 2, _SIDE / 2)
        if self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(16, 17, 19, 60))
            painter.drawEllipse(middle, _SIDE / 2, _SIDE / 2)
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        for name, letter, colour_name, place, depth in self._balls():
            colour = QColor(colour_name)
            colour.setAlphaF(0.65 + 0.35 * (1 - depth) / 2)
            lit = name == self._hovered
            if letter:
                painter.setPen(round_pen(colour, 2.2))
                painter.drawLine(middle, place)
                painter.setBrush(colour.lighter(120) if lit else colour)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(place, _BALL, _BALL)
                painter.setPen(QColor(255, 255, 255))
                painter.drawText(QRectF(place.x() - 9, place.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, letter)
            else:
                ground = QColor(colour)
                ground.setAlphaF(0.9 if lit else 0.28)
                painter.setPen(QPen(colour, 1.4))
                painter.setBrush(ground)
                painter.drawEllipse(place, _BALL - 2, _BALL - 2)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the axis under the pointer."""
        self._hover(self.axis_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the view under the pointer; elsewhere let the viewer have the click."""
        name = self.axis_at(event.position())
        if name and event.button() is Qt.MouseButton.LeftButton:
            self.view_chosen.emit(name)
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is lit any more."""
        super().leaveEvent(event)
        self._hover("")

    def _hover(self, name: str) -> None:
        if name != self._hovered:
            self._hovered = name
            self.setToolTip(f"{name.capitalize()} view" if name else "")
            self.setCursor(Qt.CursorShape.PointingHandCursor if name else Qt.CursorShape.ArrowCursor)
            self.update()

    def _balls(self) -> list[tuple[str, str, str, QPointF, float]]:
        """Return name, letter, colour, place and depth (-1 near .. 1 far) of the six ends, farthest first."""
        camera_from_world = self._camera.camera_from_world[:3, :3]
        ends = []
        for name, letter, axis, colour in _AXES:
            seen = camera_from_world @ np.asarray(axis, np.float64)
            place = QPointF(_SIDE / 2 + _REACH * float(seen[0]), _SIDE / 2 + _REACH * float(seen[1]))
            ends.append((name, letter, colour, place, float(seen[2])))
        return sorted(ends, key=lambda end: -end[4])
