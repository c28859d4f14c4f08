"""What the style panel shows and asks for, as frozen values: no Qt, no model. See `widgets.values`."""

from dataclasses import dataclass

from widgets.values import Picture


@dataclass(frozen=True, eq=False)
class StyleCard:
    """A style that can be worn.

    Attributes:
        name: of the pack.
        title: for people.
        detail: how it was made and under which licence.
        picture: uint8 [h, w, 3].
        own: whether it is the person's own, so that it can be deleted.
    """

    name: str
    title: str
    detail: str
    picture: Picture
    own: bool = False


@dataclass(frozen=True)
class WornStyle:
    """A style that the head wears.

    Attributes:
        key: of the edit.
        name: of the pack.
        title: for people.
        strength: 0..1.
    """

    key: str
    name: str
    title: str
    strength: float


@dataclass(frozen=True, eq=False)
class TeachingView:
    """A prompt that is being taught, or was.

    Attributes:
        message: what is going on.
        fraction: 0..1.
        running: whether it goes on at present.
        preview: uint8 [h, w, 3] of the head as it would be, with others below it, a third higher than wide; or None.
        can_keep: whether there is something to keep.
    """

    message: str = ""
    fraction: float = 0.0
    running: bool = False
    preview: Picture | None = None
    can_keep: bool = False


@dataclass(frozen=True, eq=False)
class StyleView:
    """All that the style panel shows.

    Attributes:
        cards: styles in their order.
        worn: first to last.
        region: where styles are put on.
        regions: where they can be.
        identity: how far the person is from who they are without, in words.
        distances: the same as a plot: yaw in degrees, and identity distance.
        floor: the mean distance that is allowed where the person is kept.
        locked: whether styles are weakened to it by themselves.
        suggestions: prompts.
        answer: what the last prompt was answered with, in words.
        presets: of teaching a prompt, the quickest first; none where nothing can teach.
        teaching: what is taught.
        refusal: why none can be worn; empty where they can.
    """

    cards: tuple[StyleCard, ...] = ()
    worn: tuple[WornStyle, ...] = ()
    region: str = "everything"
    regions: tuple[str, ...] = ("everything",)
    identity: str = ""
    distances: tuple[tuple[float, float], ...] = ()
    floor: float = 0.45
    locked: bool = False
    suggestions: tuple[str, ...] = ()
    answer: str = ""
    presets: tuple[str, ...] = ()
    teaching: TeachingView | None = None
    refusal: str = ""
