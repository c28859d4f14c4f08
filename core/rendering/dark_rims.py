"""Rims in their own colours: a soft model draws a dark line along hair and clothes, and lets white shine into skin.

What stands at the rim takes the colours that lie just inside; hair and clothes end over fewer pixels.
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

RIM = 0.010
"""How far inside an outline colours are its own, picture sides."""
SURE, LEAST = 0.92, 0.06
"""Alpha of what is surely head, and below which a pixel has no colour of its own."""
DARKER = (0.01, 0.10)
"""By how much a rim is darker than what lies inside where that shows, and where all of it goes."""
LIGHTER = (0.02, 0.08)
"""The same of how much lighter."""
CRISP = 1.7
"""By how much outlines are steeper."""
CHOSEN = tuple(PARTS.index(part) for part in ("hair", "cloth"))
GREY = np.array([0.299, 0.587, 0.114], np.float32)


def without_dark_rims(frame: Frame) -> Frame:
    """A frame without dark and light rims; the very same one where it shows neither hair nor clothes, or no parts.

    Args:
        frame: as the generator draws it, on white.
    """
    if frame.labels is None:
        return frame
    size, alpha = len(frame.rgb), frame.alpha
    reach = max(1, round(RIM * size))
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    core = cv2.erode((alpha > SURE).astype(np.uint8), around, borderValue=1)
    band = (alpha > LEAST) & (core == 0)
    # labels end where the head is half there
    chosen = cv2.dilate(np.isin(frame.labels, CHOSEN).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    others = cv2.dilate(
        ((frame.labels > 0) & ~np.isin(frame.labels, CHOSEN)).astype(np.uint8), np.ones((3, 3), np.uint8)
    )
    share = cv2.resize(cv2.GaussianBlur(chosen * (1 - others), (3, 3), 0), (size, size), interpolation=cv2.INTER_LINEAR)
    share = share * band
    if not share.any():
        return frame
    own = (frame.rgb.astype(np.float32) / 255 - (1 - alpha[..., None])) / np.maximum(alpha, LEAST)[..., None]
    inner = _carried(np.asarray(own, np.float32), core.astype(np.float32), reach)[band]
    # nothing else is changed
    own, there, share = own[band], alpha[band], share[band]
    darker = (inner - own) @ GREY
    weight = share * np.clip((darker - DARKER[0]) / (DARKER[1] - DARKER[0]), 0, 1)
    weight = np.maximum(weight, np.clip((-darker - LIGHTER[0]) / (LIGHTER[1] - LIGHTER[0]), 0, 1))
    own = np.clip(own + (inner - own) * weight[..., None], 0, 1)
    rgb, cover = frame.rgb.copy(), alpha.copy()
    cover[band] = there + (np.clip(0.5 + (there - 0.5) * CRISP, 0, 1) - there) * share
    whole = cover[band, None]
    rgb[band] = ((own * whole + 1 - whole) * 255 + 0.5).clip(0, 255).astype(np.uint8)
    return replace(frame, rgb=rgb, alpha=cover)


def _carried(colours: Floats, known: Floats, reach: int) -> Floats:
    """Colours [S, S, 3] of where they are known, 0 or 1 [S, S], carried on to where they are not; unknown far away."""
    size = len(colours)
    layers = np.concatenate([colours * known[..., None], known[..., None]], axis=2)
    half = cv2.resize(layers, (size // 2, size // 2), interpolation=cv2.INTER_AREA)
    near, far = (cv2.GaussianBlur(half, (0, 0), deviation) for deviation in (0.4 * reach, 1.2 * reach))
    total = near + 0.02 * far
    spread = np.where(total[..., 3:] > 1e-5, total[..., :3] / np.maximum(total[..., 3:], 1e-5), 0)
    return np.asarray(cv2.resize(spread, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
