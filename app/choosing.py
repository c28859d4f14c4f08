"""What heads are made with: the pickers, kept in the settings, and whether there is room for what is chosen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.memory import BUNDLED, Economy
from app.shelf import PATIENCE, Absence, absence_of
from widgets.model_values import ChoiceView, MemoryAnswer, MemoryView, PickersView

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engines import Engines
    from app.memory import Room
    from app.session import Session
    from app.settings import SettingsFile
    from app.shelf import Choice
    from core.head import Head
    from core.project import Project
    from widgets.studio_window import StudioWindow

SMALLER = 2
"""A smaller feature picture has so many times fewer pixels along each side."""


class Choosing(QObject):
    """Knows the chosen generator and method, and whether the open head's own generator can draw it.

    Signals:
        changed: a way was found to use a model that did not fit, or models came or went.
    """

    changed = Signal()

    def __init__(self, window: StudioWindow, session: Session, engines: Engines, settings: SettingsFile) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._engines = engines
        self._settings = settings
        self._generators: tuple[Choice, ...] = ()
        self._methods: tuple[Choice, ...] = ()
        self._economies: dict[str, Economy] = {}
        self._judged: tuple[Project, Absence | None] | None = None
        self._wish: tuple[str, str] | None = None
        session.opened.connect(self._forget_wish)
        window.making_chosen.connect(self._choose)
        window.commercial_only_changed.connect(self._filter)
        window.head_panel.pickers.effort_chosen.connect(self._be_patient)

    @property
    def generator(self) -> str:
        """The chosen generator; the bundled one where that is not there any more."""
        wanted = self._settings.value.generator
        return wanted if any(one.name == wanted and not one.reason for one in self._usable()) else BUNDLED.name

    @property
    def method(self) -> str:
        """The chosen method."""
        wanted = self._settings.value.method
        names = [one.name for one in self._methods]
        return wanted if wanted in names or not names else names[0]

    @property
    def seconds(self) -> float:
        """How long a search may take."""
        return next((one.seconds for one in PATIENCE if one.name == self._settings.value.patience), 60.0)

    def title_of(self, generator: str) -> str:
        """A generator's name for people."""
        found = next((one for one in self._generators if one.name == generator), None)
        return found.title if found is not None else generator

    def choice_of(self, generator: str) -> Choice | None:
        """What is known of an installed generator."""
        return next((one for one in self._generators if one.name == generator), None)

    def method_title(self, method: str) -> str:
        """A method's name for people."""
        return next((one.title for one in self._methods if one.name == method), method)

    def economy_of(self, generator: str) -> Economy:
        """How a generator is used."""
        return self._economies.get(generator, Economy())

    def look(self) -> None:
        """Read again what is installed, and show it."""
        self._generators, self._methods = self._engines.generator_choices(), self._engines.method_choices()
        self._judged = None
        self.show()

    def show(self) -> None:
        """Fill the pickers."""
        if not self._generators:
            return
        absence = self.absence()
        generator, method = self._shown()
        self._window.set_pickers(
            PickersView(
                generators=tuple(_view(one) for one in self._generators),
                methods=tuple(_view(one) for one in self._methods),
                generator=generator,
                method=method,
                commercial_only=self._settings.value.commercial_only,
                missing=self._missing(absence),
                efforts=tuple(ChoiceView(one.name, one.title, f"{one.seconds:.0f} s") for one in PATIENCE),
                effort=self._settings.value.patience,
                offer=self._offer(absence),
            )
        )

    def absence(self) -> Absence | None:
        """Why the open head cannot be drawn by its own generator; asked once for each head."""
        project = self._session.project
        if project is None or project.head is None:
            return None
        if self._judged is None or self._judged[0].head is not project.head:
            self._judged = (project, self._absence_of(project, project.head))
        return self._judged[1]

    def when_there_is_room(self, generator: str, go_on: Callable[[], None]) -> None:
        """Go on when a generator fits, or when the person has chosen how to use it all the same."""
        room = None if generator in self._economies else self._engines.room_of(generator)
        if room is None or room.suffices or room.free is None:
            self._economies.setdefault(generator, Economy())
            go_on()
            return

        def answered(answer: MemoryAnswer) -> None:
            if answer is not MemoryAnswer.CANCEL:
                smaller = room.neural_px // SMALLER
                self._economies[generator] = {
                    MemoryAnswer.HALF: Economy(half=True),
                    MemoryAnswer.SMALLER: Economy(neural_px=smaller),
                }.get(answer, Economy())
                self._judged = None
                go_on()

        self._window.dialogs.ask_memory(_memory_view(self.title_of(generator), room), answered)

    def use_anyway(self) -> None:
        """Find a way to draw the open head with its own generator."""
        absence = self.absence()
        if absence is not None:
            self.when_there_is_room(absence.model.name, self.changed.emit)

    def _absence_of(self, project: Project, head: Head) -> Absence | None:
        here = self._engines.facts_of(head.generator)
        absence = absence_of(project, here)
        if absence is not None or here is None or head.generator in self._economies:
            return absence
        room = self._engines.room_of(head.generator)
        if room is not None and not room.suffices:
            return Absence(here, room=room)
        # once it is loaded its memory is taken, so it is not asked again
        self._economies[head.generator] = Economy()
        return None

    def _missing(self, absence: Absence | None) -> str:
        """What the model picker says where the head's own model is not among its entries."""
        if absence is None or absence.room is not None or self._wish is not None:
            return ""
        return f"{absence.model.title} ({'another version' if absence.changed else 'not installed'})"

    def _offer(self, absence: Absence | None) -> str:
        """Words for making the present photo's head with what is chosen, where that is something else."""
        project = self._session.project
        if project is None or project.alignment is None or project.head is None or self._wish is None:
            return ""
        head = project.head
        if absence is None and (head.generator, head.method or self.method) == (self.generator, self.method):
            return ""
        if absence is None and head.generator == self.generator:
            return f"Make again by {self.method_title(self.method).lower()}"
        return f"Make again with {self.title_of(self.generator)}"

    def _shown(self) -> tuple[str, str]:
        """What the pickers show: what was picked for this head, else what it was made with, else what is next."""
        head = self._session.project.head if self._session.project is not None else None
        if head is None or self._wish is not None:
            return self.generator, self.method
        return head.generator, head.method or self.method

    def _usable(self) -> tuple[Choice, ...]:
        only = self._settings.value.commercial_only
        return tuple(one for one in self._generators if one.commercial or not only)

    def _forget_wish(self) -> None:
        self._wish = None

    def _choose(self, generator: str, method: str) -> None:
        self._wish = (generator, method)
        self._settings.change(dataclasses.replace(self._settings.value, generator=generator, method=method))
        self.show()

    def _be_patient(self, name: str) -> None:
        self._settings.change(dataclasses.replace(self._settings.value, patience=name))
        self.show()

    def _filter(self, on: bool) -> None:
        self._settings.change(dataclasses.replace(self._settings.value, commercial_only=on))
        self.show()


def _view(choice: Choice) -> ChoiceView:
    return ChoiceView(choice.name, choice.title, choice.licence, choice.commercial, choice.reason, choice.meaning)


def _memory_view(title: str, room: Room) -> MemoryView:
    smaller = room.neural_px // SMALLER
    return MemoryView(
        title=title,
        free_bytes=room.free or 0,
        need_bytes=room.need.total,
        half_bytes=room.need.halved().total,
        smaller_bytes=room.need.at_neural_px(smaller, room.neural_px).total,
        smaller_px=smaller,
    )
