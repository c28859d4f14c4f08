"""Curves of the running optimisation."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QPalette, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from widgets.parts import label
from widgets.theme import is_dark

_DARK_COLOURS = ("#3cbfac", "#e3b062", "#8fa7f0", "#ef8a80", "#b9d36a", "#cf93e6")
_LIGHT_COLOURS = ("#0b7f71", "#a86400", "#3c57c4", "#b3362c", "#5b7a12", "#8335a6")
_REDRAW_MS = 300
"""Values that come faster are drawn together."""
_LONGEST_GAP = 3
"""Reports without a value after which a curve is interrupted: the stage in between did not look at it."""
_SMALLEST = 1e-8
"""Values below stand at the foot of the logarithmic plot."""


class CurvePanel(QWidget):
    """Named curves over steps; the plotting library is loaded when the first value comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Optimisation curves")
        self._values: dict[str, tuple[list[float], list[float]]] = {}
        self._curves: dict[str, Any] = {}
        self._reports = 0
        self._told: dict[str, int] = {}
        self._plot: Any = None
        self._redraw = QTimer(self, interval=_REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self._draw_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 10, 8)
        column.setSpacing(4)
        self._empty = label(
            "While a head is searched, its difference from the photo is plotted here.", "muted", wrap=True
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._empty, 1)
        row = QHBoxLayout()
        self._legend = label("", "muted", wrap=True)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self.log_box = QCheckBox("Log")
        self.log_box.setAccessibleName("Logarithmic scale")
        self.log_box.toggled.connect(self._set_log)
        row.addWidget(self._legend, 1)
        row.addWidget(self.log_box, 0, Qt.AlignmentFlag.AlignTop)
        self._foot = QWidget()
        self._foot.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        self._foot.hide()
        column.addWidget(self._foot)

    def begin(self) -> None:
        """Forget the curves of the last optimisation."""
        self._redraw.stop()
        self._values.clear()
        self._curves.clear()
        self._told.clear()
        if self._plot is not None:
            self._plot.clear()
        self._legend.setText("")

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add a value to each named curve."""
        if self._plot is None:
            self._build()
        self._reports += 1
        for name, value in values.items():
            steps, so_far = self._values.setdefault(name, ([], []))
            if self._reports - self._told.get(name, self._reports) > _LONGEST_GAP:
                steps.append(float(step))
                so_far.append(float("nan"))
            self._told[name] = self._reports
            steps.append(float(step))
            so_far.append(float(value))
            if name not in self._curves:
                self._curves[name] = self._plot.plot(pen=self._pen(len(self._curves)), connect="finite")
        if not self._redraw.isActive():
            self._redraw.start()

    def values(self) -> dict[str, tuple[list[float], list[float]]]:
        """Return steps and values by curve; a value that is no number interrupts it."""
        return {name: (list(steps), list(values)) for name, (steps, values) in self._values.items()}

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._plot is not None:
            self._dress()

    def _build(self) -> None:
        import pyqtgraph

        self._plot = pyqtgraph.PlotWidget()
        self._plot.setAccessibleName("Plot of the optimisation")
        self._plot.setMenuEnabled(False)
        self._plot.setAntialiasing(True)
        self._plot.plotItem.hideButtons()
        # a flat curve looks flat and its axis stays readable
        self._plot.plotItem.setLimits(minYRange=0.02)
        self._plot.showGrid(x=False, y=True, alpha=0.15)
        self._plot.setLogMode(x=False, y=self.log_box.isChecked())
        self._dress()
        self._empty.hide()
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(0, self._plot, 1)
        self._plot.show()
        self._foot.show()

    def _dress(self) -> None:
        palette = self.palette()
        muted = palette.color(QPalette.ColorRole.PlaceholderText)
        self._plot.setBackground(palette.color(QPalette.ColorRole.Base))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(palette.color(QPalette.ColorRole.Mid))
            axis.setTextPen(muted)
        for index, curve in enumerate(self._curves.values()):
            curve.setPen(self._pen(index))
        self._legend.setText(self._legend_text())

    def _pen(self, index: int) -> QPen:
        colours = _DARK_COLOURS if is_dark(self.palette()) else _LIGHT_COLOURS
        pen = QPen(QColor(colours[index % len(colours)]), 1.6)
        pen.setCosmetic(True)
        return pen

    def _legend_text(self) -> str:
        entries = []
        for index, (name, (_, values)) in enumerate(self._values.items()):
            colour = self._pen(index).color().name()
            entries.append(f'<span style="color:{colour}">●</span>&nbsp;{name}&nbsp;{values[-1]:.3g}')
        return "&ensp; ".join(entries)

    def _draw_all(self) -> None:
        for name in self._curves:
            self._draw(name)
        self._legend.setText(self._legend_text())
        latest = [f"{name} {values[-1]:.3g}" for name, (_, values) in self._values.items()]
        self.setAccessibleDescription(", ".join(latest))

    def _set_log(self, on: bool) -> None:
        if self._plot is not None:
            self._plot.setLogMode(x=False, y=on)
            self._draw_all()

    def _draw(self, name: str) -> None:
        steps, values = self._values[name]
        shown = [max(value, _SMALLEST) for value in values] if self.log_box.isChecked() else values
        self._curves[name].setData(steps, shown)
