"""What painting and masking share: a bar with a brush, and a layer over the view that stays until it is done."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from widgets.amount_slider import AmountSlider
from widgets.icons import dress
from widgets.paint_layer import PaintLayer
from widgets.parts import button
from widgets.viewer import Viewer

SMALLEST, LARGEST = 0.004, 0.3
"""Sizes of the brush, in picture sides."""


class StrokeBar(QFrame):
    """A row of tools with the brush's size, undo, and how to end; its kinds fill the row.

    Signals:
        changed: brush or tool.
    """

    changed = Signal()
    undo_pressed = Signal()
    done = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 6, 8, 6)
        self._row.setSpacing(6)
        self.size_slider = AmountSlider("Size of the brush", 0.0, 1.0, 0.4)
        self.size_slider.amount_changed.connect(lambda _amount, _live: self.changed.emit())

    def size_of_brush(self) -> float:
        """Return the brush's diameter in picture sides."""
        return float(SMALLEST * (LARGEST / SMALLEST) ** self.size_slider.amount())

    def grow(self, factor: float) -> None:
        """Make the brush larger by a factor."""
        step = np.log(factor) / np.log(LARGEST / SMALLEST)
        self.size_slider.set_amount(min(1.0, max(0.0, self.size_slider.amount() + float(step))))
        self.changed.emit()

    def _add_ends(self, undo: str, cancel: str, done: str) -> None:
        """Close the row; each text says what its button does."""
        self.undo_button = tool_button(undo, "undo")
        self.undo_button.clicked.connect(self.undo_pressed)
        self._row.addWidget(self.undo_button)
        self._row.addSpacing(4)
        self._row.addWidget(button("Cancel", cancel, self.cancelled.emit))
        self.done_button = button("Done", done, self.done.emit, kind="primary")
        self._row.addWidget(self.done_button)


LayerKind = TypeVar("LayerKind", bound=PaintLayer)
BarKind = TypeVar("BarKind", bound=StrokeBar)


class DrawingOverView(QObject, Generic[LayerKind, BarKind]):
    """Begins on a finished picture of one viewer, ends with what its kind makes of the strokes, or with nothing.

    Signals:
        began, ended: with or without a result.
    """

    began = Signal()
    ended = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self.layer: LayerKind | None = None
        self.bar: BarKind | None = None

    @property
    def is_active(self) -> bool:
        """Whether the person draws."""
        return self.layer is not None

    def undo(self) -> None:
        """Take back the last stroke."""
        if self.layer is not None:
            self.layer.undo()

    def cancel(self) -> None:
        """Give up."""
        if self.layer is not None:
            self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the viewer's size."""
        if event.type() is QEvent.Type.Resize and watched is self._viewer:
            self._place()
        return False

    def _open(self, layer: LayerKind, bar: BarKind, take_tool: Callable[[], None], finish: Callable[[], None]) -> None:
        """Show layer and bar.

        Args:
            layer: over the view.
            bar: over the layer.
            take_tool: hands the bar's brush to the layer.
            finish: keeps what was drawn.
        """
        self.layer, self.bar = layer, bar
        bar.changed.connect(take_tool)
        bar.undo_pressed.connect(layer.undo)
        bar.done.connect(finish)
        bar.cancelled.connect(self.cancel)
        layer.stroked.connect(self._refresh)
        layer.size_wished.connect(bar.grow)
        layer.done.connect(finish)
        layer.cancelled.connect(self.cancel)
        self._viewer.installEventFilter(self)
        self._place()
        layer.show()
        bar.show()
        layer.setFocus()
        take_tool()
        self._refresh()
        self.began.emit()

    def _end(self) -> None:
        self._viewer.removeEventFilter(self)
        for one in (self.layer, self.bar):
            if one is not None:
                one.hide()
                one.deleteLater()
        self.layer = self.bar = None
        self._viewer.setFocus()
        self.ended.emit()

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


def tool_button(text: str, icon: str = "") -> QToolButton:
    """Return a small button with an icon."""
    made = QToolButton()
    made.setFixedSize(28, 28)
    made.setStyleSheet("QToolButton { padding: 0; }")
    made.setAccessibleName(text)
    made.setToolTip(text)
    if icon:
        dress(made, icon)
    return made
