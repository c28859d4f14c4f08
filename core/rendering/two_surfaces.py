"""Where one surface ends before another one: a pixel of a large picture shows one of both, not the air between them.

A depth picture has fewer pixels than the picture that photos are laid on. Interpolated, it has a ramp where a nose ends
before the cheek behind it; points on the ramp lie in the air, and a photo gives them what its camera saw through there:
two thin lines beside the nose. Here a ramp is told from a steep surface by the plateaus on both its sides, and parted.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.rendering.places import unspeckled

RAMP = 1.25
"""How far a ramp goes on both sides of its middle, in pixels of the depth picture."""
WIDER = 2
"""By how much further is looked for the plateaus."""
STEP = (0.015, 0.03)
"""Differences of depth over a ramp, world units, from which it is parted a little, and wholly."""
PLATEAU = (1.2, 1.4)
"""How much greater the difference of depth is further out: up to the first there are plateaus, from the second a slope
goes on."""
FLAT = 0.2
"""Share of a ramp's difference that a plateau keeps as it is, so that it stays round."""
CALM = 0.5
"""How far the line between both surfaces is smoothed, in pixels of the depth picture."""
SOFT = 1 / 8
"""Share of a ramp's difference over which the line is soft."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TwoSurfaces:
    """What pixels show on both sides of the line.

    Attributes:
        near: float32 [S, S], depth along the camera's z of the nearer one; both are alike away from such lines.
        far: of the farther one.
        beyond: float32 [S, S], 0..1, how much of a pixel shows the farther one.
    """

    near: Floats
    far: Floats
    beyond: Floats


def two_surfaces(depth: Floats, size_px: int) -> TwoSurfaces:
    """A depth picture, float32 [h, w], 0 where there is nothing, at a picture's size."""
    scale = size_px / len(depth)
    wide, known = (_enlarged(one, size_px) for one in (unspeckled(depth), (depth > 0).astype(np.float32)))
    if scale <= 1:
        return TwoSurfaces(wide, wide, np.zeros_like(wide))
    # what goes on beyond the rim would be a plateau
    inside = known > 0.999
    reach_px = round(RAMP * scale)
    low, high = _bounds(wide, inside, reach_px)
    lower, higher = _bounds(wide, inside, WIDER * reach_px)
    step = np.maximum(high - low, np.float32(1e-6))
    parted = cv2.erode(inside.astype(np.float32), _square(reach_px)) * (step > STEP[0])
    parted *= np.clip((step - STEP[0]) / (STEP[1] - STEP[0]), 0, 1)
    parted *= np.clip((PLATEAU[1] - (higher - lower) / step) / (PLATEAU[1] - PLATEAU[0]), 0, 1)
    way = (_smoothed(wide, inside, CALM * scale) - low) / step
    return TwoSurfaces(
        near=np.asarray(wide + parted * (np.minimum(wide, low + FLAT * step) - wide), np.float32),
        far=np.asarray(wide + parted * (np.maximum(wide, high - FLAT * step) - wide), np.float32),
        beyond=np.asarray(np.clip((way - 0.5) / SOFT + 0.5, 0, 1) * (parted > 0), np.float32),
    )


def _enlarged(picture: Floats, size_px: int) -> Floats:
    return np.asarray(cv2.resize(picture, (size_px, size_px), interpolation=cv2.INTER_LINEAR), np.float32)


def _square(reach_px: int) -> NDArray[np.uint8]:
    return np.ones((2 * reach_px + 1,) * 2, np.uint8)


def _bounds(depth: Floats, inside: NDArray[np.bool_], reach_px: int) -> tuple[Floats, Floats]:
    """The least and the greatest depth around each pixel [S, S], of those inside."""
    low = cv2.erode(np.where(inside, depth, np.float32(np.finfo(np.float32).max)), _square(reach_px))
    high = cv2.dilate(np.where(inside, depth, np.float32(0)), _square(reach_px))
    return np.where(inside, low, depth), np.where(inside, high, depth)


def _smoothed(depth: Floats, inside: NDArray[np.bool_], sigma_px: float) -> Floats:
    weight = inside.astype(np.float32)
    total, share = (cv2.GaussianBlur(one, (0, 0), sigma_px) for one in (depth * weight, weight))
    return np.asarray(total / np.maximum(share, 1e-3), np.float32)
