"""A style to wear with one click: its picture with its name below."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QIcon, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from widgets.pictures import thumbnail
from widgets.style_values import StyleCard
from widgets.values import Picture

_PICTURE = QSize(78, 78)
_TEXT_PX = 98
"""Of a card's name: two cards stand side by side in the narrowest panel."""
_PADDING = 3
_AROUND_TEXT_PX = 2 * (_PADDING + 1)
"""Padding and border; Qt would shorten a longer text once more, in its middle."""


class StyleTile(QToolButton):
    """A style: its picture with its name below; outlined while it is worn."""

    export_wanted = Signal(str)
    delete_wanted = Signal(str)

    def __init__(self, card: StyleCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = card
        self.setCheckable(True)
        self.setAutoRaise(True)
        small = self.font()
        small.setPointSizeF(small.pointSizeF() - 1)
        self.setFont(small)
        self._write(_TEXT_PX)
        self.setToolTip(f"{card.title}\n{card.detail}")
        self.setAccessibleName(f"Style {card.title}")
        self.setAccessibleDescription(card.detail)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.show_picture(card.picture)
        self.setIconSize(_PICTURE)
        self.setMinimumWidth(_TEXT_PX)
        self.setStyleSheet(f"QToolButton {{ padding: {_PADDING}px; }}")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_picture(self, picture: Picture) -> None:
        """Show another picture of the style, uint8 [h, w, 3]."""
        self.setIcon(QIcon(thumbnail(picture, _PICTURE, self.devicePixelRatioF())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as much of the name as there is room for."""
        super().resizeEvent(event)
        self._write(self.width() - _AROUND_TEXT_PX)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to write it to a file, and to delete one's own."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Export…", lambda: self.export_wanted.emit(self.card.name))
        if self.card.own:
            menu.addAction("Delete", lambda: self.delete_wanted.emit(self.card.name))
        menu.popup(event.globalPos())

    def _write(self, width_px: int) -> None:
        self.setText(self.fontMetrics().elidedText(self.card.title, Qt.TextElideMode.ElideRight, width_px))
