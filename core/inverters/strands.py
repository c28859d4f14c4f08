"""The photo's hair as a texture of strands, for the hair that the photo does not show.

Windows of the photo's hair are turned until their strands run down and are laid over one another at random. Each pixel
is a sum of windows whose weights' squares add up to one, so that the texture varies as much as the photo's hair does
(Heitz and Neyret 2018, "High-performance by-example noise").
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.hair_strands import HairStrands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera

    Floats = NDArray[np.float32]

TEXTURE_PX = 384
WINDOW_PX = 80
SPACING_PX = 26
"""Distance of the windows in the texture."""
BASE_PX = 7.0
"""Deviation of the blur beside which a pixel is lighter or darker: what is wider is light and shade."""
FLOW_PX = 7.0
"""Deviation of the smoothing of the strands' direction."""
HAIR, WHOLE = 0.6, 0.94
"""Chance from which a pixel is hair, and share of a window that must be."""
STRIDE_PX = 8
"""Distance of the windows that are looked at in the photo."""
BEST_SHARE = 0.4
"""Share of the windows that are taken: those whose strands agree most about where they run."""
LEAST_WINDOWS = 6
MOST_DETAIL = 0.4
COMBED_PX, KEPT_CONTRAST = 9.0, 0.7
"""Deviation of the smoothing along the strands, which makes one strand of short pieces, and the contrast that stays."""
FADE_PX = 30.0
"""Distance of a window's weight to one half."""


def strands_of(crop: NDArray[np.uint8], hair: Floats, camera: Camera, *, seed: int = 0) -> HairStrands | None:
    """The strands of a photo's hair; None where it shows too little of it.

    Args:
        crop: uint8 [S, S, 3], aligned.
        hair: float32 [S, S], 0..1: chance that a pixel is hair that the photo really shows.
        camera: the photo's.
        seed: of the texture.
    """
    # dark hair's noise must not count as strands
    light = np.log(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255 + 0.06)
    is_hair = (hair > HAIR).astype(np.float32)
    near = cv2.GaussianBlur(is_hair, (0, 0), BASE_PX)
    base = cv2.GaussianBlur(light * is_hair, (0, 0), BASE_PX) / np.maximum(near, 1e-3)
    detail = np.clip((light - base) * is_hair, -MOST_DETAIL, MOST_DETAIL).astype(np.float32)
    angle, agreement = _flow(detail)
    windows = _windows(detail, is_hair, angle, agreement)
    if len(windows) < LEAST_WINDOWS:
        return None
    pixel = camera.radius / (camera.focal * len(crop))
    return HairStrands(detail=_laid_together(windows, seed), pixel=pixel)


def _flow(detail: Floats) -> tuple[Floats, Floats]:
    """Angle of the strands to the picture's columns, radians, and how far they agree, 0..1: the structure tensor's."""
    across, down = cv2.Scharr(detail, cv2.CV_32F, 1, 0), cv2.Scharr(detail, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(value, (0, 0), FLOW_PX) for value in (across * across, down * down, across * down))
    # strands run across the steepest slope
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    agreement = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / np.maximum(xx + yy, 1e-6)
    return np.asarray(angle, np.float32), np.asarray(agreement, np.float32)


def _windows(detail: Floats, is_hair: Floats, angle: Floats, agreement: Floats) -> list[Floats]:
    """Windows of hair whose strands run down, float32 [WINDOW_PX, WINDOW_PX] each, of mean 0."""
    half, size = WINDOW_PX // 2, (WINDOW_PX, WINDOW_PX)
    places = range(half, len(detail) - half, STRIDE_PX)
    found: list[tuple[float, Floats]] = []
    for row, column in itertools.product(places, places):
        turn = cv2.getRotationMatrix2D((float(column), float(row)), math.degrees(float(angle[row, column])), 1.0)
        turn[:, 2] += half - np.array([column, row])
        if is_hair[row, column] and cv2.warpAffine(is_hair, turn, size, flags=cv2.INTER_NEAREST).mean() >= WHOLE:
            window = cv2.warpAffine(detail, turn, size, flags=cv2.INTER_CUBIC)
            close = agreement[row - half // 2 : row + half // 2, column - half // 2 : column + half // 2]
            found.append((float(close.mean()), np.asarray(window - window.mean(), np.float32)))
    found.sort(key=lambda one: -one[0])
    return [window for _, window in found[: max(LEAST_WINDOWS, round(BEST_SHARE * len(found)))]]


def _laid_together(windows: list[Floats], seed: int) -> NDArray[np.float16]:
    """A texture [TEXTURE_PX, TEXTURE_PX] of windows at random places, which repeats both ways."""
    random = np.random.default_rng(seed)
    along = (np.arange(WINDOW_PX, dtype=np.float32) + 0.5 - WINDOW_PX / 2) / FADE_PX
    fade = np.exp2(-(along**2))
    weight = np.outer(fade, fade) ** 4
    total = np.zeros((TEXTURE_PX, TEXTURE_PX), np.float32)
    squares = np.zeros_like(total)
    for row in range(0, TEXTURE_PX, SPACING_PX):
        for column in range(0, TEXTURE_PX, SPACING_PX):
            window = windows[random.integers(len(windows))]
            if random.random() < 0.5:
                window = window[:, ::-1]
            jitter = random.integers(SPACING_PX, size=2)
            rows = (row + jitter[0] + np.arange(WINDOW_PX)) % TEXTURE_PX
            columns = (column + jitter[1] + np.arange(WINDOW_PX)) % TEXTURE_PX
            total[np.ix_(rows, columns)] += weight * window
            squares[np.ix_(rows, columns)] += weight**2
    whole = total / np.sqrt(np.maximum(squares, 1e-8))
    border = math.ceil(3 * COMBED_PX)
    combed = cv2.GaussianBlur(np.pad(whole, border, mode="wrap"), (0, 0), sigmaX=0.5, sigmaY=COMBED_PX)
    combed = combed[border:-border, border:-border]
    gain = KEPT_CONTRAST * float(whole.std()) / max(float(combed.std()), 1e-6)
    return np.asarray(combed * gain, np.float16)
