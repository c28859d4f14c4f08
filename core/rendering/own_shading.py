"""The fine light and shade of a head model's own picture, without its colours and without what is broad in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]

FINE = 0.02
"""Deviation, world units, of the blur that takes what is broad."""
MOST = 0.25
"""Bound of what is fine, natural logarithms."""
LEAST_PX = 3.0
"""A blur wider than this many pixels is made in a smaller picture, where it costs less."""


def own_colours(frame: Frame, chosen: NDArray[np.int64]) -> Floats:
    """A frame's colours [N, 3], 0..1, at chosen pixels, without the white behind them."""
    solid = frame.alpha.ravel()[chosen, None]
    own = (frame.rgb.reshape(-1, 3)[chosen] / np.float32(255) - (1 - solid)) / solid
    return np.asarray(own.clip(0.02, 1), np.float32)


def fine_shading(frame: Frame, own: Floats, chosen: NDArray[np.int64], share: Floats) -> Floats:
    """Fine shading of some pixels, natural logarithms [N].

    Args:
        frame: the picture.
        own: its colours there, [N, 3].
        chosen: numbers of the pixels, row by row.
        share: how much each of them belongs to the part that is looked at, 0..1 [N]; others do not count.
    """
    size = len(frame.rgb)
    light = np.log(own.mean(axis=1))
    values = np.zeros((size * size, 2), np.float32)
    values[chosen] = np.stack([share, share * light], axis=1)
    near = float(np.median(frame.depth[frame.depth > 0]))
    sigma = FINE * frame.camera.focal * size / near
    fewer = max(1, int(sigma / LEAST_PX))
    small = (max(1, size // fewer),) * 2
    reduced = cv2.resize(values.reshape(size, size, 2), small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(reduced, (0, 0), max(1.0, sigma * small[0] / size))
    wide = cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR).reshape(-1, 2)[chosen]
    return np.asarray(np.clip(light - wide[:, 1] / np.maximum(wide[:, 0], 1e-3), -MOST, MOST), np.float32)
