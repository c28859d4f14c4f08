"""Ears with rim, folds and bowl, drawn by rule over the lumps that a small model leaves.

An ear is a small relief over its side of the head, laid on by the place that each pixel shows, lit from above.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import EarPlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

SIDE_PX = 160
"""Of the relief, which spans -1.3..1.3 half heights and half depths of an ear."""
REACH = 1.3
RIM: tuple[tuple[float, float], ...] = (
    (0.22, 0.02), (0.52, 0.18), (0.66, 0.42), (0.58, 0.72), (0.28, 0.90), (-0.12, 0.90), (-0.52, 0.70), (-0.74, 0.36),
    (-0.74, 0.0), (-0.58, -0.34), (-0.34, -0.62),
)  # fmt: skip
"""Of the ear seen from its side, forward and up: from the bowl over the front and the top down to the lobe."""
FOLD: tuple[tuple[float, float], ...] = (
    (0.30, -0.46), (0.04, -0.52), (-0.24, -0.34), (-0.36, -0.04), (-0.30, 0.26), (-0.08, 0.52), (0.16, 0.66),
)  # fmt: skip
FORK: tuple[tuple[float, float], ...] = ((-0.30, 0.22), (-0.02, 0.34), (0.30, 0.38))
TRAGUS: tuple[tuple[float, float], ...] = ((0.58, 0.06), (0.50, -0.12), (0.46, -0.28))
BOWL = (0.16, -0.10, 0.30, 0.34)
"""Place and half sides."""
CANAL = (0.36, -0.08, 0.10, 0.14)
LOBE = (0.10, -0.80, 0.30, 0.20)
SHADE = 0.42


def with_ear(window: FaceWindow, face: FaceDetail, ear: EarPlace) -> Floats:
    """Colours [h, w, 3] of a window that was cut for an ear, with the ear's shape."""
    assert window.ears is not None
    return _drawn(window, window.rgb, face, ear, window.ears)


def _drawn(window: FaceWindow, rgb: Floats, face: FaceDetail, ear: EarPlace, ears: Floats) -> Floats:
    x, y, z = np.moveaxis(window.points, -1, 0)
    forward, up = (z - ear.middle[2]) / ear.depth, (y - ear.middle[1]) / ear.height
    near = (x * ear.side > 0) & (np.abs(forward) < REACH) & (np.abs(up) < REACH)
    near &= np.abs(x - ear.middle[0]) < 2.5 * ear.depth
    rows, columns = np.nonzero(near & (ears > 0.05))
    if not len(rows):
        return rgb
    forward, up = forward[rows, columns], up[rows, columns]
    across = np.asarray((forward + REACH) / (2 * REACH) * SIDE_PX - 0.5, np.float32)[:, None]
    down = np.asarray((REACH - up) / (2 * REACH) * SIDE_PX - 0.5, np.float32)[:, None]
    level = int(np.clip(round(np.log2(max(window.pixel / (2 * REACH * ear.depth) * SIDE_PX, 1))), 0, 2))
    found = cv2.remap(relief()[level], across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]
    out = np.hypot(forward, up)
    shown = ears[rows, columns] * face.light * face.strength * smooth(1.3, 1.0, out)
    change = SHADE * found[:, 0].astype(np.float64) * shown
    red = 0.10 * found[:, 1] * shown
    result = rgb.copy()
    tint = np.array([0.85, 1.05, 1.05])
    result[rows, columns] = (
        rgb[rows, columns] * np.exp(change[:, None] * tint) * (1 + red[:, None] * np.array([0.3, -1.0, -0.9]))
    )
    return np.asarray(np.clip(result, 0, 1), np.float64)


@cache
def relief() -> tuple[NDArray[np.float32], ...]:
    """Shade of the relief about its mean and where blood shows, float32 [S, S, 2] at three smoothnesses."""
    along = (np.arange(SIDE_PX) + 0.5) / SIDE_PX * 2 * REACH - REACH
    forward, up = np.meshgrid(along, -along)

    def ridge(path: tuple[tuple[float, float], ...], width: float) -> Floats:
        off = np.full(forward.shape, np.inf)
        for (a, b), (c, d) in pairwise(path):
            share = np.clip(((forward - a) * (c - a) + (up - b) * (d - b)) / ((c - a) ** 2 + (d - b) ** 2), 0, 1)
            off = np.minimum(off, np.hypot(forward - a - share * (c - a), up - b - share * (d - b)))
        return np.asarray(np.exp(-((off / width) ** 2)), np.float64)

    def mound(place: tuple[float, float, float, float]) -> Floats:
        far = ((forward - place[0]) / place[2]) ** 2 + ((up - place[1]) / place[3]) ** 2
        return np.asarray(np.exp(-far), np.float64)

    height = ridge(RIM, 0.13) + 0.8 * ridge(FOLD, 0.13) + 0.5 * ridge(FORK, 0.11) + 0.8 * ridge(TRAGUS, 0.10)
    height = height + 0.45 * mound(LOBE) - 0.7 * mound(BOWL) - 0.9 * mound(CANAL)
    calm = cv2.GaussianBlur(height, (0, 0), 9.0)
    slope = cv2.GaussianBlur(np.gradient(height, axis=0), (0, 0), 1.0)
    shade = 1.15 * (height - calm) + 3.0 * slope - 0.25
    blood = np.clip(ridge(RIM, 0.2) + mound(LOBE), 0, 1)
    whole = np.stack([np.clip(shade, -1.9, 0.55), blood], axis=-1).astype(np.float32)
    return tuple(np.asarray(cv2.GaussianBlur(whole, (0, 0), s), np.float32) for s in (1.2, 2.2, 4.0))
