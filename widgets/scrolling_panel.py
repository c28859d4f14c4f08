"""Panels of the docks: one column that scrolls up and down."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]
"""Left, top, right and bottom, px."""


class ScrollingPanel(QScrollArea):
    """A column that scrolls up and down, on the ground of whatever it lies in.

    Attributes:
        column: what is shown is added to it.
    """

    def __init__(self, name: str, margins: Margins, spacing: int, parent: QWidget | None = None) -> None:
        """`name` is what assistive technology reads; `spacing` in px."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has: a stop that shows nothing is one too many
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setProperty("role", "clear")
        inside = QWidget()
        inside.setProperty("role", "clear")
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(*margins)
        self.column.setSpacing(spacing)
        self.setWidget(inside)


class WidePanel(ScrollingPanel):
    """One that is never too narrow for what is in it."""

    def minimumSizeHint(self) -> QSize:
        """Wide enough that nothing inside is cut off; the height scrolls."""
        inside = self.widget()
        wanted = inside.minimumSizeHint().width() if inside is not None else 0
        return QSize(wanted + self.verticalScrollBar().sizeHint().width() + 4, 90)
