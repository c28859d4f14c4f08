"""Small building blocks that panels and dialogs share, so that spacing and names stay the same everywhere."""

import itertools
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets.icons import dress

GAP = 8
MARGIN = 14


def label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label dressed by its role in the style sheet: title, heading, section, muted, warning, danger."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


class LongLabel(QLabel):
    """A label whose text is cut in its middle where there is no room for it, as a path's; its tip tells the whole."""

    def __init__(self, text: str, role: str = "") -> None:
        super().__init__(text)
        self.setProperty("role", role)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = text

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as much as there is room for."""
        super().resizeEvent(event)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


def button(text: str, name: str, pressed: Callable[[], object], *, kind: str = "", icon: str = "") -> QPushButton:
    """Return a push button; `name` is what assistive technology reads, `kind` primary or quiet."""
    # the style sets icon and text too close together; the name for assistive technology stays clean
    made = QPushButton(f" {text}" if icon else text)
    made.setProperty("kind", kind)
    made.setAccessibleName(name)
    made.setAutoDefault(False)
    if icon:
        role = QPalette.ColorRole.HighlightedText if kind == "primary" else QPalette.ColorRole.ButtonText
        dress(made, icon, role)
    made.clicked.connect(lambda: pressed())
    return made


def line() -> QFrame:
    """Return a thin horizontal rule."""
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedHeight(1)
    return made


def panel(parent: QWidget | None = None) -> tuple[QWidget, QVBoxLayout]:
    """Return a rounded panel and its column."""
    made = QWidget(parent)
    made.setProperty("role", "panel")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(made)
    column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
    column.setSpacing(GAP)
    return made, column


def buttons_row(*buttons: QWidget) -> QHBoxLayout:
    """Return buttons at the right end of a row, as at the foot of a dialog."""
    row = QHBoxLayout()
    row.setSpacing(GAP)
    row.addStretch(1)
    for one in buttons:
        row.addWidget(one)
    return row


def in_tab_order(*widgets: QWidget) -> None:
    """Let the Tab key pass through these one after the other, and through what is in each as it was made."""
    found = [stop for one in widgets for stop in (one, *one.findChildren(QWidget)) if stop.window() is one.window()]
    stops = [stop for stop in found if stop.focusPolicy() is not Qt.FocusPolicy.NoFocus]
    for before, after in itertools.pairwise(stops):
        QWidget.setTabOrder(before, after)


def clear_layout(column: QLayout) -> None:
    """Remove all widgets of a layout at once, before the event loop comes round to deleting them."""
    while column.count():
        item = column.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
