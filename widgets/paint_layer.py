"""A layer over the view's picture that takes the pointer and draws strokes."""

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from core.frame import Frame
from widgets.brush import Box, Brush, PaintSurface
from widgets.viewer import Viewer

SIDE_PX = 1024
START_RGB = (176, 42, 58)


class PaintLayer(QWidget):
    """Lies over the viewer's picture and turns the pointer into strokes.

    Signals:
        stroked: a stroke ended or was taken back.
        size_wished: factor by which the brush shall grow.
        colour_picked: red, green, blue, 0..255, of the picture under the pointer.
        done, cancelled: by keys.
    """

    stroked = Signal()
    size_wished = Signal(float)
    colour_picked = Signal(tuple)
    done = Signal()
    cancelled = Signal()

    def __init__(self, viewer: Viewer, frame: Frame, *, everywhere: bool = False) -> None:
        """Begin on a frame; paint stays on the head unless it may be `everywhere`."""
        super().__init__(viewer)
        self.setAccessibleName("Painting")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self._viewer = viewer
        self.frame = frame
        cover = cv2.resize(frame.alpha, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
        self.surface = PaintSurface(SIDE_PX, None if everywhere else (cover > 0.5).astype(np.float32))
        self.brush = Brush(rgb=START_RGB)
        self._image = QImage(SIDE_PX, SIDE_PX, QImage.Format.Format_RGBA8888)
        self._image.fill(Qt.GlobalColor.transparent)
        self._pointer: QPointF | None = None
        self._drawing = False

    def undo(self) -> None:
        """Take back the last stroke."""
        self._refresh(self.surface.undo())
        self.stroked.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke; with Alt pick the colour under the pointer."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        u, v = self._place(event.position())
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._pick(u, v)
            return
        self._drawing = True
        self._refresh(self.surface.begin(self.brush, u, v))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on."""
        self._pointer = event.position()
        if self._drawing:
            self._refresh(self.surface.go_to(*self._place(event.position())))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        if self._drawing and event.button() is Qt.MouseButton.LeftButton:
            self._drawing = False
            self.surface.end()
            self.stroked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick strokes are two strokes."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the size of the brush."""
        steps = event.angleDelta().y() / 120
        self.size_wished.emit(1.12**steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Brackets change the size, Enter finishes, Escape gives up."""
        key = event.key()
        if key in {Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight}:
            self.size_wished.emit(1.15 if key == Qt.Key.Key_BracketRight else 1 / 1.15)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.done.emit()
        elif key == Qt.Key.Key_Escape:
            self.cancelled.emit()

    def leaveEvent(self, event: object) -> None:
        """The brush is elsewhere."""
        del event
        self._pointer = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the paint and the brush's outline."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        square = self._viewer.picture_square()
        painter.drawImage(square, self._image)
        self._paint_brush(painter)
        painter.end()

    def _paint_brush(self, painter: QPainter) -> None:
        if self._pointer is not None:
            radius = max(2.0, self.brush.size * self._viewer.picture_square().width() / 2)
            for colour, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255, 230), 1.3)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(self._pointer, radius, radius)

    def _place(self, position: QPointF) -> tuple[float, float]:
        square = self._viewer.picture_square()
        return (position.x() - square.x()) / square.width(), (position.y() - square.y()) / square.height()

    def _pick(self, u: float, v: float) -> None:
        rows, columns = self.frame.rgb.shape[:2]
        row, column = int(v * rows), int(u * columns)
        if 0 <= row < rows and 0 <= column < columns:
            red, green, blue = self.frame.rgb[row, column].tolist()
            self.colour_picked.emit((red, green, blue))

    def _refresh(self, box: Box) -> None:
        left, top, right, bottom = box
        if left >= right:
            return
        patch = np.ascontiguousarray(self.surface.pixels[top:bottom, left:right])
        height, width = patch.shape[:2]
        image = QImage(patch.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        painter = QPainter(self._image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(left, top, image)
        painter.end()
        square = self._viewer.picture_square()
        scale = square.width() / SIDE_PX
        part = QRectF(square.x() + left * scale, square.y() + top * scale, width * scale, height * scale)
        self.update(part.toAlignedRect().adjusted(-4, -4, 4, 4))
