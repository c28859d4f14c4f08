"""What heads can be made with on this machine, and what they need: known from records, before anything is loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.memory import BUNDLED, Room
from core.errors import CheckpointError
from core.stand_in import ModelFacts

if TYPE_CHECKING:
    from pathlib import Path

    from core.checkpoints.record import ModelRecord
    from core.project import Project

METHODS = {
    "pivotal": ("Likeness first", "Searches the head that looks like the photo, then tunes it (pivotal)."),
    "pseudo-views": (
        "All sides first",
        "As likeness first, and carries the photo to the sides while tuning (pseudo-views).",
    ),
    "dual-pivotal": ("Shape first", "Keeps the shape that two encoders see at once, then tunes it (dual-pivotal)."),
    "dual": ("At once", "What two encoders see within a second, without a search (dual)."),
}
"""Title of each method, and what it does; one without goes by its name."""


@dataclass(frozen=True)
class Choice:
    """Something to make heads with.

    Attributes:
        name: how options, settings and heads call it.
        title: for people.
        licence: short.
        commercial: whether what is made with it may be sold.
        reason: why it cannot be used now; empty where it can.
        meaning: what it does, for people.
    """

    name: str
    title: str
    licence: str = ""
    commercial: bool = True
    reason: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Patience:
    """How long a search may take.

    Attributes:
        name: how settings call it.
        title: for people.
        seconds: until it stops.
    """

    name: str
    title: str
    seconds: float


PATIENCE = (
    Patience("quick", "Quick", 20.0),
    Patience("standard", "Standard", 60.0),
    Patience("quality", "Quality", 90.0),
)


@dataclass(frozen=True)
class Absence:
    """Why a head cannot be drawn and edited by its own generator.

    Attributes:
        model: the generator that it needs.
        changed: one of that name is here, but another version.
        room: it is here, but there is too little memory for it.
    """

    model: ModelFacts
    changed: bool = False
    room: Room | None = None

    @property
    def sentence(self) -> str:
        """For the person who opened the head."""
        from core.free_memory import in_words

        title = f"{self.model.title} ({short_licence(self.model.licence)})" if self.model.licence else self.model.title
        if self.room is not None and self.room.free is not None:
            return (
                f"{title} needs {in_words(self.room.need.total)} of memory, and {in_words(self.room.free)} are free. "
                "What was saved of the head is shown."
            )
        if not self.changed:
            return f"Made with {title}. Install it with Head > Models… to go on editing."
        if self.model.name == BUNDLED.name:
            return f"Made with an earlier version of {title}. Make it again to go on editing."
        return f"Made with another version of {title}. Install that one with Head > Models… to go on editing."


def generator_choices() -> tuple[Choice, ...]:
    """The bundled generator and the installed ones; those that are damaged say so."""
    from core.checkpoints import store

    rows = [Choice(BUNDLED.name, BUNDLED.title, short_licence(BUNDLED.licence))]
    for record in store.installed():
        if record.is_generator:
            state = store.state(record)
            reason = "" if state == "ready" else f"its file is {state}"
            rows.append(Choice(record.name, titled(record), short_licence(record.licence), record.commercial, reason))
    return tuple(rows)


def method_choices() -> tuple[Choice, ...]:
    """The methods that find a head in a photo; each works with every generator."""
    from core import inverters

    known = {name: METHODS.get(name, (name, "")) for name in inverters.INVERTERS}
    return tuple(Choice(name, title, meaning=meaning) for name, (title, meaning) in known.items())


def models_folder() -> Path:
    """Where added models are."""
    from core.checkpoints import store

    return store.folder()


def titled(record: ModelRecord) -> str:
    """An installed model for people: its family, and its own name where that says more."""
    return record.title if record.name == record.family else f"{record.title} ({record.name})"


def facts_of(name: str) -> ModelFacts | None:
    """What is known of the generator of that name; None where it is not installed."""
    from core import generators
    from core.checkpoints import store

    if name in generators.LOADERS:
        if name != BUNDLED.name:
            return ModelFacts(name, name.capitalize())
        from core.generators.mini import WEIGHTS

        return ModelFacts(**{**BUNDLED.to_json(), "sha256": _checksum(WEIGHTS)})

    try:
        record = store.record(name)
    except CheckpointError:
        return None
    return _facts_of_record(record) if record.is_generator and store.state(record) == "ready" else None


def absence_of(project: Project, here: ModelFacts | None) -> Absence | None:
    """Why the head of a project cannot be edited; None where it can, or where there is none.

    Args:
        project: any.
        here: what is installed under the name of its head's generator, or None.
    """
    if project.head is None:
        return None
    wanted = project.stand_in.model if project.stand_in is not None else None
    if here is None:
        return Absence(wanted or ModelFacts(project.head.generator, project.head.generator))
    if wanted is not None and wanted.sha256 and here.sha256 and wanted.sha256 != here.sha256:
        return Absence(wanted, changed=True)
    return None


def short_licence(licence: str) -> str:
    """A licence for a picker: without what stands in brackets, and without the LicenseRef of its identifier."""
    plain = licence.split("(")[0].strip().removeprefix("LicenseRef-")
    known = {"NVIDIA Source Code License": "NVIDIA, non-commercial", "CC-BY-NC-4.0": "CC-BY-NC"}
    return known.get(plain, plain)


def _facts_of_record(record: ModelRecord) -> ModelFacts:
    return ModelFacts(record.name, titled(record), record.licence, record.commercial, record.family, record.sha256)


@cache
def _checksum(path: Path) -> str:
    """Checksum of a file that does not change while Volteface runs; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
