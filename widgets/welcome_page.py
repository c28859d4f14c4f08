"""What greets the user: a place to drop a portrait, ways to open one, and the files that were open before."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets.icons import mark
from widgets.parts import button, clear_layout, label
from widgets.picture_card import PictureCard
from widgets.pictures import thumbnail
from widgets.values import RecentItem

_THUMBNAIL = QSize(52, 52)


class DropArea(QWidget):
    """The dashed frame around the invitation."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(QPalette.ColorRole.Mid), 1.6)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.AlternateBase))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 18, 18)
        painter.end()


class WelcomePage(QWidget):
    """Emits what the user would like to begin with."""

    open_photo_requested = Signal()
    open_project_requested = Signal()
    paste_requested = Signal()
    sample_requested = Signal()
    random_requested = Signal()
    recent_chosen = Signal(object)
    recent_cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Welcome")
        row = QHBoxLayout(self)
        row.setContentsMargins(28, 16, 28, 24)
        row.setSpacing(24)
        row.addStretch(1)
        row.addWidget(self._drop_area(), 8)
        self._recent = self._recent_column()
        row.addWidget(self._recent, 5)
        row.addStretch(1)
        self._recent.hide()

    def set_recent(self, items: Sequence[RecentItem]) -> None:
        """Show these files, newest first."""
        clear_layout(self._list)
        ratio = self.devicePixelRatioF()
        for item in items:
            card = PictureCard(item.title, item.detail, thumbnail(item.thumbnail, _THUMBNAIL, ratio), _THUMBNAIL)
            card.setToolTip(str(item.path))
            card.clicked.connect(lambda _=False, path=item.path: self.recent_chosen.emit(path))
            self._list.addWidget(card)
        self._list.addStretch(1)
        self._recent.setVisible(bool(items))

    def recent_cards(self) -> list[PictureCard]:
        """Return the cards shown, newest first."""
        items = (self._list.itemAt(index) for index in range(self._list.count()))
        found = (item.widget() for item in items if item is not None)
        return [card for card in found if isinstance(card, PictureCard)]

    def _drop_area(self) -> QWidget:
        area = DropArea()
        area.setAccessibleName("Drop a portrait here")
        area.setMinimumHeight(420)
        area.setMaximumSize(900, 680)
        column = QVBoxLayout(area)
        column.setContentsMargins(20, 32, 20, 26)
        column.setSpacing(0)
        column.addStretch(3)
        emblem = QLabel()
        emblem.setPixmap(mark(96, self.devicePixelRatioF()))
        emblem.setAccessibleName("Volteface")
        column.addWidget(emblem, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(22)
        column.addWidget(label("Drop a portrait", "heading"), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        hint = label("One photo becomes a head you can turn all the way round.", "muted")
        column.addWidget(hint, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(26)
        buttons = QGridLayout()
        buttons.setSpacing(10)
        entries = (
            ("Open photo…", "Open photo", self.open_photo_requested, "primary", "open_photo"),
            ("Open project…", "Open project", self.open_project_requested, "", "open_project"),
            ("Paste", "Paste a picture from the clipboard", self.paste_requested, "", "paste"),
        )
        for index, (text, name, signal, kind, icon) in enumerate(entries):
            buttons.addWidget(button(text, name, signal.emit, kind=kind, icon=icon), 0, index)
        holder = QWidget()
        holder.setLayout(buttons)
        column.addWidget(holder, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(6)
        without = QHBoxLayout()
        for text, signal, icon in (
            ("Try the sample portrait", self.sample_requested, "sample"),
            ("Make a random head", self.random_requested, "random"),
        ):
            without.addWidget(button(text, text, signal.emit, kind="quiet", icon=icon))
        row = QWidget()
        row.setLayout(without)
        column.addWidget(row, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(4)
        formats = label("PNG, JPEG, WebP, TIFF, HEIC  ·  everything stays on this computer", "muted", wrap=True)
        formats.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(formats)
        return area

    def _recent_column(self) -> QWidget:
        holder = QWidget()
        holder.setMinimumWidth(210)
        holder.setMaximumSize(480, 680)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(label("Recent", "section"))
        head.addStretch(1)
        head.addWidget(button("Clear", "Clear the list of recent files", self.recent_cleared.emit, kind="quiet"))
        column.addLayout(head)
        inside = QWidget()
        inside.setProperty("role", "clear")
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(4)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName("Recent files")
        scroll.viewport().setProperty("role", "clear")
        column.addWidget(scroll, 1)
        return holder
