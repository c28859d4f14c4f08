"""Painting on the view: a brush with colour, hardness and opacity, and what it leaves."""

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QColorDialog, QWidget

from core.frame import Frame
from widgets.amount_slider import AmountSlider
from widgets.brush import Brush
from widgets.drawing import DrawingOverView, StrokeBar, tool_button
from widgets.edit_values import Strokes
from widgets.paint_layer import START_RGB, PaintLayer
from widgets.viewer import Viewer


class BrushBar(StrokeBar):
    """Colour, size, hardness, eraser, undo, and how to end."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Brush")
        self._rgb = START_RGB
        row = self._row
        self.colour_button = tool_button("Colour of the brush; Alt-click on the head picks one")
        self.colour_button.clicked.connect(self._ask_colour)
        row.addWidget(self.colour_button)
        self.hardness_slider = AmountSlider("Hardness of the brush", 0.0, 1.0, 0.6)
        self.opacity_slider = AmountSlider("Opacity of the brush", 0.05, 1.0, 1.0)
        for text, slider, amount in (
            ("Size", self.size_slider, 0.5),
            ("Hard", self.hardness_slider, 0.6),
            ("Opacity", self.opacity_slider, 1.0),
        ):
            slider.set_amount(amount)
            self._add_slider(text, slider)
        for slider in (self.hardness_slider, self.opacity_slider):
            slider.amount_changed.connect(lambda _amount, _live: self.changed.emit())
        self.eraser_button = tool_button("Eraser", "eraser")
        self.eraser_button.setCheckable(True)
        self.eraser_button.clicked.connect(self.changed)
        row.addWidget(self.eraser_button)
        self._add_ends("Take back the last stroke", "Give up painting", "Keep the paint as an edit")
        self._show_colour()

    def brush(self) -> Brush:
        """Return the brush."""
        return Brush(
            self._rgb,
            self.size_of_brush(),
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


class Painting(DrawingOverView[PaintLayer, BrushBar]):
    """Painting on one viewer: begins on a finished picture, ends with its strokes or with nothing.

    Signals:
        painted: Strokes, with the frame that was painted on.
    """

    painted = Signal(object)

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._brush = Brush(rgb=START_RGB)

    def begin(self, frame: Frame) -> None:
        """Paint on this frame, which is the one in view."""
        if self.is_active:
            return
        layer, bar = PaintLayer(self._viewer, frame), BrushBar(self._viewer)
        layer.colour_picked.connect(bar.set_rgb)
        bar.set_rgb(self._brush.rgb)
        self._open(layer, bar, self._take_tool, self.finish)

    def finish(self) -> None:
        """Keep the paint; without any it is as if nothing was begun."""
        if self.layer is None:
            return
        surface = self.layer.surface
        strokes = None if surface.is_empty else Strokes(surface.picture(), self.layer.frame)
        self._end()
        if strokes is not None:
            self.painted.emit(strokes)

    def _end(self) -> None:
        if self.bar is not None:
            self._brush = replace(self.bar.brush(), erases=False)
        super()._end()

    def _take_tool(self) -> None:
        if self.layer is not None and self.bar is not None:
            self.layer.brush = self.bar.brush()
            self.layer.update()
