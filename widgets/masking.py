"""Drawing a mask over the view: brush and eraser, and cuts that the application finds from a stroke, a box or a click.

What the view shows of a part is there when it begins; what is added and what is taken away is told apart in the end,
so a mask that nobody touched changes nothing.
"""

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QWidget

from core.frame import Frame
from core.mask import PARTS
from widgets.brush import Brush
from widgets.drawing import DrawingOverView, StrokeBar, tool_button
from widgets.edit_values import FREE_PART, CutTool, CutWish, Drawing, Labels, part_of_label
from widgets.paint_layer import SIDE_PX, PaintLayer
from widgets.viewer import Viewer

RGB = (61, 191, 171)
TOUCHED = 24
"""Difference of 255 from which a pixel counts as drawn."""
SMALLEST_BOX = 0.02


def part_mask(frame: Frame, part: str) -> Labels:
    """Return what a frame shows of a part, uint8 [SIDE_PX, SIDE_PX], 0..255; nothing of what only is drawn."""
    empty = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    if frame.labels is None or part == FREE_PART:
        return empty
    numbers = [number for number, name in enumerate(PARTS) if part_of_label(name) == part]
    shown = np.isin(frame.labels, numbers).astype(np.float32)
    large = cv2.resize(shown, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    # the label map is coarse: its steps are smoothed, its middle stays
    smooth = cv2.GaussianBlur(large, (0, 0), SIDE_PX / frame.labels.shape[0] / 2)
    return np.asarray(((smooth - 0.35) / 0.3).clip(0, 1) * 255, np.uint8)


class MaskLayer(PaintLayer):
    """Turns the pointer into strokes of a mask, and into boxes and clicks.

    Signals:
        cut_wished: tool and place; see CutWish.
    """

    cut_wished = Signal(object, tuple)

    def __init__(self, viewer: Viewer, frame: Frame, mask: Labels) -> None:
        super().__init__(viewer, frame, everywhere=True)
        self.setAccessibleName("Drawing a mask")
        self.tool: CutTool | None = None
        self._corner: QPointF | None = None
        self.show_mask(mask, undoable=False)

    @property
    def drawn(self) -> Labels:
        """A copy of the mask, uint8 [SIDE_PX, SIDE_PX]."""
        return self.surface.pixels[..., 3].copy()

    def show_mask(self, mask: Labels, *, undoable: bool = True) -> None:
        """Let the mask be this."""
        self._refresh(self.surface.put(mask, RGB, undoable=undoable))
        self.stroked.emit()

    def set_tool(self, tool: CutTool | None) -> None:
        """Draw with the brush, or drag boxes, or click."""
        self.tool = tool
        self.setCursor(Qt.CursorShape.BlankCursor if tool is None else Qt.CursorShape.CrossCursor)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke or a box, or click."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        if self.tool is None:
            super().mousePressEvent(event)
        elif self.tool is CutTool.CLICK:
            self.cut_wished.emit(self.tool, self._place(event.position()))
        else:
            self._corner = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke, or cut out what is in the box."""
        corner, self._corner = self._corner, None
        if corner is None:
            super().mouseReleaseEvent(event)
            return
        (a, b), (c, d) = self._place(corner), self._place(event.position())
        box = (min(a, c), min(b, d), max(a, c), max(b, d))
        if box[2] - box[0] > SMALLEST_BOX and box[3] - box[1] > SMALLEST_BOX:
            self.cut_wished.emit(CutTool.BOX, box)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mask so that the head can be seen through it, then the brush or the box."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.55)
        painter.drawImage(self._viewer.picture_square(), self._image)
        painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._corner is not None and self._pointer is not None:
            painter.setPen(QPen(QColor(255, 255, 255, 230), 1.3, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self._corner, self._pointer).normalized())
        elif self.tool is None:
            self._paint_brush(painter)
        painter.end()


class MaskBar(StrokeBar):
    """Brush, eraser and cuts, and how to end.

    Signals:
        cut_pressed: what is roughly drawn shall be cut out.
    """

    cut_pressed = Signal()

    def __init__(self, parent: QWidget, click_refusal: str) -> None:
        super().__init__(parent, "Mask")
        row = self._row
        self._group = QButtonGroup(self)
        self.brush_button = tool_button("Add with the brush", "paint")
        self.eraser_button = tool_button("Take away with the eraser", "eraser")
        self.box_button = tool_button("Drag a box around something to cut it out", "box")
        self.click_button = tool_button("Click something to cut it out; with Alt take it away", "click")
        if click_refusal:
            self.click_button.setEnabled(False)
            self.click_button.setToolTip(click_refusal)
        for one in (self.brush_button, self.eraser_button, self.box_button, self.click_button):
            one.setCheckable(True)
            self._group.addButton(one)
            row.addWidget(one)
        self.brush_button.setChecked(True)
        self._group.buttonClicked.connect(lambda _button: self.changed.emit())
        self.size_slider.set_amount(0.6)
        self._add_slider("Size", self.size_slider)
        self.cut_button = tool_button("Cut out what is roughly drawn, along the edges in the picture", "cut_out")
        self.cut_button.clicked.connect(self.cut_pressed)
        row.addWidget(self.cut_button)
        self._add_ends("Take back the last step", "Leave the part as it was", "Keep the mask")

    def brush(self) -> Brush:
        """Return the brush."""
        return Brush(RGB, self.size_of_brush(), 0.75, 1.0, self.eraser_button.isChecked())

    def tool(self) -> CutTool | None:
        """Return what the pointer does; None draws."""
        if self.box_button.isChecked():
            return CutTool.BOX
        return CutTool.CLICK if self.click_button.isChecked() else None


class Masking(DrawingOverView[MaskLayer, MaskBar]):
    """Drawing a mask on one viewer: begins on a finished picture, ends with a Drawing or with nothing.

    Signals:
        drawn: Drawing.
        cut_wished: CutWish; `show_cut` answers it.
    """

    drawn = Signal(object)
    cut_wished = Signal(object)

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._part = ""
        self._first: Labels = np.zeros((1, 1), np.uint8)
        self._size = 0.6

    def begin(self, frame: Frame, part: str, click_refusal: str) -> None:
        """Draw on this frame, which is the one in view."""
        if self.is_active:
            return
        self._part, self._first = part, part_mask(frame, part)
        layer, bar = MaskLayer(self._viewer, frame, self._first), MaskBar(self._viewer, click_refusal)
        bar.size_slider.set_amount(self._size)
        bar.cut_pressed.connect(lambda: self._wish(CutTool.ROUGH, ()))
        layer.cut_wished.connect(self._wish)
        self._open(layer, bar, self._take_tool, self.finish)

    def show_cut(self, wish: CutWish, found: Labels | None) -> None:
        """Answer a wish: the mask becomes what was found, or with it; nothing was found for None."""
        if self.layer is None or self.bar is None or wish.frame is not self.layer.frame:
            return
        self.bar.cut_button.setEnabled(True)
        if found is None:
            return
        mask = self.layer.drawn
        if wish.removes:
            mask = np.minimum(mask, 255 - found)
        else:
            mask = found if wish.tool is CutTool.ROUGH else np.maximum(mask, found)
        self.layer.show_mask(mask)

    def finish(self) -> None:
        """Keep the mask; one that is as it was changes nothing."""
        if self.layer is None:
            return
        change = self.layer.drawn.astype(np.int16) - self._first
        change[np.abs(change) < TOUCHED] = 0
        added, removed = (np.asarray(one.clip(0, 255), np.uint8) for one in (change, -change))
        drawing = Drawing(self._part, added, removed, self.layer.frame)
        self._end()
        if change.any():
            self.drawn.emit(drawing)

    def _wish(self, tool: CutTool, place: tuple[float, ...]) -> None:
        if self.layer is None or self.bar is None:
            return
        from PySide6.QtWidgets import QApplication

        removes = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier)
        self.bar.cut_button.setEnabled(False)
        self.cut_wished.emit(CutWish(tool, self.layer.frame, self.layer.drawn, place, removes))

    def _end(self) -> None:
        if self.bar is not None:
            self._size = self.bar.size_slider.amount()
        super()._end()

    def _take_tool(self) -> None:
        if self.layer is not None and self.bar is not None:
            self.layer.brush = self.bar.brush()
            self.layer.set_tool(self.bar.tool())
