"""One reference: a thumbnail with its name; when chosen a larger picture whose parts can be pointed at."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from widgets.edit_values import PART_TITLES, ReferenceView
from widgets.icons import dress, icon_label
from widgets.part_picture import PartPicture
from widgets.parts import clear_layout
from widgets.pictures import thumbnail
from widgets.progress_line import ProgressLine

_THUMBNAIL = QSize(46, 46)
_COLUMNS = 3


class ReferenceCard(QFrame):
    """Shows a ReferenceView; signals carry its key."""

    chosen = Signal(str)
    part_clicked = Signal(str, str)
    removed = Signal(str)
    rename_asked = Signal(str)

    def __init__(self, view: ReferenceView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._view = view
        self._selected = False
        self._words = ""
        self._chips: tuple[str, ...] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(7, 7, 7, 7)
        column.setSpacing(7)
        column.addLayout(self._head_row())
        self._progress = ProgressLine()
        self._progress.setAccessibleName("Progress")
        column.addWidget(self._progress)
        self.picture = PartPicture()
        self.picture.part_pointed.connect(self._say)
        self.picture.part_clicked.connect(lambda part: self.part_clicked.emit(self._view.key, part))
        column.addWidget(self.picture)
        self._parts = QWidget()
        self._grid = QGridLayout(self._parts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        column.addWidget(self._parts)
        self.set_view(view)
        self.set_selected(False)

    @property
    def key(self) -> str:
        """The reference's key."""
        return self._view.key

    def set_view(self, view: ReferenceView) -> None:
        """Show this reference."""
        if view.thumbnail is not self._view.thumbnail or self._picture.pixmap().isNull():
            self._picture.setPixmap(thumbnail(view.thumbnail, _THUMBNAIL, self.devicePixelRatioF()))
        self._view = view
        self.setAccessibleName(f"Reference {view.name}")
        self._name.setText(view.name)
        self._name.setToolTip(view.name)
        making = view.progress is not None
        self._waiting.setVisible(making and view.thumbnail is None)
        self._picture.setVisible(not self._waiting.isVisibleTo(self))
        parts = view.parts or ()
        if view.note:
            detail = view.note
        elif making:
            detail = "Making the head…"
        elif view.parts is None:
            detail = "Click to see its parts"
        else:
            shown = [PART_TITLES[part].lower() for part in parts if part in {"hair", "glasses"}]
            detail = ", ".join(shown).capitalize() or "No hair, no glasses"
        self._words = detail
        self._say("")
        self._progress.setVisible(making)
        if making:
            self._progress.set_fraction(view.progress or None)
        self.setToolTip("" if self._selected else "Click to take parts from it")
        self._fill_chips(parts)
        self._refresh()

    def set_selected(self, selected: bool) -> None:
        """Show that parts can be taken from this one."""
        self._selected = selected
        self.setProperty("chosen", selected)
        state = "Chosen: its parts can be taken. Space leaves it" if selected else "Space chooses it"
        self.setAccessibleDescription(f"{state}, F2 renames it, Delete removes it")
        self.style().unpolish(self)
        self.style().polish(self)
        self._refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        if event.button() is Qt.MouseButton.LeftButton and self._view.progress is None:
            self.chosen.emit(self._view.key)

    def keyPressEvent(self, event: object) -> None:
        """Space and Enter choose it, Delete removes it, F2 renames it."""
        from PySide6.QtGui import QKeyEvent

        assert isinstance(event, QKeyEvent)
        key = event.key()
        if key in {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._view.progress is None:
            self.chosen.emit(self._view.key)
        elif key == Qt.Key.Key_Delete:
            self.removed.emit(self._view.key)
        elif key == Qt.Key.Key_F2:
            self.rename_asked.emit(self._view.key)
        else:
            super().keyPressEvent(event)

    def _say(self, part: str) -> None:
        """Say what a click on a part would do, or what is known of the reference."""
        words = f"Take the {PART_TITLES[part].lower()}" if part else self._words
        self._detail.setText(words)
        self._detail.setToolTip(words)

    def _head_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(9)
        self._picture = QLabel()
        self._picture.setFixedSize(_THUMBNAIL)
        self._waiting = icon_label("place", 30)
        self._waiting.setFixedSize(_THUMBNAIL)
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(self._picture)
        row.addWidget(self._waiting)
        words = QVBoxLayout()
        words.setSpacing(1)
        self._name = _eliding("title")
        self._name.setElideMode(Qt.TextElideMode.ElideMiddle)
        self._detail = _eliding("muted")
        words.addStretch(1)
        words.addWidget(self._name)
        words.addWidget(self._detail)
        words.addStretch(1)
        row.addLayout(words, 1)
        remove = QToolButton()
        remove.setFixedSize(24, 24)
        remove.setStyleSheet("QToolButton { padding: 0; }")
        remove.setAccessibleName("Remove the reference")
        remove.setToolTip("Remove")
        dress(remove, "close")
        remove.clicked.connect(lambda: self.removed.emit(self._view.key))
        row.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _fill_chips(self, parts: tuple[str, ...]) -> None:
        if parts == self._chips:
            return
        self._chips = parts
        clear_layout(self._grid)
        for index, part in enumerate(parts):
            chip = QToolButton()
            chip.setText(PART_TITLES[part])
            chip.setProperty("kind", "chip")
            chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            chip.setAccessibleName(f"Take the {PART_TITLES[part].lower()}")
            chip.setToolTip(f"The head wears the {PART_TITLES[part].lower()} of this reference")
            chip.clicked.connect(lambda _=False, part=part: self.part_clicked.emit(self._view.key, part))
            self._grid.addWidget(chip, index // _COLUMNS, index % _COLUMNS)

    def _refresh(self) -> None:
        usable = self._selected and not self._view.note and self._view.progress is None
        self.picture.setVisible(usable)
        self.picture.set_portrait(self._view.portrait, self._view.parts or ())
        self._parts.setVisible(usable and bool(self._view.parts))


def _eliding(role: str) -> QElidingLabel:
    made = QElidingLabel()
    made.setProperty("role", role)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made
