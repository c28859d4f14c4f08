"""The parts of the present head, and what can be done with the chosen one: take, remove, colour.

Longer than usual: buttons, menus and the picture all ask here, in the same words and under the same conditions.
"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QColorDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from widgets.edit_values import COLOURLESS, FREE_PART, REMOVABLE, TITLES, PartView, ReferenceView
from widgets.icons import icon
from widgets.part_row import PartRow
from widgets.parts import button, in_tab_order, label
from widgets.pictures import thumbnail
from widgets.scrolling_panel import ScrollingPanel

_NOTHING = "The parts of the head appear here; click one here or in the picture to change it."
_MENU_PICTURE = QSize(28, 28)


class PartsPanel(QWidget):
    """Shows PartViews and what can be done with the chosen one.

    Signals:
        pointed: name of the part under the pointer; empty for none.
        chosen: name of the part chosen last; empty for none.
        taken: part and key of the reference; once for each chosen part, as the next two.
        removed: part.
        coloured: part and red, green, blue, 0..1.
        refined: a mask shall be drawn for this part.
        region_dropped: what was drawn for no part in particular shall be forgotten.
        references_wanted: there is none to take from yet.
    """

    pointed = Signal(str)
    chosen = Signal(str)
    taken = Signal(str, str)
    removed = Signal(str)
    coloured = Signal(str, tuple)
    refined = Signal(str)
    region_dropped = Signal()
    references_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Parts")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 4, 10)
        column.setSpacing(6)
        scroll = self._scroll = ScrollingPanel("List of parts", (0, 0, 4, 0), 0)
        self._column = scroll.column
        self._empty = label(_NOTHING, "muted", wrap=True)
        self._empty.setContentsMargins(4, 0, 0, 0)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        column.addWidget(scroll, 1)
        self.take_button = QPushButton("Take from")
        self.take_button.setAccessibleName("Take the part from a reference")
        self.take_button.clicked.connect(self._open_take_menu)
        self.remove_button = button("Remove", "Remove the part", self._remove)
        self.colour_button = button("Colour…", "Give the part another colour", self.ask_colour)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(5)
        for one in (self.take_button, self.remove_button, self.colour_button):
            one.setStyleSheet("QPushButton { padding-left: 6px; padding-right: 6px; }")
            row.addWidget(one, 1)
        column.addLayout(row)
        self.refine_button = button("Refine…", "Draw more or less of the part over the view", self._refine)
        self.region_button = button(
            "Draw a region…", "Draw over the view what shall be taken", lambda: self.refined.emit(FREE_PART)
        )
        self.region_button.setEnabled(False)
        drawing = QHBoxLayout()
        drawing.setContentsMargins(0, 0, 8, 0)
        drawing.setSpacing(5)
        drawing.addWidget(self.refine_button, 2)
        drawing.addWidget(self.region_button, 3)
        column.addLayout(drawing)
        self._buttons = (
            self.take_button,
            self.remove_button,
            self.colour_button,
            self.refine_button,
            self.region_button,
        )
        self.rows: dict[str, PartRow] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._references: tuple[ReferenceView, ...] = ()
        self._limit = ""
        self._chosen: tuple[str, ...] = ()
        self._refresh()

    @property
    def chosen_part(self) -> str:
        """Name of the part chosen last; empty for none."""
        return self._chosen[-1] if self._chosen else ""

    @property
    def chosen_parts(self) -> tuple[str, ...]:
        """Names of all chosen parts."""
        return self._chosen

    def set_parts(
        self, parts: tuple[PartView, ...], references: tuple[ReferenceView, ...], refusal: str = "", limit: str = ""
    ) -> None:
        """Show the parts of the present head.

        Args:
            parts: of the head.
            references: what can be taken depends on them.
            refusal: why nothing can be done; empty where it can.
            limit: why parts can be taken and nothing else be done with them; empty where all can be done.
        """
        self._references = references
        self._limit = limit
        for limited in (self.remove_button, self.colour_button, self.refine_button, self.region_button):
            limited.setToolTip(limit)
        if [one.name for one in parts] != list(self.rows):
            for row in self.rows.values():
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.rows = {}
            for index, one in enumerate(parts):
                made = PartRow(one)
                made.pointed.connect(self.pointed)
                made.clicked.connect(lambda _=False, name=one.name: self._click(name))
                self._column.insertWidget(1 + index, made)
                self.rows[one.name] = made
            in_tab_order(*self.rows.values(), *self._buttons)
        for one in parts:
            self.rows[one.name].set_view(one)
        self._empty.setText(refusal or _NOTHING)
        self._empty.setVisible(not parts)
        self._chosen = tuple(name for name in self._chosen if name in self.rows)
        self.region_button.setEnabled(bool(parts) and not limit)
        self._refresh()

    def choose(self, name: str, *, beside: bool = False) -> None:
        """Choose a part; what is no part of the list chooses none.

        Args:
            name: of the part.
            beside: those chosen before stay chosen; one that was among them is no longer.
        """
        before = self._chosen
        name = name if name in self.rows else ""
        if not beside:
            self._chosen = (name,) if name else ()
        elif name in before:
            self._chosen = tuple(one for one in before if one != name)
        elif name:
            self._chosen = (*before, name)
        self._refresh()
        if self._chosen != before:
            self.chosen.emit(self.chosen_part)

    def fill_menu(self, menu: QMenu, part: str) -> None:
        """Put all that can be done with a part into a menu."""
        take = menu.addMenu(f"Take {TITLES[part].lower()} from")
        take.setEnabled(part not in COLOURLESS)
        self._fill_take(take, (part,))
        remove = menu.addAction(f"Remove the {TITLES[part].lower()}")
        remove.setEnabled(self._can_remove(part))
        remove.triggered.connect(lambda: self._remove((part,)))
        refine = menu.addAction("Refine…")
        refine.setEnabled(self._can_refine(part))
        refine.triggered.connect(lambda: self.refined.emit(part))
        colour = menu.addAction("Another colour…")
        colour.setEnabled(self._can_colour(part))
        colour.triggered.connect(lambda: self.ask_colour(part))

    def ask_colour(self, part: str = "") -> None:
        """Let the person choose a colour for a part, the chosen ones when none is named; does not block."""
        parts = tuple(one for one in ((part,) if part else self._chosen) if self._can_colour(one))
        if not parts:
            return
        dialog = QColorDialog(QColor("#7a4a2a"), self.window())
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(f"Colour of the {_titles(parts)}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def colour(chosen: QColor) -> None:
            for one in parts:
                self.coloured.emit(one, (chosen.redF(), chosen.greenF(), chosen.blueF()))

        dialog.colorSelected.connect(colour)
        dialog.open()

    def minimumSizeHint(self) -> QSize:
        """The list scrolls."""
        return QSize(250, 150)

    def _click(self, name: str) -> None:
        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.choose(name, beside=True)
        else:
            self.choose("" if self._chosen == (name,) else name)

    def _remove(self, parts: tuple[str, ...] = ()) -> None:
        for part in parts or self._chosen:
            if part == FREE_PART:
                self.region_dropped.emit()
            elif self._can_remove(part):
                self.removed.emit(part)

    def _refine(self) -> None:
        if self._can_refine(self.chosen_part):
            self.refined.emit(self.chosen_part)

    def _open_take_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_take(menu, tuple(part for part in self._chosen if part not in COLOURLESS))
        menu.popup(self.take_button.mapToGlobal(self.take_button.rect().bottomLeft()))

    def _fill_take(self, menu: QMenu, parts: tuple[str, ...]) -> None:
        known = [one for one in self._references if one.progress is None and not one.note]
        for one in known:
            picture = thumbnail(one.thumbnail, _MENU_PICTURE, self.devicePixelRatioF(), 4)
            action = menu.addAction(picture, one.name)
            has = tuple(part for part in parts if one.parts is None or part == FREE_PART or part in one.parts)
            action.setEnabled(bool(has))
            lacks = tuple(part for part in parts if part not in has)
            if lacks:
                action.setText(f"{one.name}  (no {_titles(lacks)})")

            def take(_checked: bool = False, key: str = one.key, wanted: tuple[str, ...] = has) -> None:
                for part in wanted:
                    self.taken.emit(part, key)

            action.triggered.connect(take)
        if known:
            menu.addSeparator()
        more = menu.addAction(icon("open_photo"), "Add a photo or head…")
        more.triggered.connect(self.references_wanted)

    def _can_remove(self, part: str) -> bool:
        row = self.rows.get(part)
        if part == FREE_PART:
            return row is not None
        return (
            not self._limit and part in REMOVABLE and row is not None and (part in COLOURLESS or row.view.coverage > 0)
        )

    def _can_colour(self, part: str) -> bool:
        row = self.rows.get(part)
        can = part not in COLOURLESS and part != FREE_PART and row is not None and row.view.coverage > 0
        return can and not self._limit

    def _can_refine(self, part: str) -> bool:
        return not self._limit and part in self.rows and part not in COLOURLESS and part != FREE_PART

    def _refresh(self) -> None:
        for name, row in self.rows.items():
            row.setChecked(name in self._chosen)
        self.take_button.setEnabled(any(part not in COLOURLESS for part in self._chosen))
        self.remove_button.setEnabled(any(map(self._can_remove, self._chosen)))
        self.colour_button.setEnabled(any(map(self._can_colour, self._chosen)))
        self.refine_button.setEnabled(len(self._chosen) == 1 and self._can_refine(self.chosen_part))


def _titles(parts: tuple[str, ...]) -> str:
    return " and ".join(TITLES[part].lower() for part in parts)
