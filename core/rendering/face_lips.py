"""Lips drawn with an edge, a line between them, fullness, fine wrinkles and a little shine."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.ramp import smooth
from core.rendering.face_window import over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import FacePlace, LipsPlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

WRINKLES, FINE = 34, 0.05
"""Number of wrinkles across a lip, and how much lighter and darker they are."""
RED = np.array([0.05, -0.10, -0.06])
"""What lips under long hair have more of."""
TURNED_UP = 0.055
"""How far the corners of a mouth stand above the line between its lips, half widths: at rest they turn up a little."""
SOFT = (0.05, 0.10)
"""How softly the edges of the upper and of the lower lip end, in the height of both lips."""
COVER = 0.78
"""How far the drawn lips hide those below."""
GLOSS = ((-0.24, 0.40, 0.20, 0.16, 0.12), (0.22, 0.42, 0.16, 0.14, 0.07))
"""Lights on the lower lip: place along it and down it, size along and down, and strength."""
SHADOW = 0.16
"""How dark it is below the lower lip."""


def with_lips(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours [h, w, 3] of a window with finer lips."""
    lips = at.lips
    if lips is None:
        return rgb
    x, y, z = np.moveaxis(window.points, -1, 0)
    tall = lips.upper + lips.lower
    across = x - lips.centre
    near = (np.abs(across) < 1.25 * lips.half) & (z > -0.55 * at.apart)
    line = np.polyval(lips.line, across) + TURNED_UP * lips.half * np.clip(across / lips.half, -1.1, 1.1) ** 4
    near &= np.abs(y - line) < 1.8 * tall
    rows, columns = np.nonzero(near & (window.face > 0.05))
    if not len(rows):
        return rgb
    m = across[rows, columns] / lips.half
    off = (y - line)[rows, columns] / tall
    pixel = window.pixel / tall
    upper, lower = _edges(m, lips)
    soft_upper, soft_lower = (max(0.9 * pixel, soft) for soft in SOFT)
    ends = smooth(1.02, 0.86, np.abs(m))
    inside = smooth(-soft_upper, soft_upper, upper - off) * smooth(-soft_lower, soft_lower, off - lower) * ends
    under = rgb[rows, columns]

    seen = _with_skin(under, m, off, (upper, lower), inside, at)
    red = np.minimum(at.lip_rgb * (1 + at.long * RED), 1)
    depth = np.where(off > 0, off / np.maximum(upper, 1e-6), off / np.minimum(lower, -1e-6)).clip(0, 1.2)
    fine = float(np.clip(1.6 - 0.45 * window.pixel / lips.half * WRINKLES, 0, 1))
    seen = over(seen, _lit(red, m, off, depth, fine * _wrinkles(face.seed, m, depth)), COVER * inside)
    # the lips part a little in the middle, and meet in a thread at the corners
    thick = 0.018 + 0.034 * np.exp(-((m / 0.55) ** 2))
    between = np.exp(-((off / (thick + 0.5 * pixel)) ** 2)) * smooth(1.06, 0.86, np.abs(m))
    seen = over(seen, red * np.array([0.36, 0.25, 0.25]), (0.9 - 0.3 * np.abs(m)).clip(0.4, 1) * between * lips.closed)
    corner = np.exp(-(((np.abs(m) - 1.01) / 0.08) ** 2) - (((off + 0.02) / 0.13) ** 2))
    seen = over(seen, at.skin * np.array([0.50, 0.42, 0.40]), 0.42 * corner)

    shown = window.face[rows, columns] * face.strength * at.sure * (0.35 + 0.65 * lips.closed)
    result = rgb.copy()
    result[rows, columns] = over(under, seen, shown)
    return result


def _edges(m: Floats, lips: LipsPlace) -> tuple[Floats, Floats]:
    """How far the edges of both lips stand from the line between them, [N] each, in the height of both."""
    tall = lips.upper + lips.lower
    out = np.clip(np.abs(m), 0, 1)
    bow = 1 + 0.12 * np.exp(-(((out - 0.22) / 0.15) ** 2)) - 0.13 * np.exp(-((out / 0.11) ** 2))
    upper = lips.upper * np.clip(1 - out**1.5, 0, 1) * bow
    lower = -lips.lower * np.clip(1 - out**2.2, 0, 1) ** 1.08
    return np.asarray(upper / tall, np.float64), np.asarray(lower / tall, np.float64)


def _with_skin(
    under: Floats, m: Floats, off: Floats, edges: tuple[Floats, Floats], inside: Floats, at: FacePlace
) -> Floats:
    """Colours [N, 3] with skin in place of the blurred red beyond the edges: light above, a soft shadow below."""
    upper, lower = edges
    beyond = np.maximum(off - upper, lower - off)
    rim = smooth(1.0, 0.15, beyond / 0.45) * (1 - inside) * smooth(1.2, 1.0, np.abs(m))
    around = at.skin * np.where((off > 0)[:, None], [1.0, 0.965, 0.95], [0.94, 0.90, 0.88])
    shaved = 1 - at.beard
    seen = over(under, around, 0.55 * rim * shaved)
    edge = np.exp(-(((off - upper - 0.03) / 0.055) ** 2)) * smooth(1.0, 0.75, np.abs(m))
    seen = over(seen, np.minimum(at.skin * 1.07, 1), 0.30 * edge * shaved)
    below = np.exp(-(((lower - off - 0.12) / 0.17) ** 2)) * smooth(0.85, 0.2, np.abs(m)) * (off < 0)
    return np.asarray(seen * (1 - (SHADOW * below * shaved)[:, None] * np.array([0.8, 1.0, 1.05])), np.float64)


def _lit(red: Floats, m: Floats, off: Floats, depth: Floats, wrinkles: Floats) -> Floats:
    """Colours [N, 3] of lips that are round: the upper one faces down, the lower one catches the light."""
    upper = 0.76 + 0.16 * smooth(0.1, 0.95, depth)
    lower = 0.86 + 0.22 * np.exp(-(((depth - 0.42) / 0.30) ** 2)) - 0.14 * smooth(0.6, 1.0, depth)
    shade = np.where(off > 0, upper, lower) * (1 - 0.16 * m**2)
    worn = wrinkles * smooth(0.02, 0.3, depth) * smooth(1.05, 0.75, depth)
    colour = red * (shade * (1 + FINE * worn))[:, None]
    gloss = np.zeros_like(m)
    for along, down, wide, high, strength in GLOSS:
        gloss += strength * np.exp(-(((m - along) / wide) ** 2) - (((depth - down) / high) ** 2))
    gloss = gloss * (off < 0) * (1 + 0.5 * worn).clip(0.3)
    return np.asarray(colour + gloss[:, None], np.float64)


def _wrinkles(seed: int, m: Floats, depth: Floats) -> Floats:
    """How light or dark wrinkles are at places on the lips, [N], about -1..1: they spread like a fan."""
    fan = m * (1 - 0.16 * depth)
    table = _table(seed % 5)
    return np.asarray(np.interp((fan + 1.3) / 2.6 * (len(table) - 1), np.arange(len(table)), table), np.float64)


@cache
def _table(seed: int) -> Floats:
    """Wrinkles along a lip, float64 [N], of uneven widths and depths."""
    random = np.random.default_rng((seed, 3))
    places = np.cumsum(random.uniform(0.4, 1.6, WRINKLES))
    places *= 1 / places[-1]
    depths = random.uniform(0.25, 1.0, WRINKLES)
    along = np.linspace(0, 1, 512)
    off = (along[:, None] - places) * WRINKLES
    drawn = 0.35 - (depths * np.exp(-((off / 0.33) ** 2))).sum(axis=1)
    return np.asarray(drawn.clip(-1, 1), np.float64)
