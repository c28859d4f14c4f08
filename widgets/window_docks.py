"""The panels around the viewer: which lie where at first, where the person has moved them, which is in front."""

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QTabBar, QTabWidget, QWidget

from widgets.curve_panel import CurvePanel
from widgets.editing_panels import EditingPanels
from widgets.head_panel import HeadPanel
from widgets.panel_dock import PanelDock
from widgets.photo_panel import PhotoPanel
from widgets.style_panel import StylePanel


class WindowDocks:
    """The docks of a window.

    Attributes:
        all: every dock, in the order of the View menu.
    """

    def __init__(
        self,
        window: QMainWindow,
        photo_panel: PhotoPanel,
        head_panel: HeadPanel,
        curve_panel: CurvePanel,
        style_panel: StylePanel,
        editing: EditingPanels,
    ) -> None:
        """Dock the panels, hidden."""
        self._window = window
        self._arrangement: QByteArray | None = None
        photo = PanelDock("Photo", "photo_dock", photo_panel)
        references = PanelDock("References", "reference_dock", editing.references)
        parts = PanelDock("Parts", "part_dock", editing.parts)
        head = PanelDock("Head", "head_dock", head_panel)
        attributes = PanelDock("Attributes", "attribute_dock", editing.attributes)
        edits = PanelDock("Edits", "edit_dock", editing.edits)
        curves = PanelDock("Curves", "curve_dock", curve_panel)
        styles = PanelDock("Styles", "style_dock", style_panel)
        attributes.visibilityChanged.connect(editing.sliders_seen)
        styles.visibilityChanged.connect(lambda seen: style_panel.opened.emit() if seen else None)
        self._timer = QTimer(window, interval=0, singleShot=True)
        self._timer.timeout.connect(self._refresh)
        docks = (photo, references, parts, head, attributes, edits, curves, styles)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for dock in docks:
            dock.hide()  # else Qt makes tabs twice and lets go of the first ones, which stay in sight for ever
        for dock in (photo, parts):
            window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        for dock in (head, edits):
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        for front, behind in ((photo, references), (head, attributes), (edits, curves), (attributes, styles)):
            window.tabifyDockWidget(front, behind)
            front.raise_()
        for dock in docks:
            dock.setMinimumWidth(252)
            for moved in (dock.visibilityChanged, dock.dockLocationChanged, dock.topLevelChanged):
                moved.connect(lambda _how: self._timer.start())
        self.all = docks

    def toggles(self) -> Sequence[QAction]:
        """Actions that show and hide each."""
        return [dock.toggleViewAction() for dock in self.all]

    def note_arrangement(self) -> None:
        """Remember where the person has everything, for the next `show`."""
        self._arrangement = self._window.saveState()

    def hide(self) -> None:
        """Hide all."""
        for dock in self.all:
            dock.hide()

    def show(self) -> None:
        """Show them as the person left them, or as they are at first."""
        if self._arrangement is not None:
            self._window.restoreState(self._arrangement)
        else:
            for dock in self.all:
                dock.show()
            # only a window that is laid out knows its height
            photo, _references, parts, head, _attributes, edits, *_others = self.all
            self._window.resizeDocks([photo, head], [280, 286], Qt.Orientation.Horizontal)
            # parts of what is left to divide
            self._window.resizeDocks([photo, parts, head, edits], [59, 41, 59, 41], Qt.Orientation.Vertical)
            for dock in (photo, head, edits):
                dock.raise_()
        self._refresh()  # before anything is seen of them

    def bring(self, name: str) -> None:
        """Bring a panel to the front of its tabs; one that was closed stays closed."""
        for dock in self.all:
            if dock.objectName() == name and not dock.isHidden():
                dock.raise_()

    def go_to(self, title: str) -> None:
        """Bring the panel of this title to the front, opened if it was closed; keys go to the first thing in it."""
        dock = next(one for one in self.all if one.windowTitle() == title)
        dock.show()
        dock.raise_()
        inside = dock.widget()
        here = cast("QWidget", inside.nextInFocusChain())
        while here is not inside and not (inside.isAncestorOf(here) and _takes_keys(here)):
            here = cast("QWidget", here.nextInFocusChain())
        if here is not inside:
            here.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _refresh(self) -> None:
        for dock in self.all:
            dock.refresh_title(self._window)
        for bar in self._window.findChildren(QTabBar):
            bar.setAccessibleName("Panels")  # Qt makes them by itself, without a name


def _takes_keys(widget: QWidget) -> bool:
    by_tab = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    return bool(by_tab) and widget.isEnabled() and widget.isVisible()
