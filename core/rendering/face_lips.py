"""Lips drawn with an edge, a line between them, fine wrinkles and a little shine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.ramp import smooth
from core.rendering.face_window import over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import FacePlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

WRINKLES = 15.0
"""Half the number of wrinkles across a lip."""
RED = np.array([0.05, -0.10, -0.06])
"""What lips under long hair have more of."""


def with_lips(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours [h, w, 3] of a window with finer lips."""
    lips = at.lips
    if lips is None:
        return rgb
    x, y, z = np.moveaxis(window.points, -1, 0)
    tall = lips.upper + lips.lower
    across = x - lips.centre
    near = (np.abs(across) < 1.25 * lips.half) & (z > -0.55 * at.apart)
    line = np.polyval(lips.line, across)
    near &= np.abs(y - line) < 1.5 * tall
    rows, columns = np.nonzero(near & (window.face > 0.05))
    if not len(rows):
        return rgb
    m = across[rows, columns] / lips.half
    off = (y - line)[rows, columns]
    soft = 0.9 * window.pixel
    out = np.clip(np.abs(m), 0, 1)
    bow = 1 + 0.10 * np.exp(-(((out - 0.2) / 0.14) ** 2)) - 0.10 * np.exp(-((out / 0.10) ** 2))
    upper = lips.upper * np.clip(1 - out**1.4, 0, 1) * bow
    lower = -lips.lower * np.clip(1 - out**2.1, 0, 1)
    ends = smooth(1.0, 0.9, np.abs(m))
    inside = smooth(-soft, soft, np.minimum(upper - off, off - lower)) * ends
    under = rgb[rows, columns]

    # beyond the edge the blurred red becomes skin, with a light rim over the upper lip
    rim = (
        smooth(1.0, 0.15, np.maximum(off - upper, lower - off) / (0.45 * tall))
        * (1 - inside)
        * smooth(1.2, 1.0, np.abs(m))
    )
    around = at.skin * np.where((off > 0)[:, None], [1.0, 0.965, 0.95], [0.94, 0.90, 0.88])
    shaved = 1 - at.beard
    seen = over(under, around, 0.5 * rim * shaved)
    edge = np.exp(-(((off - upper) / (0.07 * tall)) ** 2)) * (off > upper)
    seen = over(seen, np.minimum(at.skin * 1.08, 1), 0.35 * edge * ends * shaved)

    red = np.minimum(at.lip_rgb * (1 + at.long * RED), 1)
    depth = np.where(off > 0, off / np.maximum(upper, 1e-6), off / np.minimum(lower, -1e-6))
    shade = np.where(off > 0, 0.86 + 0.08 * depth, 1.04 - 0.10 * np.abs(depth - 0.4))
    random = np.random.default_rng(face.seed + 3)
    phase = random.uniform(0, 6.28, 3)
    fan = m * (1 + 0.25 * depth)
    wave = np.sin(WRINKLES * 2.0 * fan + phase[0]) + 0.7 * np.sin(WRINKLES * 3.3 * fan + phase[1])
    fine = np.clip(1.6 - window.pixel / lips.half * WRINKLES, 0, 1)
    shade = shade * (1 + 0.035 * fine * wave * smooth(0.0, 0.35, depth) * smooth(1.05, 0.8, depth))
    colour = red * shade[:, None]
    shine = np.exp(-((m / 0.34) ** 2) - (((depth - 0.42) / 0.2) ** 2)) * (off < 0) * (1 + 0.25 * wave * fine)
    colour = colour + 0.13 * shine[:, None]
    seen = over(seen, colour, 0.62 * inside)
    between = np.exp(-((off / (0.055 * tall + 0.5 * soft)) ** 2)) * smooth(1.04, 0.8, np.abs(m))
    seen = over(seen, red * np.array([0.38, 0.28, 0.28]), 0.75 * between * lips.closed)
    corner = np.exp(-(((np.abs(m) - 1.0) / 0.09) ** 2) - ((off / (0.12 * tall)) ** 2))
    seen = over(seen, at.skin * 0.5, 0.3 * corner)

    shown = window.face[rows, columns] * face.strength * at.sure * (0.35 + 0.65 * lips.closed)
    result = rgb.copy()
    result[rows, columns] = over(under, seen, shown)
    return result
