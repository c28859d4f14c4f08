"""Smoothing whose cost grows no faster than pictures do: what is broad is looked at in a smaller picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

BROAD_PX, BROAD_EDGED_PX = 4.0, 2.5
"""Widths from which a smoothing is done at half the size, and one that keeps edges."""
GRAIN = 0.02
"""Of tones: what differs less in a neighbourhood is grain and no edge."""


def softened(values: Values, width_px: float) -> Values:
    """Values [S, S, ...] smoothed by a bell of so many pixels."""
    if width_px < BROAD_PX:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), width_px), np.float32)
    return resized(softened(_halved(values), width_px / 2), len(values))


def evened(picture: Values, tones: float, width_px: float) -> Values:
    """A picture [S, S, 3] smoothed where it differs by less than some tones, its edges kept (bilateral filter).

    What a broad one does to a half of the size is known as a line for each neighbourhood, and done to the picture
    itself (He and Sun 2015): edges stay as sharp as they are.
    """
    if width_px < BROAD_EDGED_PX:
        return np.asarray(cv2.bilateralFilter(picture, 0, tones, width_px), np.float32)
    small = _halved(picture)
    even = evened(small, tones, width_px / 2)
    middle, level = _around(small), _around(even)
    spread = _around(small * small) - middle * middle + np.float32(GRAIN * GRAIN)
    share = np.asarray(np.clip((_around(small * even) - middle * level) / spread, 0, 1), np.float32)
    rest = level - share * middle
    size = len(picture)
    return np.asarray(resized(_around(share), size) * picture + resized(_around(rest), size), np.float32)


def resized(values: Values, size_px: int) -> Values:
    """Values [S, S, ...] at another size; the very same where they have that."""
    if len(values) == size_px:
        return values
    how = cv2.INTER_AREA if len(values) > size_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (size_px, size_px), interpolation=how), np.float32)


def _halved(values: Values) -> Values:
    return resized(values, max(1, len(values) // 2))


def _around(values: Values) -> Values:
    return np.asarray(cv2.blur(values, (3, 3)), np.float32)
