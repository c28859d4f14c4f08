"""How far styles may take the person from who they are: what was measured, and what is allowed."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QVBoxLayout, QWidget

from widgets.likeness_plot import LikenessPlot
from widgets.parts import button, label
from widgets.style_values import StyleView


class PersonBox(QWidget):
    """Shows that part of a StyleView.

    Signals:
        kept: weaken the styles until the person is who they are.
        floor_chosen: the identity distance that is allowed, and whether styles are held to it by themselves.
    """

    kept = Signal()
    floor_chosen = Signal(float, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.words = label("", "muted", wrap=True)
        self.likeness_plot = LikenessPlot()
        self._limits = self._limit_part()
        for widget in (self.words, self.likeness_plot, self._limits):
            whole.addWidget(widget)

    def set_view(self, view: StyleView) -> None:
        """Show this."""
        self.words.setText(view.identity)
        self.words.setVisible(bool(view.identity))
        self.likeness_plot.set_values(view.distances, view.floor)
        self.likeness_plot.setVisible(bool(view.distances))
        self._limits.setVisible(bool(view.worn))
        with QSignalBlocker(self.floor_box), QSignalBlocker(self.lock_box):
            self.floor_box.setValue(view.floor)
            self.lock_box.setChecked(view.locked)

    def _limit_part(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        self.lock_box = QCheckBox("Always")
        self.lock_box.setAccessibleName("Always keep the person")
        self.lock_box.setToolTip("Weakens every style by itself as soon as the person gets lost")
        self.floor_box = QDoubleSpinBox()
        self.floor_box.setAccessibleName("Greatest identity distance")
        self.floor_box.setToolTip(
            "How far a face recogniser may find the person from themselves; 0.6 is another person"
        )
        self.floor_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.floor_box.setRange(0.1, 0.8)
        self.floor_box.setSingleStep(0.05)
        self.floor_box.setFixedWidth(72)
        self.floor_box.valueChanged.connect(self._changed)
        self.lock_box.toggled.connect(self._changed)
        row.addWidget(label("May differ by"))
        row.addWidget(self.floor_box)
        row.addStretch(1)
        row.addWidget(self.lock_box)
        column.addLayout(row)
        keep = button("Keep the person", "Keep the person", self.kept.emit)
        keep.setToolTip("Weakens the styles until a face recogniser knows the person again")
        column.addWidget(keep)
        return part

    def _changed(self) -> None:
        self.floor_chosen.emit(self.floor_box.value(), self.lock_box.isChecked())
