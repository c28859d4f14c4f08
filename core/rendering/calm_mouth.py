"""A mouth without the bumps of the grid that its form is kept on: on those, a photo's teeth would lie in waves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera

    Floats = NDArray[np.float32]

MOUTH = ("lips", "mouth")
CALM, BESIDE = 0.009, 0.012
"""Deviation of the smoothing, and how far beside the mouth it ends, world units."""
STEP = 0.02
"""Difference of depth, world units, from which something lies before or behind the mouth."""


def calm_mouth(depth: Floats, labels: NDArray[np.uint8] | None, camera: Camera) -> Floats:
    """Depth [S, S] along the camera's z, calm where labels [h, w] show a mouth; the very same where they show none."""
    if labels is None:
        return depth
    mouth = np.isin(labels, [PARTS.index(part) for part in MOUTH])
    size = (len(depth),) * 2
    share = cv2.resize(mouth.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    rows, columns = np.nonzero((share > 0.5) & (depth > 0))
    if not len(rows):
        return depth
    middle = float(np.median(depth[rows, columns]))
    texel = middle / camera.focal / len(depth)
    room = round(4 * (CALM + BESIDE) / texel)
    here = tuple(slice(max(at.min() - room, 0), at.max() + room + 1) for at in (rows, columns))
    surface, share = depth[here], cv2.GaussianBlur(share[here], (0, 0), BESIDE / texel / 2)
    near = ((surface > 0) & (np.abs(surface - middle) < 3 * STEP)).astype(np.float32)
    total, weight = (cv2.GaussianBlur(one, (0, 0), CALM / texel) for one in (surface * near, near))
    smooth = total / np.maximum(weight, 1e-6)
    same = np.clip(2 - np.abs(smooth - surface) / (STEP / 2), 0, 1) * (weight > 0.1) * near
    calm = depth.copy()
    calm[here] += np.clip(2 * share, 0, 1) * same * (smooth - surface)
    return calm
