"""Skin with pores and blood under it, and beards with hairs."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import FacePlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

TEXEL = 0.0006
"""World units: a third of a millimetre."""
TEXTURE_PX = 512
GRAINS = ((0.9, 0.026), (2.4, 0.012), (16.0, 0.010))
"""Deviation in texels and contrast: pores, their groups, and patches."""
BLOOD = ((0.62, -0.62, 0.34, 1.0), (0.0, -0.58, 0.16, 0.8), (0.0, -1.45, 0.25, 0.4))
"""Cheeks, tip of the nose and chin: place beside and above the eyes' middle, size, in distances of the eyes; amount."""
SHARPER, FINE_PX, WIDE_PX = 0.55, 1.3, 4.5
"""How much what lies between two blurs is raised, for pictures of 512 pixels: below it there is the grain of pixels."""


def with_skin(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace) -> Floats:
    """Colours [h, w, 3] of a window with skin that has a surface."""
    shown = window.face * face.strength * at.sure
    apart = at.apart
    x, y, z = np.moveaxis(window.points, -1, 0)
    scale = at.apart / window.pixel / 100
    soft = rgb.astype(np.float32)
    band = cv2.GaussianBlur(soft, (0, 0), FINE_PX * scale) - cv2.GaussianBlur(soft, (0, 0), WIDE_PX * scale)
    inner = cv2.erode((window.face > 0.9).astype(np.float32), np.ones((5, 5), np.uint8))
    inner = cv2.GaussianBlur(inner, (0, 0), 2.5 * scale)
    seen = rgb + SHARPER * band * (shown * inner)[..., None]

    grain = _read(face.seed % 5, np.arctan2(x, z + 1.3 * apart) * 1.6 * apart, y, window.pixel)
    blood = np.zeros_like(x)
    for side, up, wide, amount in BLOOD:
        off = (np.abs(x) / apart - side) ** 2 + (y / apart - up) ** 2
        blood += amount * np.exp(-off / wide**2)
    light = float(at.skin.mean())
    flush = 0.05 * light * blood + 0.6 * grain[..., 1]
    change = grain[..., 0, None] + flush[..., None] * np.array([0.6, -0.7, -0.6])
    return np.asarray(np.clip(seen * (1 + change * shown[..., None]), 0, 1), np.float64)


@cache
def _grain(seed: int) -> NDArray[np.float32]:
    """Lightness and redness of skin about its mean, float32 [T, T, 2, levels]; it repeats both ways."""
    random = np.random.default_rng(seed)
    layers = []
    for deviation, contrast in (*GRAINS, GRAINS[-1]):
        noise = random.standard_normal((TEXTURE_PX, TEXTURE_PX)).astype(np.float32)
        wide = np.pad(noise, 64, mode="wrap")
        smoothed = cv2.GaussianBlur(wide, (0, 0), deviation)[64:-64, 64:-64]
        layers.append(contrast * np.clip(smoothed / smoothed.std(), -2.5, 2.5))
    return np.asarray(np.stack(layers, axis=-1), np.float32)


def _read(seed: int, across: Floats, up: Floats, pixel: float) -> Floats:
    """Lightness and redness [h, w, 2] of skin at places, without what is finer than a pixel."""
    column, row = (np.asarray(value / TEXEL % TEXTURE_PX, np.float32) for value in (across, -up))
    found = cv2.remap(_grain(seed), column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP).astype(np.float64)
    weights = [math.exp(-0.5 * (0.35 * pixel / TEXEL / deviation) ** 2) for deviation, _ in GRAINS]
    lightness = sum(weight * found[..., number] for number, weight in enumerate(weights))
    return np.stack([lightness * 0.9, found[..., 3]], axis=-1)
