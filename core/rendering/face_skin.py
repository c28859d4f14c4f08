"""Skin with pores and blood under it, and beards with hairs."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.ramp import smooth
from core.rendering.face_place import LIGHTNESS
from core.rendering.face_window import HIGH, LOW, over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.rendering.face_place import FacePlace
    from core.rendering.face_window import FaceWindow

    Floats = NDArray[np.float64]

HAIRS = ((0.8, 3.4), (1.7, 5.0))
"""Half the width and length of the hairs of beards, texels: fine ones, and a few together."""
UNDER = (-1.95, -1.75)
"""Heights below the eyes, in their distances, between which beards end under the chin."""
BACK = (-1.5, -1.1)
"""Depths behind the eyes, in their distances, between which beards end before the ears."""
STUBBLE = 0.9
"""How much single hairs decide where a beard ends."""
SMEAR = 0.75
"""How much of the paint above a beard goes."""
SOFT = 0.45
"""How far inside the face's box pores begin, distances of the eyes."""
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
    pores = shown * _within(x / apart, y / apart, z / apart)
    scale = at.apart / window.pixel / 100
    soft = rgb.astype(np.float32)
    band = cv2.GaussianBlur(soft, (0, 0), FINE_PX * scale) - cv2.GaussianBlur(soft, (0, 0), WIDE_PX * scale)
    inner = cv2.erode((window.face > 0.9).astype(np.float32), np.ones((5, 5), np.uint8))
    inner = cv2.GaussianBlur(inner, (0, 0), 2.5 * scale)
    seen = rgb + SHARPER * band * (pores * inner)[..., None]

    grain = _read(face.seed % 5, np.arctan2(x, z + 1.3 * apart) * 1.6 * apart, y, window.pixel)
    blood = np.zeros_like(x)
    for side, up, wide, amount in BLOOD:
        off = (np.abs(x) / apart - side) ** 2 + (y / apart - up) ** 2
        blood += amount * np.exp(-off / wide**2)
    light = float(at.skin.mean())
    flush = 0.05 * light * blood + 0.6 * grain[..., 1]
    change = grain[..., 0, None] + flush[..., None] * np.array([0.6, -0.7, -0.6])
    seen = np.clip(seen * (1 + change * pores[..., None]), 0, 1)
    return _with_beard(window, seen, face, at, shown) if at.beard > 0 else np.asarray(seen, np.float64)


def _within(x: Floats, y: Floats, z: Floats) -> Floats:
    """How far places in distances of the eyes lie within the face's box, 0..1: nobody is to see where it ends."""
    return (
        smooth(HIGH[0], HIGH[0] - SOFT, np.abs(x))
        * smooth(HIGH[1], HIGH[1] - SOFT, y)
        * smooth(LOW[2], LOW[2] + SOFT, z)
    )


def _with_beard(window: FaceWindow, rgb: Floats, face: FaceDetail, at: FacePlace, shown: Floats) -> Floats:
    """Colours [h, w, 3] with hairs where the lower face is dark, and skin between them where it is less so."""
    x, y, z = np.moveaxis(window.points / at.apart, -1, 0)
    if face.light:  # chins are labelled as necks from below
        low = smooth(UNDER[0], UNDER[1], y) * window.neck * face.strength * at.sure
        shown = np.maximum(shown, low) * smooth(BACK[0], BACK[1], z)
    scale = at.apart / window.pixel / 100
    calm = cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), 1.2 * scale) @ LIGHTNESS / float(at.skin @ LIGHTNESS)
    region, lip = np.ones_like(y), np.zeros_like(y)
    out = np.abs(x)
    if at.lips is not None:
        lips = at.lips
        off = y - np.polyval(lips.line, x * at.apart - lips.centre) / at.apart
        tall = (lips.upper + lips.lower) / at.apart
        ring = np.hypot((x * at.apart - lips.centre) / lips.half, (off + 0.1 * tall) / (0.62 * tall))
        region = region * smooth(0.85, 1.05, ring)
        lip = _moustache(x, y, off, at)
    # painted beards are blurred, and lightest on the chin: they grow where beards grow, from the corners of the mouth
    # up to the ears
    edge = np.where(out < 0.42, -0.80 - 0.18 * smooth(0.2, 0.42, out), -0.98 + 0.8 * (out - 0.42))
    rim = 0.07 + 0.09 * face.light
    grows = smooth(edge + rim, edge - rim, y) * smooth(1.15, 0.95, out)
    painted = smooth(0.9, 0.5, calm) * smooth(0.16, -0.06, y - edge)
    below_nose = smooth(0.20, 0.34, np.hypot(x / 0.9, (y + 0.62) / 0.9)) * smooth(
        -0.60, -0.85, y - 0.5 * smooth(0.3, 0.7, out)
    )
    amount = np.maximum(region * below_nose * np.maximum(painted, 0.74 * grows), 0.9 * lip) * (0.4 + 0.6 * at.beard)
    across, down = (
        np.asarray(value * at.apart / TEXEL % TEXTURE_PX, np.float32) for value in (np.arctan2(x, z + 1.3) * 1.6, -y)
    )
    hair = cv2.remap(_stubble(face.seed % 5), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    hair = np.asarray(hair, np.float64)
    covered = smooth(
        0.32 - 0.14 * face.light,
        0.68 + 0.14 * face.light,
        amount * 1.05 + STUBBLE * (hair - 0.5) * smooth(0.02, 0.2, amount),
    )
    dark = np.minimum(at.brow_rgb, at.skin * 0.6) * (0.42 + 0.5 * hair)[..., None]
    full = smooth(0.0, 0.7, np.full_like(amount, at.beard))  # a thin beard is a shade
    if face.light:  # what was painted above where hairs grow is a smear on the cheeks
        smeared = (
            smooth(0.97, 0.6, calm) * smooth(-0.02, 0.16, y - edge) * smooth(-0.12, -0.4, y) * smooth(0.3, 0.5, out)
        )
        tone = at.skin * np.array([0.86, 0.80, 0.78])
        rgb = over(rgb, tone, SMEAR * full * smeared * region * smooth(1.25, 1.0, out) * shown)
    bare = over(rgb, at.skin * [0.86, 0.82, 0.80], 0.5 * full * smooth(0.05, 0.5, amount) * shown)
    return over(bare, dark, 0.85 * full * covered * shown)


def _moustache(x: Floats, y: Floats, off: Floats, at: FacePlace) -> Floats:
    """How surely a moustache grows, [h, w], at places in distances of the eyes that lie `off` the line of the lips."""
    lips, nose = at.lips, at.nose
    if lips is None or nose is None:
        return np.zeros_like(x)
    upper = lips.upper / at.apart
    line = y - off
    most = nose.base / at.apart - line - upper
    along = np.abs(x - lips.centre / at.apart) / (1.12 * lips.half / at.apart)
    # highest beside the middle, thinning out and down to the corners of the mouth
    tall = np.maximum(most, 0.1) * (0.92 - 0.62 * along**2)
    return np.asarray(
        smooth(upper - 0.05, upper + 0.04, off + 0.10 * along**2)
        * smooth(tall + 0.03, tall - 0.05, off - upper)
        * smooth(1.12, 0.9, along),
        np.float64,
    )


@cache
def _stubble(seed: int) -> NDArray[np.float32]:
    """Hairs that run down, 0..1, float32 [T, T]; it repeats both ways."""
    noise = np.random.default_rng(seed).standard_normal((TEXTURE_PX, TEXTURE_PX)).astype(np.float32)
    wide = np.pad(noise, 64, mode="wrap")
    fine, coarse = (
        cv2.GaussianBlur(wide, (0, 0), sigmaX=across, sigmaY=along)[64:-64, 64:-64] for across, along in HAIRS
    )
    drawn = fine / fine.std() + 0.6 * coarse / coarse.std()
    return np.asarray(np.clip(0.5 + 0.25 * drawn / drawn.std(), 0, 1), np.float32)


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
