"""Brows drawn hair by hair: a texture of hairs along the brow, laid over the soft bar that was there."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.ramp import smooth
from core.rendering.face_window import over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import BrowPlace, FacePlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

WIDE_PX, HIGH_PX = 384, 192
"""Of the texture, whose middle row is the brow's middle line."""
REACH, ENDS = 2.2, 0.08
"""Half the texture's height in half heights of a brow, and how far it reaches beyond the brow's ends, in its length."""
HAIRS = 460
BODY, BODY_PX = 0.55, 7.0
"""How far the hairs together darken the brow, and over how many pixels of the texture."""
SUBPIXELS = 4
THINNER = 0.4
"""By which share brows are thinner over long hair."""


def with_brows(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours [h, w, 3] of a window with brows of hairs."""
    for brow in at.brows:
        rgb = _drawn(window, rgb, face, at, brow)
    return rgb


def _drawn(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace, brow: BrowPlace) -> Floats:
    x, y, z = np.moveaxis(window.points, -1, 0)
    along = x * brow.side
    length = brow.outer - brow.inner
    half = float(np.clip(0.88 * brow.half, 0.045 * at.apart, 0.08 * at.apart)) * (1 - THINNER * at.long)
    s = (along - brow.inner) / length
    # outwards a brow grows thinner
    t = (y - np.polyval(brow.curve, along)) / half
    near = (s > -ENDS) & (s < 1 + ENDS) & (np.abs(t) < REACH) & (z > -0.5 * at.apart)
    rows, columns = np.nonzero(near & (window.face > 0.05))
    if not len(rows):
        return rgb
    s, t = s[rows, columns], t[rows, columns]
    level = int(np.clip(round(math.log2(max(window.pixel * WIDE_PX / (length * (1 + 2 * ENDS)), 1))), 0, 3))
    texture = _hairs(face.seed % 7)[level]
    high, wide = texture.shape[:2]
    column, row = (s + ENDS) / (1 + 2 * ENDS) * wide - 0.5, (REACH - t) / (2 * REACH) * high - 0.5
    across, down = (np.asarray(value[:, None], np.float32) for value in (column, row))
    hair, body = np.moveaxis(cv2.remap(texture, across, down, cv2.INTER_LINEAR)[:, 0].astype(np.float64), -1, 0)
    under = rgb[rows, columns]
    shown = window.face[rows, columns] * brow.share * face.strength * at.sure
    bar = smooth(1.7 + 0.5 * at.long, 0.9, np.abs(t)) * smooth(-ENDS, 0.03, s) * smooth(1 + ENDS, 0.97, s)
    seen = over(under, at.skin * [0.95, 0.93, 0.92], (0.55 + 0.25 * at.long) * bar)
    dark = np.minimum(at.brow_rgb * np.array([0.62, 0.56, 0.52]), 0.42 * at.skin)
    seen = over(seen, 0.5 * (dark + seen), BODY * body)
    seen = over(seen, dark, np.clip(1.1 * hair, 0, 0.85))
    result = rgb.copy()
    result[rows, columns] = over(under, seen, shown)
    return result


@cache
def _hairs(seed: int) -> tuple[NDArray[np.float32], ...]:
    """How much of each place is hair, one by one and together, float32 [H, W, 2] at four sizes; inner end left."""
    random = np.random.default_rng(seed)
    scale = 2**SUBPIXELS
    picture = np.zeros((HIGH_PX, WIDE_PX), np.float32)
    unit = HIGH_PX / (2 * REACH)  # half a brow's height
    for _ in range(HAIRS):
        s = random.beta(1.15, 1.25)
        body = 0.95 * min(1.0, (s / 0.10) ** 0.5) * (1.0 if s < 0.5 else 1 - 0.75 * ((s - 0.5) / 0.5) ** 1.4)
        t = body * random.uniform(-1, 1)
        root = np.array([(s + ENDS) / (1 + 2 * ENDS) * WIDE_PX, HIGH_PX / 2 - t * unit])
        # upright at the inner end, lying along the brow at the outer one, and towards the middle line from both sides
        lift = math.radians(78 * (1 - s) ** 1.6 - 10 * s - 22 * t * (s > 0.12)) + 0.12 * random.standard_normal()
        reach = unit * (0.95 - 0.3 * s) * random.uniform(0.6, 1.2)
        way = np.array([math.cos(lift), -math.sin(lift)]) * reach
        bend = root + 0.55 * way + np.array([way[1], -way[0]]) * -0.06
        stroke = np.round(np.array([root, bend, root + way]) * scale).astype(np.int32)
        shade = 0.35 + 0.5 * random.random()
        layer = np.zeros_like(picture)
        cv2.polylines(layer, [stroke], False, (shade,), 1 if random.random() < 0.55 else 2, cv2.LINE_AA, SUBPIXELS)
        picture = np.asarray(np.maximum(picture, layer) + 0.12 * np.minimum(picture, layer), np.float32)
    picture = np.clip(picture, 0, 1)
    together = np.clip(1.6 * cv2.GaussianBlur(picture, (0, 0), BODY_PX), 0, 1)
    levels = [np.asarray(np.dstack([cv2.GaussianBlur(picture, (0, 0), 0.6), together]), np.float32)]
    for _ in range(3):
        half = levels[-1].shape[1] // 2, levels[-1].shape[0] // 2
        levels.append(np.asarray(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA), np.float32))
    return tuple(levels)
