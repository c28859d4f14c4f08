"""Drawings of heads in styles: what a head wears as a bundled style, and what the bundled prior learns from.

Each style is a function of a `Subject` (picture, labels, depth) and a source of randomness; it draws on white, keeps
the head's outline but for an elf's ears, and answers float32 [S, S, 3], 0..1.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.drawing import film
from core.drawing.beings import joker, zombie
from core.drawing.dabs import oil
from core.drawing.elf import elf
from core.drawing.facets import low_poly
from core.drawing.film import animated
from core.drawing.machines import robot
from core.drawing.matter import bronze, clay, marble, wood
from core.drawing.paper import comic, ink, pencil
from core.drawing.sprites import pixel_art
from core.drawing.subject import GREY
from core.drawing.washes import watercolour

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values


class Style(Protocol):
    """Draws a subject."""

    def __call__(self, subject: Subject, random: np.random.Generator) -> Values:
        """The drawing."""


STYLES: dict[str, Style] = {
    "pencil": pencil,
    "ink": ink,
    "watercolour": watercolour,
    "oil": oil,
    "comic": comic,
    "clay": clay,
    "marble": marble,
    "bronze": bronze,
    "wood": wood,
    "zombie": zombie,
    "joker": joker,
    "elf": elf,
    "robot": robot,
    "lowpoly": low_poly,
    "pixel": pixel_art,
    "animated": animated,
}
"""By the names of `core.stylizers.vocabulary`."""


def drawing(subject: Subject, style: str, seed: int) -> Values:
    """A subject in a style, float32 [S, S, 3], 0..1; the same for the same seed.

    Args:
        subject: what is drawn; S is a multiple of 32.
        style: a key of STYLES, or "photo" for the render itself.
        seed: of the strokes, veins and wounds. Views of one head with one seed have theirs at the same places.
    """
    if style == "photo":
        return subject.rgb
    return STYLES[style](subject, _random(style, seed))


def reshaped(subject: Subject, style: str, seed: int) -> Subject:
    """A subject as its shape is in a style's drawing with that seed; most styles leave it as it is."""
    return film.reshaped(subject, _random(style, seed)) if style == "animated" else subject


def _random(style: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(style.encode())])


def tinted(picture: Values, tint: tuple[float, float, float]) -> Values:
    """A drawing [S, S, 3] on white as if it were of another material: its tones, in one colour."""
    colour = np.asarray(tint, np.float32)
    own = float(colour @ GREY)
    tone = (picture @ GREY)[..., None]
    # black stays black, white white, and the colour itself stands where the tone is its own
    dark = colour * (tone / max(own, 1e-3))
    light = colour + (1 - colour) * ((tone - own) / max(1 - own, 1e-3))
    return np.asarray(np.clip(np.where(tone < own, dark, light), 0, 1), np.float32)
