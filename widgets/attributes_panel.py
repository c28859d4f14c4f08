"""The sliders of a head: expression, shape of the face, and what its model knows, such as age or length of hair."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from widgets.amount_slider import AmountSlider
from widgets.edit_values import SliderView
from widgets.icons import dress
from widgets.parts import label
from widgets.scrolling_panel import ScrollingPanel

_NOTHING = "Sliders for expression, shape of the face, age, hair and so on appear here once there is a head."


class AttributesPanel(ScrollingPanel):
    """Shows SliderViews; `moved` tells name, value and whether the hand is still at it."""

    moved = Signal(str, float, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Attributes", (12, 2, 12, 10), 5, parent)
        self._empty = label(_NOTHING, "muted", wrap=True)
        self.column.addWidget(self._empty)
        self.column.addStretch(1)
        self.rows: dict[str, SliderRow] = {}
        self._headings: list[QLabel] = []
        self._kinds: tuple[tuple[str, str, str, float, float, str], ...] = ()

    def set_sliders(self, sliders: tuple[SliderView, ...], refusal: str = "") -> None:
        """Show these sliders; rows that stay keep the hand that is at them."""
        kinds = tuple((one.name, one.low, one.high, one.minimum, one.maximum, one.group) for one in sliders)
        if kinds != self._kinds:
            self._kinds = kinds
            for old in (*self.rows.values(), *self._headings):
                self.column.removeWidget(old)
                old.hide()
                old.deleteLater()
            self.rows, self._headings = {}, []
            group = ""
            for one in sliders:
                if one.group != group:
                    group = one.group
                    self._append(self._heading(group))
                made = SliderRow(one)
                made.moved.connect(self.moved)
                self._append(made)
                self.rows[one.name] = made
        for one in sliders:
            self.rows[one.name].set_value(one.value)
        self._empty.setText(refusal or _NOTHING)
        self._empty.setVisible(not sliders)

    def _heading(self, group: str) -> QLabel:
        heading = label(group, "section")
        self._headings.append(heading)
        return heading

    def _append(self, widget: QWidget) -> None:
        """Below all rows, above the stretch."""
        self.column.insertWidget(self.column.count() - 1, widget)

    def minimumSizeHint(self) -> QSize:
        """The height scrolls."""
        return QSize(240, 120)


class SliderRow(QWidget):
    """Words at both ends, the value between them, the slider below."""

    moved = Signal(str, float, bool)

    def __init__(self, view: SliderView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = view.name
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        words = QHBoxLayout()
        words.setSpacing(6)
        self._value = QLabel()
        self._value.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.addWidget(label(view.low, "muted"), 1)
        words.addWidget(self._value)
        high = label(view.high, "muted")
        high.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words.addWidget(high, 1)
        column.addLayout(words)
        row = QHBoxLayout()
        row.setSpacing(2)
        self.slider = AmountSlider(f"{view.low} to {view.high}", view.minimum, view.maximum)
        self.slider.setToolTip("Double-click to reset")
        self.slider.amount_changed.connect(self._changed)
        self.reset_button = QToolButton()
        self.reset_button.setFixedSize(22, 22)
        self.reset_button.setStyleSheet("QToolButton { padding: 0; }")
        self.reset_button.setAccessibleName(f"Reset {view.name}")
        self.reset_button.setToolTip("Reset")
        dress(self.reset_button, "restore")
        self.reset_button.clicked.connect(self.slider.reset)
        row.addWidget(self.slider, 1)
        row.addWidget(self.reset_button)
        column.addLayout(row)
        self.set_value(view.value)

    def set_value(self, value: float) -> None:
        """Show a value without emitting."""
        self.slider.set_amount(value)
        self._show(self.slider.amount())

    def _changed(self, amount: float, live: bool) -> None:
        self._show(amount)
        self.moved.emit(self._name, amount, live)

    def _show(self, amount: float) -> None:
        moved = abs(amount) > 1e-6
        self._value.setText(f"{amount:+.2f}" if moved else "")
        # its room stays, so that nothing jumps
        self.reset_button.setEnabled(moved)
