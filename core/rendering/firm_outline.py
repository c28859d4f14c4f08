"""Firm outlines: a head ends where it ends, without the haze and the wisps that a small model leaves around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

SOFT, STEEP = 1 / 200, 5.0
"""Deviation of the smoothing of coverage along an outline, picture sides, and how much steeper it becomes across."""
SURE = 0.8
"""Coverage from which a pixel's own colour is told; others take that of what is beside them."""
FAINT = 0.1
"""Coverage below which there is hardly anything."""
HOLDING, SPECK = 0.4, 3e-3
"""Coverage by which matter holds together, and share of the picture below which what hangs on nothing is a speck."""
LEAST = 0.01
"""Change of coverage below which a pixel stays as it is."""


def with_firm_outline(frame: Frame, share: float) -> Frame:
    """A frame whose outline is firm as far as `share`, 0..1; depth and labels stay as they are."""
    if share <= 0 or float(frame.alpha.max()) < SURE:
        return frame
    return with_coverage(frame, firm_coverage(frame.alpha, share))


def firm_coverage(alpha: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Coverage [S, S], 0..1, whose border is firm as far as `share`, 0..1."""
    firm = np.clip((cv2.GaussianBlur(alpha, (0, 0), _sigma(len(alpha))) - 0.5) * STEEP + 0.5, 0, 1)
    # nothing comes where nothing was, and what is whole inside stays whole
    firm = firm * np.clip(alpha / FAINT, 0, 1)
    firm = np.where(cv2.erode(alpha, np.ones((3, 3), np.uint8)) > SURE, np.maximum(firm, alpha), firm) * _held(alpha)
    return np.asarray(alpha + np.float32(share) * (firm - alpha), np.float32)


def with_coverage(frame: Frame, whole: NDArray[np.float32]) -> Frame:
    """A frame whose head covers as much of each pixel as `whole` [S, S], 0..1, says; depth and labels stay.

    Where it covers more than it did, and where its own colour was mixed with the white behind, it takes the colour that
    is beside.
    """
    alpha, size = frame.alpha, len(frame.rgb)
    sigma = _sigma(size)
    own = frame.rgb.astype(np.float32) - 255 * (1 - alpha[..., None])
    sure = np.where(alpha > SURE, np.float32(1), np.float32(0))[..., None]
    half = (max(1, size // 2),) * 2  # what is carried is smooth
    layers = cv2.resize(np.dstack([own * sure, alpha[..., None] * sure]), half, interpolation=cv2.INTER_AREA)
    near = cv2.resize(cv2.GaussianBlur(layers, (0, 0), sigma), (size, size), interpolation=cv2.INTER_LINEAR)
    faint = np.float32(1e-4)
    colour = (own * sure + faint * near[..., :3]) / (alpha[..., None] * sure + faint * near[..., 3:] + faint**2)
    rgb = np.clip(colour * whole[..., None] + 255 * (1 - whole[..., None]) + 0.5, 0, 255).astype(np.uint8)
    # haze reaches further than coverage
    changed = (np.abs(whole - alpha) > LEAST)[..., None] | (whole < LEAST)[..., None]
    return replace(frame, rgb=np.where(changed, rgb, frame.rgb), alpha=whole)


def _sigma(size_px: int) -> float:
    """Deviation of the smoothing along outlines, pixels."""
    return max(0.7, SOFT * size_px)


def _held(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where there is no speck in the air beside the head, 0..1 [S, S]."""
    count, pieces, facts, _ = cv2.connectedComponentsWithStats((alpha > HOLDING).astype(np.uint8), connectivity=8)
    small = facts[:, cv2.CC_STAT_AREA] < SPECK * alpha.size
    small[0] = False
    if count < 3 or not small.any():
        return np.ones_like(alpha)
    reach = 2 * max(2, round(SOFT * len(alpha))) + 1
    specks = cv2.dilate(small[pieces].astype(np.uint8), np.ones((reach, reach), np.uint8))
    # what is near the head is its own outline
    main = cv2.dilate((~small[pieces] & (pieces > 0)).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.blur((1 - specks * (1 - main)).astype(np.float32), (3, 3)), np.float32)
