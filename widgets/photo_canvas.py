"""The photo with the faces and landmarks found in it; a click or keys choose another face."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.pictures import image_of, round_pen
from widgets.values import PhotoView

_MAX_SOURCE_PX = 1024
_LEAST_PX = 104


class PhotoCanvas(QWidget):
    """Draws the photo as large as the panel allows."""

    face_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Photo")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._photo: PhotoView | None = None
        self._image = QImage()
        self._landmarks_shown = True
        self._hovered = -1
        self._most_px = 10_000

    def set_photo(self, photo: PhotoView | None) -> None:
        """Show this photo."""
        if photo is None:
            self._image = QImage()
        elif self._photo is None or photo.pixels is not self._photo.pixels:
            # the panel is small: a smaller copy keeps painting fast for a 50-megapixel photo
            step = max(1, max(photo.pixels.shape[:2]) // _MAX_SOURCE_PX)
            self._image = image_of(photo.pixels[::step, ::step])
        self._photo = photo
        several = photo is not None and len(photo.faces) > 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if several else Qt.FocusPolicy.NoFocus)
        self.setAccessibleDescription("Arrow keys go through the faces, Space uses one" if several else "")
        self._fit_height()
        self.update()

    def set_room(self, height_px: int) -> None:
        """Be no higher than this, or than a photo can be made out at."""
        self._most_px = max(_LEAST_PX, height_px)
        self._fit_height()

    def set_landmarks_shown(self, shown: bool) -> None:
        """Show or hide the landmarks."""
        self._landmarks_shown = shown
        self.update()

    def face_at(self, position: QPointF) -> int:
        """Return the index of the smallest face box under a position, or -1."""
        if self._photo is None:
            return -1
        hits = [(self._box(face.box), index) for index, face in enumerate(self._photo.faces)]
        inside = [(box.width() * box.height(), index) for box, index in hits if box.contains(position)]
        return min(inside)[1] if inside else -1

    def sizeHint(self) -> QSize:
        """As wide as the panel likes."""
        return QSize(240, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw photo, boxes and landmarks."""
        del event
        photo = self._photo
        if photo is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        target = self._target()
        outline = QPainterPath()
        outline.addRoundedRect(target, 8, 8)
        painter.setClipPath(outline)
        painter.drawImage(target, self._image)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        if photo.landmarks is not None and self._landmarks_shown:
            self._paint_landmarks(painter, photo.landmarks, accent)
        several = len(photo.faces) > 1
        for index, face in enumerate(photo.faces):
            chosen = index == photo.chosen_face
            box = self._box(face.box)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(0, 0, 0, 90), 3.5))
            painter.drawRoundedRect(box, 5, 5)
            lit = chosen or index == self._hovered
            keys = self.hasFocus() and index == self._hovered
            painter.setPen(QPen(accent if lit else QColor(255, 255, 255, 220), 3.5 if keys else 2 if chosen else 1.5))
            painter.drawRoundedRect(box, 5, 5)
            if several:
                self._paint_number(painter, box, index + 1, accent if lit else QColor(255, 255, 255))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go through the faces, Space and Enter use one."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if self._photo is not None and step is not None:
            first = self._photo.chosen_face if self._hovered < 0 else self._hovered
            self._hovered = (first + step) % len(self._photo.faces)
            self.update()
        elif event.key() in {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._choose(self._hovered)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Light the face that is used."""
        super().focusInEvent(event)
        self._hovered = -1 if self._photo is None else self._photo.chosen_face
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """No face is lit any more."""
        super().focusOutEvent(event)
        self._hovered = -1
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the face under the pointer where there is a choice."""
        several = self._photo is not None and len(self._photo.faces) > 1
        hovered = self.face_at(event.position()) if several else -1
        if hovered != self._hovered:
            self._hovered = hovered
            self.setCursor(Qt.CursorShape.PointingHandCursor if hovered >= 0 else Qt.CursorShape.ArrowCursor)
            self.setToolTip("Use this face" if hovered >= 0 else "")
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the face under the pointer."""
        self._choose(self.face_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """No face is lit any more."""
        super().leaveEvent(event)
        self._hovered = -1
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the photo's proportions."""
        super().resizeEvent(event)
        self._fit_height()

    def _choose(self, index: int) -> None:
        if self._photo is not None and index >= 0 and index != self._photo.chosen_face:
            self.face_chosen.emit(index)

    def _fit_height(self) -> None:
        if self._photo is None:
            return
        height, width = self._photo.pixels.shape[:2]
        wanted = round(min(self.width() * 1.15, max(90.0, self.width() * height / max(width, 1)), self._most_px))
        if wanted != self.height():
            self.setFixedHeight(wanted)

    def _scale(self) -> float:
        assert self._photo is not None
        height, width = self._photo.pixels.shape[:2]
        return float(min(self.width() / width, self.height() / height))

    def _target(self) -> QRectF:
        assert self._photo is not None
        height, width = self._photo.pixels.shape[:2]
        scale = self._scale()
        size = QRectF(0, 0, width * scale, height * scale)
        size.moveCenter(QRectF(self.rect()).center())
        return size

    def _box(self, box: tuple[float, float, float, float]) -> QRectF:
        scale, origin = self._scale(), self._target().topLeft()
        left, top, width, height = box
        return QRectF(origin.x() + left * scale, origin.y() + top * scale, width * scale, height * scale)

    def _paint_landmarks(self, painter: QPainter, landmarks: np.ndarray, accent: QColor) -> None:
        origin = self._target().topLeft()
        placed = np.asarray(landmarks, np.float64) * self._scale() + (origin.x(), origin.y())
        colour = QColor(accent).lighter(135)
        colour.setAlphaF(0.75)
        painter.setPen(round_pen(colour, 1.5))
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in placed.tolist()]))

    def _paint_number(self, painter: QPainter, box: QRectF, number: int, colour: QColor) -> None:
        tag = QRectF(box.left(), box.top(), 16, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(QColor(20, 22, 24))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, str(number))
