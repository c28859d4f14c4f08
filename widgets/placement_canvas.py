"""The photo on which a face is placed by hand: a box and five points to drag, crop and axes that follow from them.

Longer than usual: each grip can be reached by mouse and by keys.
"""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from widgets.gizmo import BLUE, GREEN, RED
from widgets.hand_placement import POINT_NAMES, dragged
from widgets.pictures import image_of, round_pen
from widgets.values import HandPlacement, Picture, PlacedHead, Points

_GRAB_PX = 12
_BY_KEYS = ("box", "corner 3", *(f"point {number}" for number in range(len(POINT_NAMES))))
"""Grips in the order in which keys go through them."""
_KEY_STEP = 0.02
"""By which a key moves one, in widths of the box."""
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
"""To the right and down."""
Reproject = Callable[[HandPlacement], PlacedHead | None]


class PlacementCanvas(QWidget):
    """Emits the placement while it is dragged or moved by keys; the wheel zooms into the photo."""

    placement_changed = Signal(object)

    def __init__(
        self, photo: Picture, start: HandPlacement, reproject: Reproject, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Photo with the face to place")
        self.setAccessibleDescription("Space goes to the next grip, arrow keys move it, with Shift by one pixel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(420, 320)
        self._image = image_of(photo)
        self._size = (photo.shape[1], photo.shape[0])
        self._placement = start
        self._reproject = reproject
        self._placed = reproject(start)
        self._grip = ""
        self._hovered = ""
        self._last = QPointF()
        self._zoom = 1.0
        self._offset = QPointF()

    def placement(self) -> HandPlacement:
        """Return where the face is now."""
        return self._placement

    def placed(self) -> PlacedHead | None:
        """Return what follows from it; None where the points make no face."""
        return self._placed

    def set_placement(self, placement: HandPlacement) -> None:
        """Move the face and show what follows from it."""
        self._placement = placement
        self._placed = self._reproject(placement)
        self.placement_changed.emit(placement)
        self.update()

    def grip_at(self, position: QPointF) -> str:
        """Return what a drag from here takes hold of: `point N`, `corner N`, `box`, or nothing."""
        for index, point in enumerate(self._placement.landmarks.tolist()):
            if _near(self.to_widget(*point), position):
                return f"point {index}"
        left, top, width, height = self._placement.box
        corners = ((left, top), (left + width, top), (left, top + height), (left + width, top + height))
        for index, corner in enumerate(corners):
            if _near(self.to_widget(*corner), position):
                return f"corner {index}"
        box = QRectF(self.to_widget(left, top), self.to_widget(left + width, top + height))
        return "box" if box.contains(position) else ""

    def to_widget(self, x: float, y: float) -> QPointF:
        """Return where a photo position is shown."""
        target = self._target()
        return QPointF(
            target.x() + x / self._size[0] * target.width(), target.y() + y / self._size[1] * target.height()
        )

    def sizeHint(self) -> QSize:
        """Comfortably large."""
        return QSize(720, 520)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw photo, crop, box, reprojected face, the head's axes and the points."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.drawImage(self._target(), self._image)
        accent = self.palette().color(QPalette.ColorRole.Highlight).lighter(110)
        left, top, width, height = self._placement.box
        box = QRectF(self.to_widget(left, top), self.to_widget(left + width, top + height))
        if self._placed is not None:
            self._paint_crop(painter, self._placed.corners)
        self._paint_box(painter, box, accent)
        if self._placed is not None:
            face = self._shown(self._placed.landmarks)
            painter.setPen(round_pen(QColor(0, 0, 0, 110), 3))
            painter.drawPoints(face)
            painter.setPen(round_pen(accent, 1.6))
            painter.drawPoints(face)
            self._paint_axes(painter, self._placed.axes)
        for index, (x, y) in enumerate(self._placement.landmarks.tolist()):
            lit = f"point {index}" in {self._grip, self._hovered}
            self._paint_point(painter, self.to_widget(x, y), POINT_NAMES[index] if lit else "", accent)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of what is under the pointer; the middle button or an empty place moves the photo."""
        self._last = event.position()
        left = event.button() is Qt.MouseButton.LeftButton
        self._grip = (self.grip_at(event.position()) if left else "") or "photo"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or show what could be taken hold of."""
        if not self._grip:
            self._hovered = self.grip_at(event.position())
            self.setCursor(_cursor(self._hovered))
            self.update()
            return
        moved = event.position() - self._last
        self._last = event.position()
        if self._grip == "photo":
            self._offset += moved
            self.update()
            return
        scale = self._size[0] / self._target().width()
        self.set_placement(dragged(self._placement, self._grip, moved.x() * scale, moved.y() * scale))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        del event
        self._grip = ""
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space goes on to the next grip, arrow keys move it."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Space:
            following = _BY_KEYS.index(self._hovered) + 1 if self._hovered in _BY_KEYS else 0
            self._hovered = _BY_KEYS[following % len(_BY_KEYS)]
            self.update()
        elif step is not None and self._hovered:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            pixels = 1.0 if fine else max(1.0, _KEY_STEP * self._placement.box[2])
            self.set_placement(dragged(self._placement, self._hovered, step[0] * pixels, step[1] * pixels))
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        before = event.position() - self._target().center()
        factor = 1.15 ** (event.angleDelta().y() / 120)
        zoom = min(12.0, max(1.0, self._zoom * factor))
        self._offset -= before * (zoom / self._zoom - 1)
        self._zoom = zoom
        if zoom == 1.0:
            self._offset = QPointF()
        self.update()

    def _target(self) -> QRectF:
        width, height = self._size
        scale = min(self.width() / width, self.height() / height) * self._zoom
        target = QRectF(0, 0, width * scale, height * scale)
        target.moveCenter(QRectF(self.rect()).center() + self._offset)
        return target

    def _shown(self, points: Points) -> QPolygonF:
        return QPolygonF([self.to_widget(x, y) for x, y in points.tolist()])

    def _paint_crop(self, painter: QPainter, corners: Points) -> None:
        """Darken what the head will not be made from, and outline the rest."""
        crop = self._shown(corners)
        outside, inside = QPainterPath(), QPainterPath()
        outside.addRect(QRectF(self.rect()))
        inside.addPolygon(crop)
        inside.closeSubpath()
        painter.fillPath(outside - inside, QColor(0, 0, 0, 110))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 190), 1.2, Qt.PenStyle.DashLine))
        painter.drawPolygon(crop)

    def _paint_axes(self, painter: QPainter, axes: Points) -> None:
        """Draw the head's own frame; the axis that comes towards the camera lies on top."""
        middle, *ends = self._shown(axes).toList()
        for end, colour, letter in zip(ends, (RED, GREEN, BLUE), "XYZ", strict=True):
            painter.setPen(round_pen(QColor(0, 0, 0, 120), 5))
            painter.drawLine(middle, end)
            painter.setPen(round_pen(QColor(colour), 2.5))
            painter.drawLine(middle, end)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawEllipse(end, 8, 8)
            painter.setPen(QColor(255, 255, 255))
            painter.drawText(QRectF(end.x() - 8, end.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_box(self, painter: QPainter, box: QRectF, accent: QColor) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 4))
        painter.drawRect(box)
        painter.setPen(QPen(QColor(255, 255, 255), 1.6))
        painter.drawRect(box)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        for number, corner in enumerate((box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight())):
            lit = self._hovered in {"box", f"corner {number}"}
            painter.setBrush(QColor(255, 255, 255) if lit else accent)
            painter.drawRoundedRect(QRectF(corner.x() - 5, corner.y() - 5, 10, 10), 3, 3)

    def _paint_point(self, painter: QPainter, at: QPointF, name: str, accent: QColor) -> None:
        painter.setPen(QPen(QColor(0, 0, 0, 150), 4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, 7, 7)
        painter.setPen(QPen(accent if name else QColor(255, 255, 255), 2))
        painter.drawEllipse(at, 7, 7)
        painter.drawPoint(at)
        if name:
            box = QRectF(painter.fontMetrics().boundingRect(name)).adjusted(-7, -3, 7, 3)
            box.moveCenter(QPointF(at.x(), at.y() - 24))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(16, 17, 19, 190))
            painter.drawRoundedRect(box, 8, 8)
            painter.setPen(QColor(240, 240, 242))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)


def _near(first: QPointF, second: QPointF) -> bool:
    away = first - second
    return away.x() ** 2 + away.y() ** 2 <= _GRAB_PX**2


def _cursor(grip: str) -> Qt.CursorShape:
    if grip.startswith("corner"):
        diagonal = grip in {"corner 0", "corner 3"}
        return Qt.CursorShape.SizeFDiagCursor if diagonal else Qt.CursorShape.SizeBDiagCursor
    return {"box": Qt.CursorShape.SizeAllCursor, "": Qt.CursorShape.ArrowCursor}.get(
        grip, Qt.CursorShape.PointingHandCursor
    )
