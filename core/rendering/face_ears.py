"""Ears with rim, folds and bowl, drawn by rule over the lumps that a small model leaves.

An ear is a small relief over its side of the head, laid on by the place that each pixel shows, lit from above.
"""

from __future__ import annotations

from functools import cache
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

SIDE_PX = 256
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
SHADE = 0.40
GROOVE, BEYOND = 0.80, 1.16
"""Sizes, to the rim's, of the groove within it and of the shadow behind the ear."""


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
        at = (_rounded(np.array(path)) * [1, -1] + REACH) / (2 * REACH) * SIDE_PX
        line = np.ones(forward.shape, np.uint8)
        cv2.polylines(line, [at.round().astype(np.int32)], False, (0,), 1)
        off = cv2.distanceTransform(line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / SIDE_PX * 2 * REACH
        return np.asarray(np.exp(-((off / width) ** 2)), np.float64)

    def mound(place: tuple[float, float, float, float]) -> Floats:
        far = ((forward - place[0]) / place[2]) ** 2 + ((up - place[1]) / place[3]) ** 2
        return np.asarray(np.exp(-far), np.float64)

    def grown(by: float) -> tuple[tuple[float, float], ...]:
        return tuple((0.05 + by * (a - 0.05), 0.1 + by * (b - 0.1)) for a, b in RIM[2:])

    height = ridge(RIM, 0.10) - 0.35 * ridge(grown(GROOVE), 0.08) - 0.45 * ridge(grown(BEYOND), 0.07)
    height = height + 0.8 * ridge(FOLD, 0.11) + 0.5 * ridge(FORK, 0.09) + 0.8 * ridge(TRAGUS, 0.08)
    height = height + 0.5 * mound(LOBE) - 0.6 * mound(BOWL) - 0.8 * mound(CANAL)
    calm = cv2.GaussianBlur(height, (0, 0), 14.0)
    up, aside = (cv2.GaussianBlur(np.gradient(height, axis=axis), (0, 0), 1.4) for axis in (0, 1))
    shade = 1.15 * (height - calm) + 4.2 * up - 2.0 * aside - 0.2
    blood = np.clip(ridge(RIM, 0.16) + 0.8 * mound(LOBE), 0, 1)
    whole = np.stack([np.clip(shade, -1.7, 0.6), blood], axis=-1).astype(np.float32)
    return tuple(np.asarray(cv2.GaussianBlur(whole, (0, 0), s), np.float32) for s in (1.3, 3.2, 6.0))


def _rounded(path: Floats) -> Floats:
    """A path [N, 2] without its corners (Chaikin 1974), [M, 2]."""
    for _ in range(3):
        ahead, behind = 0.75 * path[:-1] + 0.25 * path[1:], 0.25 * path[:-1] + 0.75 * path[1:]
        path = np.concatenate([path[:1], np.stack([ahead, behind], axis=1).reshape(-1, 2), path[-1:]])
    return path
