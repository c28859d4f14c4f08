"""What the window shows and asks about models, as frozen values: no Qt, no model. See `widgets.values`."""

import enum
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ChoiceView:
    """One entry of a picker; `reason` says why it cannot be chosen, empty where it can, `meaning` what it does."""

    name: str
    title: str
    licence: str = ""
    commercial: bool = True
    reason: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class PickersView:
    """What heads can be made with, and what is chosen; `missing` names a head's model that is not among them."""

    generators: tuple[ChoiceView, ...] = ()
    methods: tuple[ChoiceView, ...] = ()
    generator: str = ""
    method: str = ""
    commercial_only: bool = False
    missing: str = ""
    efforts: tuple[ChoiceView, ...] = ()
    """How long a search may take."""
    effort: str = ""
    offer: str = ""
    """Words on the button that makes the head anew with what is chosen; empty hides it."""


@dataclass(frozen=True)
class BannerView:
    """A quiet sentence over the viewer, with a button where `action` names one; `picture` says what is shown below."""

    text: str
    action: str = ""
    picture: str = ""


@dataclass(frozen=True)
class ModelView:
    """A row of the models dialog; `state` is ready, missing or damaged, `note` what to do about it.

    `title` and `licence` are a few words, `purpose` and `terms` say more.
    """

    name: str
    kind: str
    title: str
    licence: str = ""
    commercial: bool = True
    size_bytes: int = 0
    need_bytes: int = 0
    state: str = "ready"
    note: str = ""
    removable: bool = False
    purpose: str = ""
    terms: str = ""


@dataclass(frozen=True)
class ModelsView:
    """The models dialog: what is installed, and the folder where added models are."""

    rows: tuple[ModelView, ...] = ()
    folder: Path = field(default_factory=Path.home)
    commercial_only: bool = False


class MemoryAnswer(enum.Enum):
    """How a model that will not fit shall be used."""

    HALF = enum.auto()
    SMALLER = enum.auto()
    ANYWAY = enum.auto()
    CANCEL = enum.auto()


@dataclass(frozen=True)
class MemoryView:
    """A model that will not fit, with what it takes in each way to use it, in bytes."""

    title: str
    free_bytes: int
    need_bytes: int
    half_bytes: int
    smaller_bytes: int
    smaller_px: int
