"""What is typed on the command line about edits, as values: `smile=1`, a colour, a strength."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.errors import VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence


def assignments(words: Sequence[str], example: str) -> list[tuple[str, str]]:
    """The two sides of each `name=value`."""
    for word in words:
        name, sign, value = word.partition("=")
        if not (name and sign and value):
            raise VoltefaceError(f"{word!r} sets nothing.", f"Write it as {example}.")
    return [(word.partition("=")[0], word.partition("=")[2]) for word in words]


def number(name: str, text: str) -> float:
    """A strength as people write it; `name` is what has it."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise VoltefaceError(f"{text!r} is no strength of {name}.", "Write a number, such as 0.8 or -0.3.")
    return value


def colour_of(part: str, text: str) -> tuple[float, float, float]:
    """Red, green, blue, 0..1, of a colour as people write it."""
    from PIL import ImageColor

    from core.editors.head_parts import labels_of

    labels_of(part)
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError as error:
        raise VoltefaceError(f"{text!r} is no colour.", "Write it as #aa5522.") from error
    return red / 255, green / 255, blue / 255


def check_strength(strength: float) -> None:
    """Refuse a strength that no edit can have."""
    if not 0 < strength <= 1:
        raise VoltefaceError(f"The strength {strength:g} is out of range.", "Choose one above 0, up to 1.")
