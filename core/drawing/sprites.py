"""Heads as pixel art: one grid, a ramp of few tones for each part, dithered between them, a dark outline.

All pixels are of one size. Ramps are found in each picture: a part's cells are sorted into tones, shadows turn towards
violet and lights towards yellow, as painters of sprites have it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.paper import lines
from core.drawing.subject import BROWS, CLOTH, EARS, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, NECK, NOSE, SKIN, floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.drawing.subject import Bits, Subject, Values

CELLS = 256 / 3
"""Pixels of a sprite along a side, in pictures of any size: it is the same sprite in all of them."""
RAMPS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((SKIN, NOSE, EARS, NECK), 6),
    ((HAIR, BROWS), 5),
    ((EYES, GLASSES), 6),
    ((LIPS, MOUTH), 4),
    ((CLOTH,), 5),
)
"""Parts that share tones, and how many."""
ROUNDS = 6
"""Of sorting cells to the nearest tone."""
DITHER = 0.35
"""Share of the step between two tones over which their pixels alternate."""
BAYER = floats([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32
DRAWN, LIGHT = 0.6, 0.12
"""How dark the lines of eyes, brows and lips are drawn; and how much lighter than its surroundings what is none is."""
COOL, WARM = floats([-0.03, -0.05, 0.07]), floats([0.06, 0.03, -0.05])
"""What shadows and lights are turned by."""


def pixel_art(subject: Subject, random: np.random.Generator) -> Values:
    """A sprite of one palette, dithered, with a dark outline."""
    vivid = _vivid(subject)
    small, cover = _cells(vivid), _cells(subject.cover[..., 0]) > 0.5
    parts, cells = _parts(subject), len(small)
    shift = np.float32(random.uniform(-0.05, 0.05))
    rows, columns = np.indices((cells, cells))
    pattern = floats((BAYER[rows % 4, columns % 4] + shift) * DITHER)
    picture = np.ones((cells, cells, 3), np.float32)
    for kinds, tones in RAMPS:
        here = cover & np.isin(parts, kinds)
        if here.any():
            picture[here] = _in_tones(small[here], pattern[here], tones)
    picture = _outlined(picture, cover, parts)
    at = ((np.arange(subject.size_px) + 0.5) * CELLS / subject.size_px).astype(np.intp)
    return np.ascontiguousarray(picture[np.ix_(at, at)], np.float32)


def _vivid(subject: Subject) -> Values:
    """float32 [S, S, 3]: the head in clear light and strong colours, its features darker than they are."""
    lit = subject.calm * (0.80 + 0.32 * subject.modelled(0.2))[..., None]
    tone = (lit @ GREY)[..., None]
    # dark heads keep their shades apart
    lifted = np.clip(tone, 0, 1) ** np.float32(0.84) * 1.04
    vivid = lifted + (lit - tone) * (lifted / np.maximum(tone, 0.05)).clip(0.8, 1.5) * 1.30
    fine = subject.blurred(subject.light, 0.6) * (0.10 + 0.20 * subject.face)
    # a line that is thinner than a pixel would be lost in the mean of it
    telling = subject.part(EYES, BROWS, LIPS, soft_px=1.5 * subject.unit) * (subject.light < LIGHT)
    drawn = DRAWN * np.clip(subject.thick(lines(subject, 1.5), 1.0), 0, 1) * telling
    white = np.clip(subject.light - LIGHT, 0, 0.3) * subject.part(EYES, MOUTH, soft_px=0.5 * subject.unit)
    vivid = vivid + white[..., None]
    return np.asarray(np.clip(vivid + fine[..., None], 0, 1) * (1 - drawn[..., None]), np.float32)


def _cells(values: Values) -> Values:
    """Means [P, P, ...] of the cells of a picture; the last ones are filled up by repetition."""
    cells = math.ceil(CELLS)
    missing = round(len(values) * cells / CELLS) - len(values)
    padded = cv2.copyMakeBorder(values, 0, missing, 0, missing, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(padded, (cells, cells), interpolation=cv2.INTER_AREA), np.float32)


def _parts(subject: Subject) -> NDArray[np.uint8]:
    """uint8 [P, P]: the part in the middle of each cell; eyes and lips also where they are but some of it."""
    rows, columns = subject.nearest
    at = ((np.arange(math.ceil(CELLS)) + 0.5) * subject.size_px / CELLS).astype(np.intp).clip(0, subject.size_px - 1)
    parts = subject.labels[rows, columns][np.ix_(at, at)]
    for kinds in ((EYES,), (LIPS, MOUTH)):
        share = _cells(subject.part(*kinds, soft_px=0))
        parts = np.where((share > 0.35) & np.isin(parts, (SKIN, NOSE)), kinds[0], parts)
    return np.asarray(parts, np.uint8)


def _in_tones(colours: Values, pattern: Values, count: int) -> Values:
    """Colours [N, 3] by the nearest of a ramp of their own, pixels between two tones by a pattern [N] about 0."""
    tone = colours @ GREY
    edges = np.quantile(tone, np.linspace(0.02, 0.98, count))
    # half by how often a tone is, half evenly, so that rare lights have theirs
    levels = np.asarray(0.5 * edges + 0.5 * np.linspace(edges[0], edges[-1], count), np.float32)
    for _ in range(ROUNDS):
        nearest = np.abs(tone[:, None] - levels).argmin(1)
        number = np.bincount(nearest, minlength=count)
        mean = np.bincount(nearest, tone, count) / np.maximum(number, 1)
        levels = np.sort(np.where(number > 0, 0.5 * mean + 0.5 * levels, levels)).astype(np.float32)
    nearest = np.abs(tone[:, None] - levels).argmin(1)
    number = np.maximum(np.bincount(nearest, minlength=count), 1)
    ramp = np.stack([np.bincount(nearest, colours[:, c], count) / number for c in range(3)], -1).astype(np.float32)
    ramp += ((levels - ramp @ GREY) * (np.bincount(nearest, minlength=count) == 0))[:, None]
    place = np.linspace(-1, 1, count, dtype=np.float32)[:, None]
    ramp = np.clip(ramp + np.maximum(-place, 0) * COOL + np.maximum(place, 0) * WARM, 0, 1)
    exact = np.interp(tone, levels, np.arange(count))
    chosen = np.clip(np.round(exact + pattern), 0, count - 1).astype(np.intp)
    return np.asarray(ramp[chosen], np.float32)


def _outlined(picture: Values, cover: Bits, parts: NDArray[np.uint8]) -> Values:
    """A sprite with a dark rim in its own colours, and a thin one where hair or clothes meet skin."""
    cross = floats([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).astype(np.uint8)
    # cut off by the picture's edge there is no outline
    inner = cv2.erode(cover.astype(np.uint8), cross, borderType=cv2.BORDER_REPLICATE).astype(bool)
    dark = picture * 0.30 + floats([0.02, 0.0, 0.05])
    picture = np.where((cover & ~inner)[..., None], dark, picture)
    hairy = np.isin(parts, (HAIR, CLOTH)).astype(np.uint8)
    border = (cv2.erode(hairy, cross) < hairy) & np.isin(parts, (HAIR, CLOTH)) & inner
    below = cv2.dilate(np.isin(parts, (SKIN, NECK, EARS, NOSE)).astype(np.uint8), cross) > 0
    picture = np.where((border & below)[..., None], picture * 0.62, picture)
    return np.asarray(np.where(cover[..., None], picture, 1.0), np.float32)
