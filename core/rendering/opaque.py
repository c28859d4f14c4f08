"""Hair that nobody looks through: what a soft model leaves hazy or open well inside a head's outline is made whole.

Depth and labels stay as they are; only the picture and its coverage are mended, in the colours around.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]

RIM = 0.011
"""Width of the outline that stays soft, picture sides."""
LARGEST, AROUND = 0.003, 0.9
"""Share of a picture up to which an opening is a hole, and how much of what is around it must be hair."""
TINY, SOME = 1.2e-3, 0.25
"""The same for openings between hair and neck or clothes, which nobody takes for a gap."""
LEAST_ALPHA = 0.25
"""Coverage below which a pixel's own colour cannot be told."""
HAIR = PARTS.index("hair")


def with_whole_hair(frame: Frame) -> Frame:
    """A frame whose hair is whole inside its outline; the very same one where it is already or no parts are told."""
    if frame.labels is None:
        return frame
    size, alpha = len(frame.rgb), frame.alpha
    hair = cv2.resize((frame.labels == HAIR).astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    shown = (alpha > 0.5).astype(np.uint8)
    solid = _closed(shown, hair)
    rim = max(1, round(RIM * size))
    inner = cv2.erode(solid, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8), borderValue=1).astype(np.float32)
    near = cv2.dilate(((hair > 0.5) | (solid > shown)).astype(np.uint8), np.ones((2 * rim + 1, 2 * rim + 1), np.uint8))
    share = cv2.GaussianBlur(inner, (0, 0), rim / 2) * inner * near
    whole = np.asarray(alpha + (1 - alpha) * share, np.float32)
    if float((whole - alpha).max()) < 0.02:
        return frame
    own = frame.rgb.astype(np.float32) - 255 * (1 - alpha[..., None])
    told = np.where(alpha > LEAST_ALPHA, alpha, 0.0)[..., None].astype(np.float32)
    changed = whole > alpha + 0.004
    # where a pixel has no colour of its own it takes that of what is around
    around = cv2.GaussianBlur(own * (told > 0.9), (0, 0), rim)[changed]
    weight = cv2.GaussianBlur(np.where(told[..., 0] > 0.9, alpha, 0.0).astype(np.float32), (0, 0), rim)[changed, None]
    own, told, cover = own[changed], told[changed], whole[changed, None]
    colour = (own * told + around * 1e-2 + 1e-6) / (alpha[changed, None] * told + weight * 1e-2 + 1e-6)
    rgb = frame.rgb.copy()
    rgb[changed] = np.clip(colour * cover + 255 * (1 - cover) + 0.5, 0, 255).astype(np.uint8)
    return replace(frame, rgb=rgb, alpha=whole)


def _closed(solid: NDArray[np.uint8], hair: Floats) -> NDArray[np.uint8]:
    """What is solid, 0 or 1 [S, S], with small openings that hair surrounds."""
    count, marks, stats, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    closed = solid.copy()
    size = len(solid)
    for number in range(1, count):
        left, top, wide, high, area = stats[number].tolist()
        if area > LARGEST * solid.size or left == 0 or top == 0 or left + wide == size or top + high == size:
            continue
        window = np.s_[max(top - 3, 0) : top + high + 3, max(left - 3, 0) : left + wide + 3]
        own = (marks[window] == number).astype(np.uint8)
        ring = (cv2.dilate(own, np.ones((5, 5), np.uint8)) > 0) & (own == 0)
        if float((hair[window][ring] > 0.3).mean()) > (AROUND if area > TINY * solid.size else SOME):
            closed[window][own > 0] = 1
    return closed
