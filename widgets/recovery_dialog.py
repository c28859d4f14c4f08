"""Unsaved work found after a crash, to bring back or to throw away."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets.parts import GAP, MARGIN, LongLabel, button, buttons_row, clear_layout, label, panel
from widgets.pictures import thumbnail
from widgets.values import RecoveryItem

_THUMBNAIL = QSize(84, 84)


class RecoveryDialog(QDialog):
    """Emits the key of what to restore or discard; the application answers with a new list."""

    restore_requested = Signal(str)
    discard_requested = Signal(str)

    def __init__(self, items: Sequence[RecoveryItem], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Recover unsaved work")
        self.setAccessibleName("Recover unsaved work")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(label("Volteface was not closed properly last time", "title"))
        column.addWidget(label("These heads were not saved. Nothing is lost until you discard them.", "muted"))
        column.addSpacing(4)
        inside = QWidget()
        inside.setProperty("role", "clear")
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(GAP)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName("Unsaved heads")
        scroll.viewport().setProperty("role", "clear")
        column.addWidget(scroll, 1)
        column.addLayout(buttons_row(button("Decide later", "Decide later", self.reject)))
        self.resize(600, 160 + 118 * min(3, max(1, len(items))))
        self.set_items(items)

    def set_items(self, items: Sequence[RecoveryItem]) -> None:
        """Show these; an empty list closes the dialog."""
        clear_layout(self._list)
        for item in items:
            self._list.addWidget(self._row(item))
        self._list.addStretch(1)
        if not items:
            self.accept()

    def _row(self, item: RecoveryItem) -> QWidget:
        made, column = panel()
        row = QHBoxLayout()
        row.setSpacing(MARGIN)
        picture = QLabel()
        picture.setFixedSize(_THUMBNAIL)
        picture.setPixmap(thumbnail(item.thumbnail, _THUMBNAIL, self.devicePixelRatioF(), 8))
        picture.setAccessibleName(f"Picture of {item.title}")
        row.addWidget(picture)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addStretch(1)
        words.addWidget(LongLabel(item.title, "title"))
        words.addWidget(label(since(item.saved_at, datetime.now(item.saved_at.tzinfo)), "muted"))
        if item.detail:
            words.addWidget(LongLabel(item.detail, "muted"))
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(
            button(
                "Discard",
                f"Discard {item.title}",
                partial(self.discard_requested.emit, item.key),
                kind="quiet",
                icon="discard",
            )
        )
        row.addWidget(
            button(
                "Restore",
                f"Restore {item.title}",
                partial(self.restore_requested.emit, item.key),
                kind="primary",
                icon="restore",
            )
        )
        column.addLayout(row)
        return made


def since(moment: datetime, now: datetime) -> str:
    """Return a moment for people: `today at 14:05`, `yesterday at 9:30`, `3 Nov 2025 at 18:00`."""
    clock = f"{moment.hour}:{moment.minute:02d}"
    days = (now.date() - moment.date()).days
    if days == 0:
        return f"today at {clock}"
    if days == 1:
        return f"yesterday at {clock}"
    return f"{moment.day} {moment:%b %Y} at {clock}"
