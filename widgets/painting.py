"""Painting on the view: a layer over the picture that takes the pointer, and a bar with the brush."""

from dataclasses import replace

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QColorDialog, QFrame, QHBoxLayout, QToolButton, QWidget

from core.frame import Frame
from widgets.amount_slider import AmountSlider
from widgets.brush import Box, Brush, PaintSurface
from widgets.edit_values import Strokes
from widgets.icons import dress
from widgets.parts import button, label
from widgets.viewer import Viewer

SIDE_PX = 1024
SMALLEST, LARGEST = 0.004, 0.3
_START_RGB = (176, 42, 58)


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
        self.brush = Brush(rgb=_START_RGB)
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


class BrushBar(QFrame):
    """Colour, size, hardness, eraser, undo, and how to end."""

    changed = Signal()
    undo_pressed = Signal()
    done = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setAccessibleName("Brush")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._rgb = _START_RGB
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 8, 6)
        row.setSpacing(6)
        self.colour_button = _tool("Colour of the brush; Alt-click on the head picks one", self._ask_colour)
        row.addWidget(self.colour_button)
        self.size_slider = AmountSlider("Size of the brush", 0.0, 1.0, 0.4)
        self.hardness_slider = AmountSlider("Hardness of the brush", 0.0, 1.0, 0.6)
        self.opacity_slider = AmountSlider("Opacity of the brush", 0.05, 1.0, 1.0)
        for text, slider, amount in (
            ("Size", self.size_slider, 0.5),
            ("Hard", self.hardness_slider, 0.6),
            ("Opacity", self.opacity_slider, 1.0),
        ):
            slider.setFixedWidth(62)
            slider.set_amount(amount)
            slider.amount_changed.connect(lambda _amount, _live: self.changed.emit())
            row.addWidget(label(text, "muted"))
            row.addWidget(slider)
        self.eraser_button = _tool("Eraser", self.changed.emit, "eraser")
        self.eraser_button.setCheckable(True)
        self.undo_button = _tool("Take back the last stroke", self.undo_pressed.emit, "undo")
        row.addWidget(self.eraser_button)
        row.addWidget(self.undo_button)
        row.addSpacing(4)
        row.addWidget(button("Cancel", "Give up painting", self.cancelled.emit))
        self.done_button = button("Done", "Keep the paint as an edit", self.done.emit, kind="primary")
        row.addWidget(self.done_button)
        self._show_colour()

    def brush(self) -> Brush:
        """Return the brush."""
        size = SMALLEST * (LARGEST / SMALLEST) ** self.size_slider.amount()
        return Brush(
            self._rgb,
            size,
            self.hardness_slider.amount(),
            self.opacity_slider.amount(),
            self.eraser_button.isChecked(),
        )

    def set_rgb(self, rgb: tuple[int, int, int]) -> None:
        """Paint with this colour."""
        self._rgb = rgb
        self.eraser_button.setChecked(False)
        self._show_colour()
        self.changed.emit()

    def grow(self, factor: float) -> None:
        """Make the brush larger by a factor."""
        step = np.log(factor) / np.log(LARGEST / SMALLEST)
        self.size_slider.set_amount(min(1.0, max(0.0, self.size_slider.amount() + float(step))))
        self.changed.emit()

    def _ask_colour(self) -> None:
        dialog = QColorDialog(QColor(*self._rgb), self.window())
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda colour: self.set_rgb((colour.red(), colour.green(), colour.blue())))
        dialog.open()

    def _show_colour(self) -> None:
        size = QSize(20, 20)
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(255, 255, 255, 200), 1.5))
        painter.setBrush(QColor(*self._rgb))
        painter.drawEllipse(2, 2, 16, 16)
        painter.end()
        self.colour_button.setIcon(pixmap)
        self.colour_button.setIconSize(size)


class Painting(QObject):
    """Painting on one viewer: begins on a finished picture, ends with its strokes or with nothing.

    Signals:
        painted: Strokes, with the frame that was painted on.
        began: painting has begun.
        ended: painting is over, either way.
    """

    painted = Signal(object)
    began = Signal()
    ended = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self.layer: PaintLayer | None = None
        self.bar: BrushBar | None = None
        self._brush = Brush(rgb=_START_RGB)

    @property
    def is_active(self) -> bool:
        """Whether the person is painting."""
        return self.layer is not None

    def begin(self, frame: Frame) -> None:
        """Paint on this frame, which is the one in view."""
        if self.is_active:
            return
        self.layer = layer = PaintLayer(self._viewer, frame)
        self.bar = bar = BrushBar(self._viewer)
        bar.changed.connect(self._take_brush)
        bar.undo_pressed.connect(layer.undo)
        bar.done.connect(self.finish)
        bar.cancelled.connect(self.cancel)
        layer.stroked.connect(self._refresh)
        layer.size_wished.connect(bar.grow)
        layer.colour_picked.connect(bar.set_rgb)
        layer.done.connect(self.finish)
        layer.cancelled.connect(self.cancel)
        bar.set_rgb(self._brush.rgb)
        self._viewer.installEventFilter(self)
        self._place()
        layer.show()
        bar.show()
        layer.setFocus()
        self._take_brush()
        self._refresh()
        self.began.emit()

    def undo(self) -> None:
        """Take back the last stroke."""
        if self.layer is not None:
            self.layer.undo()

    def finish(self) -> None:
        """Keep the paint; without any it is as if nothing was begun."""
        if self.layer is None:
            return
        surface = self.layer.surface
        strokes = None if surface.is_empty else Strokes(surface.picture(), self.layer.frame)
        self._end()
        if strokes is not None:
            self.painted.emit(strokes)

    def cancel(self) -> None:
        """Give up."""
        if self.layer is not None:
            self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the viewer's size."""
        if event.type() is QEvent.Type.Resize and watched is self._viewer:
            self._place()
        return False

    def _end(self) -> None:
        self._viewer.removeEventFilter(self)
        if self.bar is not None:
            self._brush = replace(self.bar.brush(), erases=False)
        for one in (self.layer, self.bar):
            if one is not None:
                one.hide()
                one.deleteLater()
        self.layer = self.bar = None
        self._viewer.setFocus()
        self.ended.emit()

    def _take_brush(self) -> None:
        if self.layer is not None and self.bar is not None:
            self.layer.brush = self.bar.brush()
            self.layer.update()

    def _refresh(self) -> None:
        if self.layer is not None and self.bar is not None:
            self.bar.undo_button.setEnabled(self.layer.surface.can_undo)
            self.bar.done_button.setEnabled(not self.layer.surface.is_empty)

    def _place(self) -> None:
        if self.layer is None or self.bar is None:
            return
        self.layer.setGeometry(self._viewer.rect())
        self.layer.raise_()
        wanted = self.bar.sizeHint()
        width = min(wanted.width(), self._viewer.width() - 16)
        left = (self._viewer.width() - width) // 2
        self.bar.setGeometry(left, self._viewer.height() - wanted.height() - 14, width, wanted.height())
        self.bar.raise_()


def _tool(text: str, pressed: object, name: str = "") -> QToolButton:
    made = QToolButton()
    made.setFixedSize(28, 28)
    made.setStyleSheet("QToolButton { padding: 0; }")
    made.setAccessibleName(text)
    made.setToolTip(text)
    if name:
        dress(made, name)
    made.clicked.connect(lambda: pressed())  # type: ignore[operator]
    return made
