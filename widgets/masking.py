"""Drawing a mask over the view: brush and eraser, and cuts that the application finds from a stroke, a box or a click.

What the view shows of a part is there when it begins; what is added and what is taken away is told apart in the end,
so a mask that nobody touched changes nothing.
"""

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QWidget

from core.frame import Frame
from core.mask import PARTS
from widgets.amount_slider import AmountSlider
from widgets.brush import Brush
from widgets.edit_values import FREE_PART, CutTool, CutWish, Drawing, Labels, part_of_label
from widgets.icons import dress
from widgets.painting import LARGEST, SIDE_PX, SMALLEST, PaintLayer
from widgets.parts import button, label
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


class MaskBar(QFrame):
    """Brush, eraser and cuts, and how to end.

    Signals:
        changed: brush or tool.
        cut_pressed: what is roughly drawn shall be cut out.
    """

    changed = Signal()
    cut_pressed = Signal()
    undo_pressed = Signal()
    done = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget, click_refusal: str) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setAccessibleName("Mask")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 8, 6)
        row.setSpacing(6)
        self._group = QButtonGroup(self)
        self.brush_button = self._tool("Add with the brush", "paint")
        self.eraser_button = self._tool("Take away with the eraser", "eraser")
        self.box_button = self._tool("Drag a box around something to cut it out", "box")
        self.click_button = self._tool("Click something to cut it out; with Alt take it away", "click")
        if click_refusal:
            self.click_button.setEnabled(False)
            self.click_button.setToolTip(click_refusal)
        for one in (self.brush_button, self.eraser_button, self.box_button, self.click_button):
            one.setCheckable(True)
            self._group.addButton(one)
            row.addWidget(one)
        self.brush_button.setChecked(True)
        self._group.buttonClicked.connect(lambda _button: self.changed.emit())
        self.size_slider = AmountSlider("Size of the brush", 0.0, 1.0, 0.4)
        self.size_slider.setFixedWidth(70)
        self.size_slider.set_amount(0.6)
        self.size_slider.amount_changed.connect(lambda _amount, _live: self.changed.emit())
        row.addWidget(label("Size", "muted"))
        row.addWidget(self.size_slider)
        self.cut_button = self._tool("Cut out what is roughly drawn, along the edges in the picture", "cut_out")
        self.cut_button.clicked.connect(self.cut_pressed)
        self.undo_button = self._tool("Take back the last step", "undo")
        self.undo_button.clicked.connect(self.undo_pressed)
        row.addWidget(self.cut_button)
        row.addWidget(self.undo_button)
        row.addSpacing(4)
        row.addWidget(button("Cancel", "Leave the part as it was", self.cancelled.emit))
        self.done_button = button("Done", "Keep the mask", self.done.emit, kind="primary")
        row.addWidget(self.done_button)

    def brush(self) -> Brush:
        """Return the brush."""
        size = SMALLEST * (LARGEST / SMALLEST) ** self.size_slider.amount()
        return Brush(RGB, size, 0.75, 1.0, self.eraser_button.isChecked())

    def tool(self) -> CutTool | None:
        """Return what the pointer does; None draws."""
        if self.box_button.isChecked():
            return CutTool.BOX
        return CutTool.CLICK if self.click_button.isChecked() else None

    def grow(self, factor: float) -> None:
        """Make the brush larger by a factor."""
        step = np.log(factor) / np.log(LARGEST / SMALLEST)
        self.size_slider.set_amount(min(1.0, max(0.0, self.size_slider.amount() + float(step))))
        self.changed.emit()

    def _tool(self, text: str, name: str) -> QToolButton:
        made = QToolButton()
        made.setFixedSize(28, 28)
        made.setStyleSheet("QToolButton { padding: 0; }")
        made.setAccessibleName(text)
        made.setToolTip(text)
        dress(made, name)
        return made


class Masking(QObject):
    """Drawing a mask on one viewer: begins on a finished picture, ends with a Drawing or with nothing.

    Signals:
        drawn: Drawing.
        cut_wished: CutWish; `show_cut` answers it.
        began, ended: with or without a result.
    """

    drawn = Signal(object)
    cut_wished = Signal(object)
    began = Signal()
    ended = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._part = ""
        self._first: Labels = np.zeros((1, 1), np.uint8)
        self._size = 0.6
        self.layer: MaskLayer | None = None
        self.bar: MaskBar | None = None

    @property
    def is_active(self) -> bool:
        """Whether the person draws a mask."""
        return self.layer is not None

    def begin(self, frame: Frame, part: str, click_refusal: str) -> None:
        """Draw on this frame, which is the one in view."""
        if self.is_active:
            return
        self._part, self._first = part, part_mask(frame, part)
        self.layer = layer = MaskLayer(self._viewer, frame, self._first)
        self.bar = bar = MaskBar(self._viewer, click_refusal)
        bar.size_slider.set_amount(self._size)
        bar.changed.connect(self._take_tool)
        bar.undo_pressed.connect(layer.undo)
        bar.cut_pressed.connect(lambda: self._wish(CutTool.ROUGH, ()))
        bar.done.connect(self.finish)
        bar.cancelled.connect(self.cancel)
        layer.stroked.connect(self._refresh)
        layer.size_wished.connect(bar.grow)
        layer.cut_wished.connect(self._wish)
        layer.done.connect(self.finish)
        layer.cancelled.connect(self.cancel)
        self._viewer.installEventFilter(self)
        self._place()
        layer.show()
        bar.show()
        layer.setFocus()
        self._take_tool()
        self._refresh()
        self.began.emit()

    def undo(self) -> None:
        """Take back the last step."""
        if self.layer is not None:
            self.layer.undo()

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

    def cancel(self) -> None:
        """Give up."""
        if self.layer is not None:
            self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the viewer's size."""
        if event.type() is QEvent.Type.Resize and watched is self._viewer:
            self._place()
        return False

    def _wish(self, tool: CutTool, place: tuple[float, ...]) -> None:
        if self.layer is None or self.bar is None:
            return
        from PySide6.QtWidgets import QApplication

        removes = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier)
        self.bar.cut_button.setEnabled(False)
        self.cut_wished.emit(CutWish(tool, self.layer.frame, self.layer.drawn, place, removes))

    def _end(self) -> None:
        self._viewer.removeEventFilter(self)
        if self.bar is not None:
            self._size = self.bar.size_slider.amount()
        for one in (self.layer, self.bar):
            if one is not None:
                one.hide()
                one.deleteLater()
        self.layer = self.bar = None
        self._viewer.setFocus()
        self.ended.emit()

    def _take_tool(self) -> None:
        if self.layer is not None and self.bar is not None:
            self.layer.brush = self.bar.brush()
            self.layer.set_tool(self.bar.tool())

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
