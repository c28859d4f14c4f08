"""Alpha at the picture's size, from the picture itself: how much of a pixel is head, how much the white behind it.

Alpha is marched at the neural size, the picture is finer. Taken as it is, the coarse alpha lets the white shine through
along every outline as soon as something dark stands behind. A pixel of the outline is `P = alpha F + (1 - alpha)`,
with `F` the head's colour next to it; that gives its alpha wherever `F` is not white itself.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

INSIDE = 0.97
"""Coarse alpha from which a pixel is taken to be all head."""
REACH = 1 / 48
"""How far from the coarse outline the fine one may lie, in picture sides."""
NEARBY = 1 / 60
"""Side of the window whose coarse alphas bound the fine one, in picture sides: two pixels of 128."""
LEAST_CONTRAST, FULL_CONTRAST = 0.12, 0.3
"""Distance of `F` from white below which it tells nothing, and from which it is believed entirely."""


def fine_alpha(rgb: NDArray[np.uint8], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Alpha that agrees with the picture along the head's outline.

    Args:
        rgb: uint8 [H, H, 3], on white.
        alpha: float32 [H, H], 0..1, coarse.

    Returns:
        float32 [H, H], 0..1; the coarse one away from the outline and where the head is as white as what is behind it.
    """
    size = alpha.shape[0]
    reach = max(2, round(size * REACH)) | 1
    solid = (alpha >= INSIDE).astype(np.uint8)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    band = (cv2.dilate((alpha > 1 - INSIDE).astype(np.uint8), around) > 0) & (cv2.erode(solid, around) == 0)
    if not band.any() or not solid.any():
        return alpha
    nearby = np.ones((round(size * NEARBY) | 1,) * 2, np.uint8)
    picture = rgb.astype(np.float32) / 255
    # just inside the outline the finer picture may already show some white
    inner = cv2.erode(solid, np.ones((3, 3), np.uint8)).astype(np.float32)
    # few pixels are near the outline: what follows is done for those
    own, coarse = picture[band], alpha[band]
    colour, weight = np.zeros_like(own), np.zeros_like(coarse)
    for width in (reach, 3 * reach):
        near = cv2.blur(inner, (width, width))[band]
        mean = cv2.blur(picture * inner[..., None], (width, width))[band]
        fresh = (weight < 1e-3) & (near > 1e-3)
        colour[fresh] = mean[fresh] / near[fresh, None]
        weight[fresh] = 1
    contrast = 1 - colour
    length = np.linalg.norm(contrast, axis=-1)
    share = ((1 - own) * contrast).sum(-1) / np.maximum(length**2, 1e-6)
    belief = np.clip((length - LEAST_CONTRAST) / (FULL_CONTRAST - LEAST_CONTRAST), 0, 1) * weight
    mixed = coarse + (np.clip(share, 0, 1) - coarse) * belief
    # a thin strand is as thin as the coarse alpha near it says, whatever colour was taken for its own
    mixed = np.clip(mixed, cv2.erode(alpha, nearby)[band], cv2.dilate(alpha, nearby)[band])
    found = alpha.copy()
    # no pixel can hold less head than its darkness needs
    found[band] = np.maximum(mixed, 1 - own.min(-1))
    return found
