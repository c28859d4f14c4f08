"""Locks of hair as a texture: bundles of hairs that lie over one another, straight ones and long curls that swing.

The texture repeats both ways; rows run down the hair. Long curls hang from the crown (see `hair_flow.unrolled`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.flowing_locks import across_lock, hairs_across, lay
from core.rendering.hair_flow import GIRTH, hung, unrolled
from core.rendering.places import tiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

TAPER = 0.4
"""Power of a lock's taper: the smaller, the later it begins."""
UNLIKE = 0.1
"""How much locks differ in lightness, natural logarithms."""


@dataclass(frozen=True, kw_only=True)
class LockKind:
    """What locks look like; each draws its numbers from these ranges. Lightness is in natural logarithms.

    Attributes:
        count: how many there are.
        wide_px: half width.
        long_px: length.
        wave_px: length of a wave.
        sway_px: how far it swings to either side.
        tilt: deviation of how far aside it goes on its way down, pixels for each.
        in_step: deviation of how far neighbours swing out of step, radians.
        tones: lightness of the lowest lock and of the topmost one, which lie in that order.
        round: how much darker its sides are than its middle.
        twist: how much darker it is where it swings back.
        hair: deviation of the lightness of its hairs.
    """

    count: int
    wide_px: tuple[float, float]
    long_px: tuple[float, float]
    wave_px: tuple[float, float]
    sway_px: tuple[float, float]
    tilt: float
    in_step: float
    tones: tuple[float, float]
    round: float
    twist: float
    hair: float


CURLY = LockKind(
    count=640,
    wide_px=(7.0, 15.0),
    long_px=(150.0, 330.0),
    wave_px=(54.0, 80.0),
    sway_px=(3.5, 8.0),
    tilt=0.1,
    in_step=1.2,
    tones=(-0.5, 0.1),
    round=0.4,
    twist=0.22,
    hair=0.13,
)
STRAIGHT = LockKind(
    count=420,
    wide_px=(3.0, 9.0),
    long_px=(90.0, 230.0),
    wave_px=(90.0, 200.0),
    sway_px=(0.3, 1.6),
    tilt=0.03,
    in_step=2.0,
    tones=(-0.22, 0.06),
    round=0.14,
    twist=0.03,
    hair=0.10,
)
ROWS_PX, COLUMNS_PX = 512, 576
"""Size of the texture of curls."""
TEXEL = math.pi * GIRTH / COLUMNS_PX
"""World units of its pixel: it goes twice around the head."""
CURLY_SEED = 8
PARTED = (0.015, 0.06)
"""Ways from the crown, world units, between which curls begin."""


def locks_at(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much lighter or darker long curls are at world points [N, 3] than around them, natural logarithm [N]."""
    column, row = unrolled(hung(points))
    shown = np.clip((row - PARTED[0]) / (PARTED[1] - PARTED[0]), 0, 1)
    return np.asarray(tiled(_curls(), row / TEXEL, column / TEXEL) * shown, np.float64)


def locks(kind: LockKind, shape_px: tuple[int, int], seed: int) -> Floats:
    """Locks over one another, natural logarithm of the lightness' ratio, mean 0, float32 [R, C]; repeats both ways.

    Args:
        kind: what they look like.
        shape_px: rows and columns.
        seed: the same one gives the same locks.
    """
    random = np.random.default_rng(seed)
    rows, columns = shape_px
    lowest, topmost = kind.tones
    picture = np.full(shape_px, lowest - kind.round, np.float32)
    for number in range(kind.count):
        _hang(picture, kind, lowest + (topmost - lowest) * number / kind.count, random)
    calm = cv2.GaussianBlur(np.tile(picture, (3, 3)), (0, 0), 0.6)[rows : 2 * rows, columns : 2 * columns]
    return np.asarray(calm - calm.mean(), np.float32)


@cache
def _curls() -> Floats:
    return locks(CURLY, (ROWS_PX, COLUMNS_PX), CURLY_SEED)


def _hang(picture: Floats, kind: LockKind, tone: float, random: np.random.Generator) -> None:
    """Lay one more lock over those of a picture; it goes on at the other side where it reaches beyond one."""
    rows, columns = picture.shape
    x, y = float(random.uniform(0, columns)), float(random.uniform(0, rows))
    wide, length, wave, sway = (
        float(random.uniform(*span)) for span in (kind.wide_px, kind.long_px, kind.wave_px, kind.sway_px)
    )
    down = np.arange(round(length), dtype=np.float32)
    # neighbours swing together, in three groups around
    step = 2 * math.sin(6 * math.pi * x / columns) + kind.in_step * random.standard_normal()
    turn = 2 * math.pi * (down + y) / wave + step
    middle = x + sway * np.sin(turn) + kind.tilt * random.standard_normal() * down
    half = wide * np.sin(np.pi * (down + 1) / (len(down) + 1)) ** TAPER
    beside, across = across_lock(middle, half)
    hairs = hairs_across(across, kind.hair, random)
    shade = tone + UNLIKE * random.standard_normal() + hairs
    shade = shade + kind.twist * np.cos(turn[:, None] + 0.6 * across) - kind.round * across**2
    lay(picture, (down.astype(np.int64) + int(y)) % rows, beside, half, across, shade)
