"""The panel of references: heads to take parts from, made from photos, opened from files or drawn at random."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from widgets import intake
from widgets.edit_values import ReferenceView
from widgets.parts import GAP, button, in_tab_order, label
from widgets.reference_card import ReferenceCard
from widgets.scrolling_panel import ScrollingPanel

MOST_SEED = 999_999


class ReferencesPanel(QWidget):
    """Shows ReferenceViews.

    Signals:
        files_chosen: list of Path, of photos or projects.
        random_requested: a seed.
        selected: key of the card that was chosen; empty for none.
        part_taken: part and key.
        removed: key.
        renamed: key and new name.
    """

    files_chosen = Signal(list)
    random_requested = Signal(int)
    selected = Signal(str)
    part_taken = Signal(str, str)
    removed = Signal(str)
    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("References")
        self.setAcceptDrops(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 4, 10)
        column.setSpacing(GAP)
        column.addLayout(self._buttons())
        self._scroll = ScrollingPanel("List of references", (0, 0, 8, 0), 6)
        self._cards = self._scroll.column
        self._empty = label(
            "Drop photos or heads here to take hair, glasses or a nose from them, or let a random head surprise you.",
            "muted",
            wrap=True,
        )
        self._cards.addWidget(self._empty)
        self._cards.addStretch(1)
        column.addWidget(self._scroll, 1)
        self.cards: dict[str, ReferenceCard] = {}
        self._views: tuple[ReferenceView, ...] = ()
        self._selected = ""

    @property
    def selected_key(self) -> str:
        """Key of the chosen card; empty for none."""
        return self._selected

    def set_references(self, references: tuple[ReferenceView, ...], *, enabled: bool = True) -> None:
        """Show these; cards that stay keep their state."""
        self.setEnabled(enabled)
        keys = [one.key for one in references]
        for key in [key for key in self.cards if key not in keys]:
            gone = self.cards.pop(key)
            self._cards.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for index, one in enumerate(references):
            card = self.cards.get(one.key)
            if card is None:
                card = self._card(one)
            else:
                card.set_view(one)
            if self._cards.indexOf(card) != index + 1:
                self._cards.insertWidget(index + 1, card)
        in_tab_order(self.add_button, self.random_button, self.seed_box, *self.cards.values())
        arrived = [one for one in references if one.progress is None and not self._is_known(one.key)]
        self._views = references
        self._empty.setVisible(not references)
        if self._selected and self._selected not in keys:
            self._select("")
        if arrived:
            self._select(arrived[0].key)

    def minimumSizeHint(self) -> QSize:
        """Wide enough for the buttons; the height scrolls."""
        return QSize(250, 120)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if _paths_in(event):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Stay ready."""
        if _paths_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Make references of what was dropped."""
        paths = _paths_in(event)
        if paths:
            event.acceptProposedAction()
            self.files_chosen.emit(paths)

    def ask_files(self) -> None:
        """Let the person choose photos or projects; does not block."""
        dialog = QFileDialog(self.window(), "Add references")
        dialog.setNameFilters(intake.OPEN_FILTER.split(";;"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.files_chosen.emit([Path(name) for name in names]))
        dialog.open()

    def _buttons(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        self.add_button = button("Add photos or heads…", "Add references", self.ask_files, icon="open_photo")
        column.addWidget(self.add_button)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.random_button = button("Surprise me", "Add a random head", self._surprise)
        self.random_button.setToolTip("Draw a random head of the present model")
        self.seed_box = QSpinBox()
        self.seed_box.setRange(0, MOST_SEED)
        self.seed_box.setValue(1)
        self.seed_box.setPrefix("Seed ")
        self.seed_box.setAccessibleName("Seed of the next random head")
        self.seed_box.setToolTip("The same seed gives the same head")
        self.seed_box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seed_box.setFixedWidth(92)
        row.addWidget(self.random_button, 1)
        row.addWidget(self.seed_box)
        column.addLayout(row)
        return column

    def _surprise(self) -> None:
        seed = self.seed_box.value()
        self.seed_box.setValue((seed + 1) % (MOST_SEED + 1))
        self.random_requested.emit(seed)

    def _card(self, view: ReferenceView) -> ReferenceCard:
        card = ReferenceCard(view)
        card.chosen.connect(self._toggle)
        card.part_clicked.connect(lambda key, part: self.part_taken.emit(part, key))
        card.removed.connect(self.removed)
        card.rename_asked.connect(self._ask_name)
        card.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, pressed in (("Rename…", self._ask_name), ("Remove", self.removed.emit)):
            card.addAction(text).triggered.connect(lambda _=False, pressed=pressed: pressed(view.key))
        self.cards[view.key] = card
        return card

    def _is_known(self, key: str) -> bool:
        return any(one.key == key and one.progress is None for one in self._views)

    def _toggle(self, key: str) -> None:
        self._select("" if key == self._selected else key)

    def _select(self, key: str) -> None:
        self._selected = key
        for card in self.cards.values():
            card.set_selected(card.key == key)
        self.selected.emit(key)

    def _ask_name(self, key: str) -> None:
        view = next((one for one in self._views if one.key == key), None)
        if view is None:
            return
        dialog = QInputDialog(self.window())
        dialog.setWindowTitle("Rename the reference")
        dialog.setLabelText("Name")
        dialog.setTextValue(view.name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(lambda text: self.renamed.emit(key, text.strip()) if text.strip() else None)
        dialog.open()


def _paths_in(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
