"""Small islands of one part within another that a small model makes: hair on clothes, half an ear in hair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.nearest_pixel import nearest_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

SMALL, ENCLOSED = 5e-3, 0.9
"""Share of the picture below which a patch is an island, and the share of its border that is of the other part."""
WITHIN = {
    "hair": ("cloth", "neck", "skin"),
    "ears": ("hair",),
    "skin": ("hair", "cloth"),
    "cloth": ("hair", "neck", "skin"),
    "neck": ("hair", "cloth"),
}
"""Parts that have no islands of a part."""
RIM = 2
"""How far an island's colours run into those around, pixels of the labels."""


def without_islands(frame: Frame) -> Frame:
    """A frame whose islands have labels and colours of what is around; the very same one where there are none."""
    if frame.labels is None:
        return frame
    islands = islands_of(frame.labels)
    if not islands.any():
        return frame
    labels = np.where(islands, _filled(frame.labels, ~islands & (frame.labels > 0)), frame.labels)
    wide = cv2.dilate(islands.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0
    side, size = len(labels), len(frame.rgb)
    small = cv2.resize(frame.rgb, (side, side), interpolation=cv2.INTER_AREA)
    calm = cv2.GaussianBlur(_filled(small, ~wide & (labels > 0)), (0, 0), RIM)
    share = cv2.resize(cv2.blur(wide.astype(np.float32), (3, 3)), (size, size), interpolation=cv2.INTER_LINEAR)
    around = cv2.resize(calm, (size, size), interpolation=cv2.INTER_LINEAR)
    rgb = frame.rgb + share[..., None] * (around.astype(np.float32) - frame.rgb)
    return replace(frame, labels=labels, rgb=np.asarray(rgb + 0.5, np.uint8))


def islands_of(labels: NDArray[np.uint8]) -> Mask:
    """Which pixels of labels [h, w] belong to islands, bool [h, w]."""
    found = np.zeros(labels.shape, np.bool_)
    for part, others in WITHIN.items():
        own = (labels == PARTS.index(part)).astype(np.uint8)
        count, pieces, facts, _ = cv2.connectedComponentsWithStats(own, connectivity=4)
        for number in range(1, count):
            if facts[number, cv2.CC_STAT_AREA] < SMALL * own.size:
                piece = pieces == number
                around = labels[(cv2.dilate(piece.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~piece]
                if any((around == PARTS.index(other)).mean() > ENCLOSED for other in others):
                    found |= piece
    return found


def _filled(values: NDArray[np.uint8], known: Mask) -> NDArray[np.uint8]:
    """Values [h, w, ...] whose unknown pixels have that of the nearest known one."""
    return np.asarray(values.reshape(known.size, -1)[nearest_known(known).ravel()].reshape(values.shape), np.uint8)
