"""Hairs as fine as the largest pictures show them, and how far they reach where hair ends: textures that repeat."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.places import tiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

TEXEL, LONG = 0.0006, 10.0
"""Width of a texture's pixel on the head, world units, and its length in its widths."""
GIRTH = 0.22
"""Distance from the axis of the crown at which it has that size, world units."""
ROWS_PX, COLUMNS_PX = 256, 768
ROUND = round(2 * math.pi * GIRTH / TEXEL / COLUMNS_PX)
"""How often the texture goes around the head."""
CONTRAST = 0.10
"""Deviation of hairs' lightness, natural logarithms."""
SHOWN = (0.0018, 0.0007)
"""Sizes of a picture's pixel, world units, at which hairs begin to show, and show entirely."""
WIDTHS = ((0.9, 1.0), (2.2, 1.0), (9.0, 0.9))
"""Deviations across, texels, and weights of what decides where hairs end: single ones, a few together, and locks."""


def hairs_at(turn: NDArray[np.float64], down: NDArray[np.float64], pixel: float) -> NDArray[np.float64]:
    """How much lighter or darker single hairs are, natural logarithm [N]: none where pixels are larger than they.

    Args:
        turn: ways around the head [N], 1 for all of it.
        down: ways along the hair [N], world units.
        pixel: size of the picture's pixels on the head, world units.
    """
    share = float(np.clip((SHOWN[0] - pixel) / (SHOWN[0] - SHOWN[1]), 0, 1))
    return CONTRAST * share * _read(_hairs(), turn, down) if share else np.zeros(len(turn))


def ends_at(turn: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far hairs reach beyond others where hair ends, 0..1 [N], each as often as any other."""
    return _read(_ends(), turn, down)


def _read(texture: Floats, turn: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    return tiled(texture, down / (TEXEL * LONG), turn * ROUND * COLUMNS_PX)


@cache
def _hairs() -> Floats:
    """Hairs, of mean 0 and deviation 1, float32 [R, C]."""
    hairs = _noise(0, 0.7, 7.0) + 0.8 * _noise(1, 1.6, 10.0)
    # hairs lie together in some places and apart in others
    return np.asarray((hairs * (1 + 0.4 * _noise(2, 14.0, 5.0)) / hairs.std()).clip(-3, 2.2), np.float32)


@cache
def _ends() -> Floats:
    """Ranks of hairs, 0..1, float32 [R, C]: they hardly change along a hair."""
    mixed = sum(weight * _noise(3 + number, wide, 6.0) for number, (wide, weight) in enumerate(WIDTHS))
    flat = np.asarray(mixed, np.float32)
    order = np.sort(flat[::4], axis=None)
    return np.asarray(np.searchsorted(order, flat) / len(order), np.float32)


def _noise(seed: int, wide: float, long: float) -> Floats:
    """Noise with some deviations across and along, of mean 0 and deviation 1, float32 [R, C]; it repeats both ways."""
    random = np.random.default_rng((71, seed)).standard_normal((ROWS_PX, COLUMNS_PX)).astype(np.float32)
    border = 48
    drawn = cv2.GaussianBlur(np.pad(random, border, mode="wrap"), (0, 0), sigmaX=wide, sigmaY=long)
    drawn = drawn[border:-border, border:-border]
    return np.asarray((drawn - drawn.mean()) / drawn.std(), np.float32)
