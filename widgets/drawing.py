"""What painting and masking share: a bar with a brush, and a layer over the view that stays until it is done."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QToolButton, QWidget

from widgets.amount_slider import AmountSlider
from widgets.icons import dress
from widgets.paint_layer import PaintLayer
from widgets.parts import button, label
from widgets.viewer import Viewer

SMALLEST, LARGEST = 0.004, 0.3
"""Sizes of the brush, in picture sides."""
_SHORTEST_SLIDER_PX, _SLIDER_PX = 34, 70


class StrokeBar(QFrame):
    """A row of tools with the brush's size, undo, and how to end; its kinds fill the row.

    Where there is little room it gives up the words beside the sliders and ends in a second row.

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
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(10, 6, 8, 6)
        self._rows.setSpacing(6)
        self._row = QHBoxLayout()
        self._row.setSpacing(6)
        self._rows.addLayout(self._row)
        self._words: list[QWidget] = []
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

    def fit(self, width: int) -> None:
        """Take at most `width` pixels, and the height that it then needs."""
        for narrow in (False, True):
            for word in self._words:
                word.setVisible(not narrow)
            self._rows.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
            self._rows.activate()
            if self.sizeHint().width() <= width:
                break
        self.resize(min(width, self.sizeHint().width()), self.sizeHint().height())

    def _add_slider(self, text: str, slider: AmountSlider) -> None:
        """Add a slider with its word before it."""
        slider.setMinimumWidth(_SHORTEST_SLIDER_PX)
        slider.setMaximumWidth(_SLIDER_PX)
        word = label(text, "muted")
        self._words.append(word)
        self._row.addWidget(word)
        self._row.addWidget(slider)

    def _add_ends(self, undo: str, cancel: str, done: str) -> None:
        """Close the row; each text says what its button does."""
        self.undo_button = tool_button(undo, "undo")
        self.undo_button.clicked.connect(self.undo_pressed)
        self._row.addWidget(self.undo_button)
        ends = QHBoxLayout()
        ends.setSpacing(6)
        ends.addStretch(1)
        ends.addWidget(button("Cancel", cancel, self.cancelled.emit))
        self.done_button = button("Done", done, self.done.emit, kind="primary")
        ends.addWidget(self.done_button)
        self._rows.addLayout(ends)


LayerKind = TypeVar("LayerKind", bound=PaintLayer)
BarKind = TypeVar("BarKind", bound=StrokeBar)


class DrawingOverView(QObject, Generic[LayerKind, BarKind]):
    """Begins on a finished picture of one viewer, ends with what its kind makes of the strokes, or with nothing.

    Signals:
        began, ended: with or without a result.
        stroked: there is another stroke, or one less.
    """

    began = Signal()
    ended = Signal()
    stroked = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self.layer: LayerKind | None = None
        self.bar: BarKind | None = None

    @property
    def is_active(self) -> bool:
        """Whether the person draws."""
        return self.layer is not None

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return self.layer is not None and self.layer.surface.can_undo

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
        self._viewer.badge.set_covered(True)  # the bar lies where it would be
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
        self._viewer.badge.set_covered(False)
        self._viewer.setFocus()
        self.ended.emit()

    def _refresh(self) -> None:
        if self.layer is not None and self.bar is not None:
            self.bar.undo_button.setEnabled(self.layer.surface.can_undo)
            self.bar.done_button.setEnabled(not self.layer.surface.is_empty)
            self.stroked.emit()

    def _place(self) -> None:
        if self.layer is None or self.bar is None:
            return
        self.layer.setGeometry(self._viewer.rect())
        self.layer.raise_()
        self.bar.fit(self._viewer.width() - 16)
        self.bar.move((self._viewer.width() - self.bar.width()) // 2, self._viewer.height() - self.bar.height() - 14)
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
