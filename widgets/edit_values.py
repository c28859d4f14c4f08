"""What the editing panels show and ask for, as frozen values: no Qt, no model. See `widgets.values`."""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frame import Frame
from core.region import Region
from widgets.values import Picture

Rgb = tuple[float, float, float]
Labels = NDArray[np.uint8]

PART_TITLES = {
    "hair": "Hair",
    "glasses": "Glasses",
    "eyes": "Eyes",
    "brows": "Brows",
    "nose": "Nose",
    "mouth": "Mouth",
    "ears": "Ears",
    "beard": "Beard",
    "clothing": "Clothing",
}
"""Parts by name, in the order in which they are listed."""
PART_OF_LABEL = {"lips": "mouth", "cloth": "clothing", "background": "", "skin": "", "neck": ""}
"""The part that a label of `core.mask.PARTS` belongs to, where it is not called the same."""
REMOVABLE = frozenset({"hair", "glasses", "beard"})
COLOURLESS = frozenset({"beard"})
"""Parts that are no surface of their own, so they cannot be taken or coloured."""


FREE_PART = "region"
"""What is only drawn, and no part that has a name."""
TITLES = PART_TITLES | {FREE_PART: "Drawn region"}


def part_of_label(label: str) -> str:
    """The part that a label belongs to; empty for none."""
    return PART_OF_LABEL.get(label, label)


class EditKind(enum.Enum):
    """What an edit does."""

    TAKE = enum.auto()
    REMOVE = enum.auto()
    SLIDER = enum.auto()
    COLOUR = enum.auto()
    PAINT = enum.auto()
    REPAIR = enum.auto()
    STYLE = enum.auto()


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture of a head that parts can be pointed at.

    Attributes:
        pixels: uint8 [H, W, 3].
        labels: uint8 [h, w] indices into `core.mask.PARTS`, or None.
    """

    pixels: Picture
    labels: Labels | None = None


@dataclass(frozen=True, eq=False)
class ReferenceView:
    """A head to take parts from.

    Attributes:
        key: of the reference.
        name: for people.
        thumbnail: uint8 [h, w, 3], or None.
        portrait: larger, for pointing at parts; None until it is drawn.
        parts: those that it has; None until they are known.
        progress: 0..1 while it is still being made; None once it is there.
        note: why no part can be taken from it at present; empty where it can.
    """

    key: str
    name: str
    thumbnail: Picture | None = None
    portrait: Portrait | None = None
    parts: tuple[str, ...] | None = None
    progress: float | None = None
    note: str = ""


@dataclass(frozen=True)
class PartView:
    """A part of the present head; `coverage` is its share of the visible surface, 0 where it shows none.

    `behind` names the part that hides it.
    """

    name: str
    coverage: float = 0.0
    behind: str = ""

    @property
    def amount(self) -> str:
        """How much of it there is, for people."""
        if self.coverage <= 0:
            return f"behind {TITLES[self.behind].lower()}" if self.behind else "—"
        return "< 1 %" if self.coverage < 0.01 else f"{self.coverage * 100:.0f} %"


@dataclass(frozen=True)
class SliderView:
    """An attribute; `low` and `high` say in words what its ends mean, `group` under which heading it stands."""

    name: str
    low: str
    high: str
    minimum: float = -2.5
    maximum: float = 2.5
    value: float = 0.0
    group: str = ""


@dataclass(frozen=True, eq=False)
class EditView:
    """A layer of the stack.

    Attributes:
        key: of the edit.
        kind: what it does.
        title: for people: "Hair from Seed 7".
        enabled: whether it counts at present.
        strength: how much.
        minimum: of the strength.
        maximum: of the strength.
        neutral: the strength that a double click brings.
        rgb: the colour of a recolouring.
        thumbnail: of the reference or the paint, uint8 [h, w, 3], or None.
        problem: why it has no effect at present; empty where it has.
        seam: width of the soft edge of a part that was taken, 0..`WIDEST_SEAM`; None for other edits.
        harmony: how far its colours follow the head's own, 0..1; None for other edits.
        usual_harmony: what a double click brings.
    """

    key: str
    kind: EditKind
    title: str
    enabled: bool = True
    strength: float = 1.0
    minimum: float = 0.0
    maximum: float = 1.0
    neutral: float = 1.0
    rgb: Rgb | None = None
    thumbnail: Picture | None = None
    problem: str = ""
    seam: float | None = None
    harmony: float | None = None
    usual_harmony: float = 1.0


WIDEST_SEAM = 5.0


@dataclass(frozen=True, eq=False)
class EditingView:
    """All that the editing panels show.

    Attributes:
        references: in their order.
        parts: of the present head, in the order of `PART_TITLES`.
        sliders: that the head's model knows.
        edits: first to last.
        region: what was drawn for `FREE_PART`, or None.
        click_refusal: why a click cuts nothing out; empty where it does.
        refusal: why nothing can be edited; empty where it can.
        slider_note: why there are no sliders; empty where there are.
        part_limit: why parts can be taken and nothing else be done with them; empty where all can be done.
    """

    references: tuple[ReferenceView, ...] = ()
    parts: tuple[PartView, ...] = ()
    sliders: tuple[SliderView, ...] = ()
    edits: tuple[EditView, ...] = ()
    region: Region | None = None
    click_refusal: str = ""
    refusal: str = ""
    slider_note: str = ""
    part_limit: str = ""


@dataclass(frozen=True, eq=False)
class Strokes:
    """What was painted over a view.

    Attributes:
        picture: uint8 [S, S, 4], straight alpha.
        frame: the view.
    """

    picture: Picture
    frame: Frame


class CutTool(enum.Enum):
    """What helps to draw a mask."""

    ROUGH = enum.auto()
    BOX = enum.auto()
    CLICK = enum.auto()


@dataclass(frozen=True, eq=False)
class CutWish:
    """A mask that shall be found.

    Attributes:
        tool: how.
        frame: the view.
        rough: uint8 [S, S], what is drawn so far.
        place: u and v of a click, or left, top, right, bottom of a box, in parts of the picture; empty for neither.
        removes: what is found is taken away from what is drawn.
    """

    tool: CutTool
    frame: Frame
    rough: Labels
    place: tuple[float, ...] = ()
    removes: bool = False


@dataclass(frozen=True, eq=False)
class Drawing:
    """A mask that was drawn over a view.

    Attributes:
        part: that it refines, or `FREE_PART`.
        added: uint8 [S, S], how much of each pixel was added to the part that the view shows.
        removed: uint8 [S, S], how much was taken away.
        frame: the view.
    """

    part: str
    added: Labels
    removed: Labels
    frame: Frame
