"""A dock with a quiet title bar of our own and a rounded panel inside."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QToolButton, QVBoxLayout, QWidget

from widgets.icons import dress
from widgets.parts import label


class PanelDock(QDockWidget):
    """Holds one panel."""

    def __init__(self, title: str, name: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setAccessibleName(f"{title} panel")
        self.setAllowedAreas(
            Qt.DockWidgetArea.LeftDockWidgetArea
            | Qt.DockWidgetArea.RightDockWidgetArea
            | Qt.DockWidgetArea.BottomDockWidgetArea
        )
        frame = QWidget()
        frame.setProperty("role", "panel")
        frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(frame)
        column.setContentsMargins(1, 6, 1, 1)
        column.addWidget(content)
        self.setWidget(frame)
        self._bar = self._title_bar(title)
        self._no_bar = QWidget(self)
        self._no_bar.setFixedHeight(0)
        self.setTitleBarWidget(self._bar)

    def refresh_title(self, window: QMainWindow) -> None:
        """Leave out the title bar while a tab says the title; the tab can be dragged out."""
        wanted = self._bar if self.isFloating() or not window.tabifiedDockWidgets(self) else self._no_bar
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)
            wanted.show()

    def _title_bar(self, title: str) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(6, 0, 0, 2)
        row.setSpacing(0)
        row.addWidget(label(title, "section"))
        row.addStretch(1)
        for name, text, pressed in (
            ("float", f"Detach the {title} panel", lambda: self.setFloating(not self.isFloating())),
            ("close", f"Close the {title} panel", self.close),
        ):
            tool = QToolButton()
            tool.setAccessibleName(text)
            tool.setToolTip(text)
            tool.setFixedSize(24, 24)
            tool.setStyleSheet("QToolButton { padding: 0; }")
            dress(tool, name)
            tool.clicked.connect(pressed)
            row.addWidget(tool)
        return bar
