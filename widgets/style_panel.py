"""Styles: cards to wear with one click, how strongly and where; and a prompt that becomes a style of its own."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from widgets.amount_slider import AmountSlider
from widgets.parts import button, buttons_row, clear_layout, in_tab_order, label
from widgets.person_box import PersonBox
from widgets.scrolling_panel import ScrollingPanel
from widgets.style_tile import StyleTile
from widgets.style_values import StyleCard, StyleView, TeachingView, WornStyle
from widgets.teaching_box import TeachingBox
from widgets.values import Picture

PACK_SUFFIX = ".vfstyle"
_COLUMNS = 2
_LONGEST_PROMPT = 400


class StylePanel(ScrollingPanel):
    """Shows a StyleView; emits what the person wants.

    Signals:
        worn: name of the pack, and whether it is mixed with what is on already.
        taken_off: key of the edit.
        strength_moved: key, strength and whether the hand is still at it.
        region_chosen: name.
        opened: the panel is looked at now.
        kept_person: weaken the styles until the person is who they are.
        floor_chosen: the identity distance that is allowed, and whether styles are held to it by themselves.
        imported: Path. exported: name and Path. deleted: name.
        prompted: a prompt that the nearest bundled styles shall answer.
        teaching_started: prompt and preset.
        teaching_paused, teaching_kept, teaching_dropped.
    """

    worn = Signal(str, bool)
    taken_off = Signal(str)
    strength_moved = Signal(str, float, bool)
    region_chosen = Signal(str)
    opened = Signal()
    kept_person = Signal()
    floor_chosen = Signal(float, bool)
    imported = Signal(object)
    exported = Signal(str, object)
    deleted = Signal(str)
    prompted = Signal(str)
    teaching_started = Signal(str, str)
    teaching_paused = Signal()
    teaching_kept = Signal()
    teaching_dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Styles", (10, 2, 10, 10), 6, parent)
        self._view = StyleView()
        self.tiles: dict[str, StyleTile] = {}
        self.sliders: dict[str, AmountSlider] = {}
        column = self.column
        self._refusal = label("", "muted", wrap=True)
        column.addWidget(self._refusal)
        column.addLayout(self._prompt_part())
        self._answer = label("", "muted", wrap=True)
        column.addWidget(self._answer)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        column.addLayout(self._grid)
        column.addLayout(self._choices())
        self._strengths = QVBoxLayout()
        column.addLayout(self._strengths)
        self.person = PersonBox()
        self.person.kept.connect(self.kept_person)
        self.person.floor_chosen.connect(self.floor_chosen)
        column.addWidget(self.person)
        self.import_button = button("Import…", "Import a style", self._ask_import)
        column.addLayout(buttons_row(self.import_button))
        self.teaching = TeachingBox()
        self.teaching.started.connect(lambda preset: self.teaching_started.emit(self.prompt_box.text(), preset))
        self.teaching.paused.connect(self.teaching_paused)
        self.teaching.kept.connect(self.teaching_kept)
        self.teaching.dropped.connect(self.teaching_dropped)
        column.addWidget(self.teaching)
        column.addStretch(1)
        self.set_view(self._view)

    def set_view(self, view: StyleView) -> None:
        """Show this."""
        before, self._view = self._view, view
        if [one.name for one in view.cards] != list(self.tiles) or view.cards is not before.cards:
            self._fill(view.cards)
        names = {one.name for one in view.worn}
        for name, tile in self.tiles.items():
            tile.setChecked(name in names)
            tile.setEnabled(not view.refusal)
        self._refusal.setText(view.refusal or ("" if view.cards else "There are no styles for this head."))
        self._refusal.setVisible(bool(self._refusal.text()))
        if [(one.key, one.title) for one in view.worn] != [(one.key, one.title) for one in before.worn]:
            self._fill_strengths(view.worn)
        for one in view.worn:
            self.sliders[one.key].set_amount(one.strength)
        self._set_choices(view)
        self._answer.setText(view.answer)
        self._answer.setVisible(bool(view.answer))
        self.person.set_view(view)
        teaching, can = view.teaching or TeachingView(), not view.refusal
        self.teaching.set_presets(view.presets)
        self.teaching.set_view(teaching, can=can)
        self.prompt_box.setEnabled(can and not teaching.running)
        self.wear_button.setEnabled(can and not teaching.running)

    def show_picture(self, name: str, picture: Picture) -> None:
        """Show what a style would make of the head that is open."""
        if name in self.tiles:
            self.tiles[name].show_picture(picture)

    @property
    def is_looked_at(self) -> bool:
        """Whether any of it can be seen; panels behind another tab count as visible to Qt, and are not."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def add_values(self, step: int, values: dict[str, float]) -> None:
        """Add to the curves of what is taught."""
        self.teaching.curves.add(step, values)

    def show_prompt(self, text: str) -> None:
        """Put a prompt into its box."""
        self.prompt_box.setText(text)

    # -- making it

    def _choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.region_box = QComboBox()
        self.region_box.setAccessibleName("Where the style is worn")
        self.region_box.activated.connect(
            lambda index: self.region_chosen.emit(self.region_box.itemText(index).lower())
        )
        self.mix_box = QCheckBox("Mix")
        self.mix_box.setAccessibleName("Mix styles")
        self.mix_box.setToolTip("The next style is laid over the one that is worn, at half strength")
        row.addWidget(self.region_box, 1)
        row.addWidget(self.mix_box)
        return row

    def showEvent(self, event: QShowEvent) -> None:
        """Tell it."""
        super().showEvent(event)
        self.opened.emit()

    def _prompt_part(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.prompt_box = QLineEdit()
        self.prompt_box.setAccessibleName("Prompt")
        self.prompt_box.setPlaceholderText("gold statue")
        self.prompt_box.setToolTip("Styles, mixtures and materials, in English: gold statue, comic of an elf, blue ink")
        self.prompt_box.setMaxLength(2 * _LONGEST_PROMPT)
        self.prompt_box.returnPressed.connect(self._ask)
        self.wear_button = button("Wear", "Wear what the prompt says", self._ask, kind="primary")
        self.wear_button.setToolTip("Puts on the nearest bundled styles at once")
        row.addWidget(self.prompt_box, 1)
        row.addWidget(self.wear_button)
        return row

    # -- filling it

    def _fill(self, cards: Sequence[StyleCard]) -> None:
        clear_layout(self._grid)
        self.tiles = {}
        for number, card in enumerate(cards):
            tile = StyleTile(card)
            tile.clicked.connect(lambda _on, name=card.name: self._clicked(name))
            tile.export_wanted.connect(self._ask_export)
            tile.delete_wanted.connect(self.deleted)
            self._grid.addWidget(tile, *divmod(number, _COLUMNS))
            self.tiles[card.name] = tile
        in_tab_order(self.prompt_box, self.wear_button, *self.tiles.values(), self.region_box, self.mix_box)

    def _fill_strengths(self, worn: Sequence[WornStyle]) -> None:
        clear_layout(self._strengths)
        self.sliders = {}
        for one in worn:
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            name = label(one.title)
            name.setFixedWidth(96)
            slider = AmountSlider(f"Strength of {one.title}", 0.0, 1.0, 1.0)
            slider.amount_changed.connect(lambda amount, live, key=one.key: self.strength_moved.emit(key, amount, live))
            line.addWidget(name)
            line.addWidget(slider, 1)
            self._strengths.addWidget(row)
            self.sliders[one.key] = slider
        in_tab_order(self.mix_box, *self.sliders.values())

    def _set_choices(self, view: StyleView) -> None:
        titles = [one.capitalize() for one in view.regions]
        if titles != [self.region_box.itemText(n) for n in range(self.region_box.count())]:
            self.region_box.clear()
            self.region_box.addItems(titles)
        self.region_box.setCurrentText(view.region.capitalize())
        known = self.prompt_box.completer()
        if view.suggestions and known is None:
            completer = QCompleter(list(view.suggestions), self.prompt_box)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            self.prompt_box.setCompleter(completer)

    # -- what the person does

    def _clicked(self, name: str) -> None:
        """Put a style on, or off where it is on already."""
        worn = [one for one in self._view.worn if one.name == name]
        self.tiles[name].setChecked(bool(worn))  # until the head has changed
        if worn:
            self.taken_off.emit(worn[-1].key)
        else:
            self.worn.emit(name, self.mix_box.isChecked())

    def _ask(self) -> None:
        self.prompted.emit(self.prompt_box.text())

    def _ask_import(self) -> None:
        dialog = QFileDialog(self, "Import a style")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"Style (*{PACK_SUFFIX})")
        dialog.fileSelected.connect(lambda path: self.imported.emit(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _ask_export(self, name: str) -> None:
        dialog = QFileDialog(self, "Export a style", f"{name}{PACK_SUFFIX}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Style (*{PACK_SUFFIX})")
        dialog.setDefaultSuffix(PACK_SUFFIX.lstrip("."))
        dialog.fileSelected.connect(lambda path: self.exported.emit(name, Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
