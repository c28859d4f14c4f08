"""All shortcuts, made from the actions themselves and the gestures of the viewer."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from widgets.actions import ACTIONS
from widgets.parts import GAP, MARGIN, button, buttons_row, label

GESTURES = {
    "In the picture": (
        ("Orbit", "Left drag"),
        ("Pan", "Shift + left drag, middle drag"),
        ("Zoom", "Wheel, + and -"),
        ("Reset the view", "Double click"),
        ("Turn by 15°", "Arrow keys"),
        ("Turn by 1°", "Shift + arrow keys"),
        ("Pan by keys", "Ctrl + arrow keys"),
        ("Name the part under the pointer", "Hover"),
        ("Choose a part", "Click"),
        ("Choose it beside others", "Shift + click"),
        ("What can be done with it", "Right click"),
    ),
    "While painting": (
        ("Keep the paint", "Enter, P"),
        ("Give up", "Esc"),
        ("Size of the brush", "Wheel, [ and ]"),
        ("Pick a colour from the head", "Alt + click"),
    ),
    "In the panels": (
        ("Back to the picture", "Esc"),
        ("Press or choose", "Space"),
        ("Choose a part beside others", "Shift + Space"),
        ("Reset a slider", "Delete, double click"),
        ("Delete a layer or a reference", "Delete"),
        ("Move a layer up or down", "Alt + arrow keys"),
        ("Rename a reference", "F2"),
    ),
}
"""What keys and pointer do where they are, by place."""
_TEXTS = {spec.name: spec.text for spec in ACTIONS}


class ShortcutsDialog(QDialog):
    """A list in two columns."""

    def __init__(self, groups: Mapping[str, Sequence[QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        self.setAccessibleName("Shortcuts")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        inside = QWidget()
        inside.setProperty("role", "clear")
        grid = QGridLayout(inside)
        grid.setContentsMargins(6, 0, 10, 0)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(5)
        self.rows: list[tuple[str, str]] = []
        for title, actions in groups.items():
            entries = [(plain_text(action), keys_of(action)) for action in actions if action.shortcuts()]
            self._add_group(grid, title, entries)
        for title, gestures in GESTURES.items():
            self._add_group(grid, title, gestures)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        scroll = self.area = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName("List of shortcuts")
        scroll.viewport().setProperty("role", "clear")
        column.addWidget(scroll, 1)
        close = button("Close", "Close", self.accept, kind="primary")
        close.setDefault(True)
        column.addLayout(buttons_row(close))
        wide = inside.sizeHint().width() + scroll.verticalScrollBar().sizeHint().width() + 2 * MARGIN
        self.resize(max(520, wide), 620)

    def _add_group(self, grid: QGridLayout, title: str, entries: Sequence[tuple[str, str]]) -> None:
        if not entries:
            return
        row = grid.rowCount()
        if row > 1:
            grid.setRowMinimumHeight(row, 8)
            row += 1
        grid.addWidget(label(title, "section"), row, 0, 1, 2)
        for text, keys in entries:
            row += 1
            grid.addWidget(label(text, "muted"), row, 0)
            shown = label(keys)
            grid.addWidget(shown, row, 1, Qt.AlignmentFlag.AlignRight)
            self.rows.append((text, keys))


def plain_text(action: QAction) -> str:
    """Return an action's text without its mnemonic and dots, nor what it would undo just now."""
    text = _TEXTS.get(action.objectName(), action.text())
    return text.replace("&", "").rstrip("…")


def keys_of(action: QAction) -> str:
    """Return an action's shortcuts as people read them; the number block's twin of a key is not repeated."""
    shown: list[str] = []
    for sequence in action.shortcuts():
        text = sequence.toString(QKeySequence.SequenceFormat.NativeText).replace("Num+", "")
        if text and text not in shown:
            shown.append(text)
    return ", ".join(shown)
