"""Teaching a style: how thoroughly, how far it is, what it looks like so far."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from widgets.curve_panel import CurvePanel
from widgets.parts import button, buttons_row, label
from widgets.pictures import thumbnail
from widgets.style_values import TeachingView

_PREVIEW = QSize(180, 240)


class TeachingBox(QWidget):
    """Shows a TeachingView.

    Signals:
        started: name of the preset.
        paused, kept, dropped: what is taught.
    """

    started = Signal(str)
    paused = Signal()
    kept = Signal()
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label("Teach the words of the prompt", "section"))
        self.preset_box = QComboBox()
        self.preset_box.setAccessibleName("Preset of the teaching")
        self.start_button = button("Teach", "Start teaching", self._start)
        self.start_button.setToolTip("A prior teaches the model the words above; a quarter of an hour or more")
        self.pause_button = button("Pause", "Pause teaching", self.paused.emit)
        self.pause_button.setToolTip("It goes on from here when the same prompt is started again")
        self.keep_button = button("Keep", "Keep what was learned", self.kept.emit)
        self.drop_button = button("Discard", "Discard what was learned", self.dropped.emit)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName("Progress of the teaching")
        self._message = label("", "muted", wrap=True)
        self._preview = QLabel()
        self._preview.setAccessibleName("Preview of the style")
        self.curves = CurvePanel()
        self.curves.setMinimumHeight(150)
        row = QHBoxLayout()
        row.addWidget(self.preset_box, 1)
        row.addWidget(self.start_button)
        column.addLayout(row)
        column.addLayout(buttons_row(self.pause_button, self.keep_button, self.drop_button))
        for widget in (self._bar, self._message, self._preview, self.curves):
            column.addWidget(widget)

    def set_presets(self, presets: tuple[str, ...]) -> None:
        """Offer these, in this order; there is nothing to start without."""
        titles = [one.capitalize() for one in presets]
        if titles != [self.preset_box.itemText(n) for n in range(self.preset_box.count())]:
            self.preset_box.clear()
            self.preset_box.addItems(titles)
        self.setVisible(bool(presets))

    def set_view(self, teaching: TeachingView, *, can: bool) -> None:
        """Show what is taught; `can` says whether anything may be."""
        free = can and not teaching.running
        self.start_button.setEnabled(free and self.preset_box.count() > 0)
        self.preset_box.setEnabled(free)
        self.pause_button.setVisible(teaching.running)
        self.keep_button.setVisible(teaching.can_keep)
        self.drop_button.setVisible(teaching.can_keep and not teaching.running)
        self._bar.setVisible(teaching.running)
        self._bar.setValue(round(1000 * teaching.fraction))
        self._message.setText(teaching.message)
        self._message.setVisible(bool(teaching.message))
        if teaching.preview is not None:
            self._preview.setPixmap(thumbnail(teaching.preview, _PREVIEW, self.devicePixelRatioF()))
        else:
            self._preview.setPixmap(QPixmap())
        self._preview.setVisible(teaching.preview is not None)
        self.curves.setVisible(teaching.running or teaching.can_keep)

    def _start(self) -> None:
        self.curves.begin()
        self.started.emit(self.preset_box.currentText().lower())
