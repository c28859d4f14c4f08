"""The heads that a search has found so far, side by side: look at one, keep it, hold two against each other.

A search shows better and better heads. Each leaves its picture here with the seconds it took and its difference from
the photo. Clicking a picture shows that head in the viewer; the slider below draws the line between it and the newest.
"""

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QScrollArea, QSlider, QToolButton, QVBoxLayout, QWidget

from widgets.parts import GAP, button, in_tab_order, label
from widgets.pictures import thumbnail
from widgets.values import RungView

_PICTURE = QSize(50, 50)
_SCRUB_STEPS = 100


class RungStrip(QWidget):
    """Shows rungs.

    Signals:
        chosen: number of the rung to be shown, counted from the first.
        keep_requested: stop, and keep the rung that is shown.
        scrubbed: where the line between the shown rung and the newest lies, 0 all newest .. 1 all shown.
    """

    chosen = Signal(int)
    keep_requested = Signal()
    scrubbed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Steps of the search")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label("Steps of the search", "section"))
        self._scroll = QScrollArea()
        self._scroll.setAccessibleName("Pictures of the steps")
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setProperty("role", "clear")
        inside = QWidget()
        inside.setProperty("role", "clear")
        self._row = QHBoxLayout(inside)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self._row.addStretch(1)
        self._scroll.setWidget(inside)
        column.addWidget(self._scroll)
        self._words = label("", "muted", wrap=True)
        self._words.setToolTip(
            "The difference is LPIPS, a learned measure of how unlike two pictures look, here the head's model and the "
            "photo: 0 is none"
        )
        column.addWidget(self._words)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(self.chosen)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(GAP)
        self.scrub = QSlider(Qt.Orientation.Horizontal)
        self.scrub.setRange(0, _SCRUB_STEPS)
        self.scrub.setValue(_SCRUB_STEPS)
        self.scrub.setAccessibleName("Before and after")
        self.scrub.setToolTip("Left of the line: this step. Right of it: the newest.")
        self.scrub.valueChanged.connect(lambda value: self.scrubbed.emit(value / _SCRUB_STEPS))
        self.keep_button = button("Keep", "Keep this step and stop the search", self.keep_requested.emit)
        self.keep_button.setToolTip("Stop here: this head is the one")
        foot.addWidget(self.scrub, 1)
        foot.addWidget(self.keep_button)
        column.addWidget(self._foot)
        self._rungs: tuple[RungView, ...] = ()
        self._shown = -1
        self._reveal = QTimer(self, interval=0, singleShot=True)
        self._reveal.timeout.connect(self._show_chosen)
        self.set_rungs((), -1, running=False)

    def set_rungs(self, rungs: tuple[RungView, ...], shown: int, *, running: bool) -> None:
        """Show these rungs, the first found first.

        Args:
            rungs: from the first head on.
            shown: which of them the viewer shows; -1 where it shows none of them.
            running: whether more will come.
        """
        if rungs[: len(self._rungs)] != self._rungs:
            self._clear()
        for number, rung in enumerate(rungs[len(self._rungs) :], start=len(self._rungs)):
            self._row.insertWidget(number, self._made(rung, number))
        self._rungs = rungs
        in_tab_order(*self.buttons(), self.scrub, self.keep_button)
        self._group.setExclusive(False)
        for number, one in enumerate(self._group.buttons()):
            one.setChecked(number == shown)
        self._group.setExclusive(True)
        self.setVisible(bool(rungs))
        is_old = 0 <= shown < len(rungs) - 1
        self._foot.setVisible(is_old)
        self.keep_button.setVisible(is_old and running)
        if not is_old:
            self.scrub.blockSignals(True)
            self.scrub.setValue(_SCRUB_STEPS)
            self.scrub.blockSignals(False)
        self._words.setText(words_of(rungs[shown]) if 0 <= shown < len(rungs) else "")
        self._words.setVisible(bool(self._words.text()))
        if shown != self._shown:
            self._shown = shown
            # new buttons have their places only after the layout's turn
            self._reveal.start()

    def buttons(self) -> list[QToolButton]:
        """The pictures, the first found first."""
        return [one for one in self._group.buttons() if isinstance(one, QToolButton)]

    def _made(self, rung: RungView, number: int) -> QToolButton:
        made = QToolButton()
        made.setCheckable(True)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        made.setIconSize(_PICTURE)
        made.setIcon(QIcon(thumbnail(rung.picture, _PICTURE, self.devicePixelRatioF())))
        made.setText(f"{rung.seconds:.0f} s")
        made.setToolTip(words_of(rung))
        made.setAccessibleName(f"Step {number + 1}: {words_of(rung)}")
        self._group.addButton(made, number)
        self._scroll.setFixedHeight(made.sizeHint().height() + self._scroll.horizontalScrollBar().sizeHint().height())
        return made

    def _clear(self) -> None:
        for one in self._group.buttons():
            self._group.removeButton(one)
            self._row.removeWidget(one)
            one.deleteLater()
        self._rungs = ()

    def _show_chosen(self) -> None:
        chosen = self._group.button(self._shown)
        if chosen is not None:
            self._scroll.ensureWidgetVisible(chosen, 2, 0)


def words_of(rung: RungView) -> str:
    """A rung in words: `Adding detail, 12 s, difference 0.084`."""
    words = [rung.title, f"{rung.seconds:.1f} s"]
    if rung.difference is not None:
        words.append(f"difference {rung.difference:.3f}")
    return ", ".join(filter(None, words))
