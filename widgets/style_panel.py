"""Styles: cards to wear with one click, how strongly and where; and a prompt that becomes a style of its own."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.amount_slider import AmountSlider
from widgets.curve_panel import CurvePanel
from widgets.likeness_plot import LikenessPlot
from widgets.parts import button, buttons_row, clear_layout, label
from widgets.pictures import thumbnail
from widgets.scrolling_panel import ScrollingPanel
from widgets.style_values import StyleCard, StyleView, TeachingView, WornStyle
from widgets.values import Picture

PACK_SUFFIX = ".vfstyle"
_PICTURE = QSize(78, 78)
_TEXT_PX = 108
"""Of a card's name: two cards stand side by side in the narrowest panel."""
_COLUMNS = 2
_PREVIEW = QSize(180, 240)
_LONGEST_PROMPT = 400


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
        self.setText(self.fontMetrics().elidedText(card.title, Qt.TextElideMode.ElideRight, _TEXT_PX))
        self.setToolTip(f"{card.title}\n{card.detail}")
        self.setAccessibleName(f"Style {card.title}")
        self.setAccessibleDescription(card.detail)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.show_picture(card.picture)
        self.setIconSize(_PICTURE)
        self.setMinimumWidth(_TEXT_PX)
        self.setStyleSheet("QToolButton { padding: 3px; }")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_picture(self, picture: Picture) -> None:
        """Show another picture of the style, uint8 [h, w, 3]."""
        self.setIcon(QIcon(thumbnail(picture, _PICTURE, self.devicePixelRatioF())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to write it to a file, and to delete one's own."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Export…", lambda: self.export_wanted.emit(self.card.name))
        if self.card.own:
            menu.addAction("Delete", lambda: self.delete_wanted.emit(self.card.name))
        menu.popup(event.globalPos())


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
        self._identity = label("", "muted", wrap=True)
        self.keep_person_button = button("Keep the person", "Keep the person", self.kept_person.emit)
        self.keep_person_button.setToolTip("Weakens the styles until a face recogniser knows the person again")
        self.likeness_plot = LikenessPlot()
        self._lock = self._lock_part()
        for widget in (self._identity, self.likeness_plot, self._lock):
            column.addWidget(widget)
        self.import_button = button("Import…", "Import a style", self._ask_import)
        column.addLayout(buttons_row(self.import_button))
        self._teaching = self._teaching_part()
        column.addWidget(self._teaching)
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
        self._identity.setText(view.identity)
        self._identity.setVisible(bool(view.identity))
        self.likeness_plot.set_values(view.distances, view.floor)
        self.likeness_plot.setVisible(bool(view.distances))
        self._lock.setVisible(bool(view.worn))
        with QSignalBlocker(self.floor_box), QSignalBlocker(self.lock_box):
            self.floor_box.setValue(view.floor)
            self.lock_box.setChecked(view.locked)
        self._set_teaching(view.teaching or TeachingView(), can=not view.refusal)

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
        self.curves.add(step, values)

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

    def _lock_part(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        self.lock_box = QCheckBox("Always")
        self.lock_box.setAccessibleName("Always keep the person")
        self.lock_box.setToolTip("Weakens every style by itself as soon as the person gets lost")
        self.floor_box = QDoubleSpinBox()
        self.floor_box.setAccessibleName("Greatest identity distance")
        self.floor_box.setToolTip(
            "How far a face recogniser may find the person from themselves; 0.6 is another person"
        )
        self.floor_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.floor_box.setRange(0.1, 0.8)
        self.floor_box.setSingleStep(0.05)
        self.floor_box.setFixedWidth(72)
        self.floor_box.valueChanged.connect(self._lock_changed)
        self.lock_box.toggled.connect(self._lock_changed)
        row.addWidget(label("May differ by"))
        row.addWidget(self.floor_box)
        row.addStretch(1)
        row.addWidget(self.lock_box)
        column.addLayout(row)
        column.addWidget(self.keep_person_button)
        return part

    def showEvent(self, event: QShowEvent) -> None:
        """Tell it."""
        super().showEvent(event)
        self.opened.emit()

    def _lock_changed(self) -> None:
        self.floor_chosen.emit(self.floor_box.value(), self.lock_box.isChecked())

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

    def _teaching_part(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label("Teach the words of the prompt", "section"))
        self.preset_box = QComboBox()
        self.preset_box.setAccessibleName("Preset of the teaching")
        self.start_button = button("Teach", "Start teaching", self._start)
        self.start_button.setToolTip("A prior teaches the model the words above; a quarter of an hour or more")
        self.pause_button = button("Pause", "Pause teaching", self.teaching_paused.emit)
        self.pause_button.setToolTip("It goes on from here when the same prompt is started again")
        self.keep_button = button("Keep", "Keep what was learned", self.teaching_kept.emit)
        self.drop_button = button("Discard", "Discard what was learned", self.teaching_dropped.emit)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName("Progress of the teaching")
        self._message = label("", "muted", wrap=True)
        self._preview = QLabel()
        self._preview.setAccessibleName("Preview of the style")
        self.curves = CurvePanel()
        self.curves.setMinimumHeight(150)
        row = QHBoxLayout()
        row.addWidget(self.preset_box, 1)
        row.addWidget(self.start_button)
        column.addLayout(row)
        column.addLayout(buttons_row(self.pause_button, self.keep_button, self.drop_button))
        for widget in (self._bar, self._message, self._preview, self.curves):
            column.addWidget(widget)
        return part

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

    def _set_choices(self, view: StyleView) -> None:
        titles = [one.capitalize() for one in view.regions]
        if titles != [self.region_box.itemText(n) for n in range(self.region_box.count())]:
            self.region_box.clear()
            self.region_box.addItems(titles)
        self.region_box.setCurrentText(view.region.capitalize())
        presets = [one.capitalize() for one in view.presets]
        if presets != [self.preset_box.itemText(n) for n in range(self.preset_box.count())]:
            self.preset_box.clear()
            self.preset_box.addItems(presets)
        known = self.prompt_box.completer()
        if view.suggestions and known is None:
            completer = QCompleter(list(view.suggestions), self.prompt_box)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            self.prompt_box.setCompleter(completer)

    def _set_teaching(self, teaching: TeachingView, *, can: bool) -> None:
        self._teaching.setVisible(bool(self._view.presets))
        self.start_button.setEnabled(can and not teaching.running and bool(self._view.presets))
        self.prompt_box.setEnabled(can and not teaching.running)
        self.wear_button.setEnabled(can and not teaching.running)
        self.preset_box.setEnabled(can and not teaching.running)
        self.pause_button.setVisible(teaching.running)
        self.keep_button.setVisible(teaching.can_keep)
        self.drop_button.setVisible(teaching.can_keep and not teaching.running)
        self._bar.setVisible(teaching.running)
        self._bar.setValue(round(1000 * teaching.fraction))
        self._message.setText(teaching.message)
        self._message.setVisible(bool(teaching.message))
        if teaching.preview is not None:
            self._preview.setPixmap(thumbnail(teaching.preview, _PREVIEW, self.devicePixelRatioF()))
        else:
            self._preview.setPixmap(QPixmap())
        self._preview.setVisible(teaching.preview is not None)
        self.curves.setVisible(teaching.running or teaching.can_keep)

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

    def _start(self) -> None:
        self.curves.begin()
        self.teaching_started.emit(self.prompt_box.text(), self.preset_box.currentText().lower())

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
