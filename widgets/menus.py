"""The window's menus and toolbar, laid out from its actions."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu, QPushButton, QSizePolicy, QToolBar, QToolButton, QWidget

from widgets.actions import groups_of
from widgets.icons import dress
from widgets.parts import button
from widgets.values import Backdrop

_BACKDROPS = {
    Backdrop.STUDIO: "&Studio",
    Backdrop.WHITE: "&White",
    Backdrop.GREY: "&Grey",
    Backdrop.DARK: "&Dark",
    Backdrop.CHECKER: "&Checker",
}
Entries = Sequence[str | QMenu | None]


class WindowMenus:
    """Fills the menu bar; keeps the menus that change."""

    def __init__(self, window: QMainWindow, actions: dict[str, QAction], panels: Sequence[QAction]) -> None:
        self._actions = actions
        self.recent = QMenu("Open &recent", window)
        self.backdrops = QMenu("Back&drop", window)
        self.backdrops.menuAction().setToolTip("Backdrop behind the head")
        dress(self.backdrops.menuAction(), "backdrop")
        self.backdrop_group = QActionGroup(window)
        for backdrop, text in _BACKDROPS.items():
            choice = self.backdrops.addAction(text)
            choice.setCheckable(True)
            choice.setChecked(backdrop is Backdrop.STUDIO)
            choice.setData(backdrop)
            self.backdrop_group.addAction(choice)
        self.panels = QMenu("&Panels", window)
        self.panels.addActions(list(panels))
        self.places = QMenu("&Go to", window)
        self.places.addActions(groups_of(actions)["Panels"])
        views = [f"view_{name}" for name in ("front", "back", "right", "left", "top", "bottom")]
        self._fill(
            window, "&File",
            ["open_photo", "open_project", self.recent, "paste", "new_random", None, "save", "save_as", "export",
             "copy_picture", None, "close_document", "quit"],
        )  # fmt: skip
        self._fill(window, "&Edit", ["undo", "redo", None, "add_references", "paint", None, "preferences"])
        self._fill(
            window, "&View",
            [*views, None, "reset_view", "compare", "surface", "seen", "bare", "turntable", None, self.backdrops,
             self.panels, self.places, "full_screen"],
        )  # fmt: skip
        self._fill(window, "&Head", ["improve", "stop", None, "place_face", None, "report", "repair", None, "models"])
        self._fill(window, "H&elp", ["shortcuts", None, "about"])

    def _fill(self, window: QMainWindow, title: str, entries: Entries) -> None:
        menu = window.menuBar().addMenu(title)
        menu.setToolTipsVisible(True)
        menu.setAccessibleName(title.replace("&", ""))
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, QMenu):
                menu.addMenu(entry)
            else:
                menu.addAction(self._actions[entry])


def build_toolbar(actions: dict[str, QAction]) -> QToolBar:
    """Return the toolbar: open and save at the left, export as the one prominent button at the right."""
    bar = QToolBar("Tools")
    bar.setObjectName("tools")
    bar.setAccessibleName("Tools")
    bar.setMovable(False)
    bar.setIconSize(QSize(20, 20))
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    for name, text in (("open_photo", "Open"), ("save", "Save")):
        _add(bar, actions[name], text)
    bar.addSeparator()
    _add(bar, actions["undo"], "")
    _add(bar, actions["redo"], "")
    bar.addSeparator()
    _add(bar, actions["paint"], "Paint")
    space = QWidget()
    space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(space)
    bar.addWidget(_prominent(actions["export"]))
    return bar


def _prominent(action: QAction) -> QPushButton:
    """Return a push button in the accent colour for an action; its icon needs another colour than in the menu."""
    text = action.text().replace("&", "")
    made = button(text, text, action.trigger, kind="primary", icon=action.objectName())
    made.setToolTip(action.toolTip())
    action.changed.connect(lambda: made.setEnabled(action.isEnabled()))
    return made


def _add(bar: QToolBar, action: QAction, text: str) -> QToolButton:
    made = QToolButton()
    made.setDefaultAction(action)
    made.setAccessibleName(action.text().replace("&", ""))
    if text:
        # the action keeps its longer text for the menu; the button is told again whenever the action changes
        made.setText(text)
        action.changed.connect(lambda: made.setText(text))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    else:
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    bar.addWidget(made)
    return made
