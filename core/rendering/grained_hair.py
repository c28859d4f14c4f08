"""Hair that has a grain and no direction, curls or stubble, drawn on a frame; its outline is ragged as the grain is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.places import at_size, calmed, places_of, steady

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]

EDGE = 0.010
"""How far curls stand out of the outline, in picture sides, for curls of `WIDE` world units."""
WIDE = 0.014
LEAST_REACH_PX = 1.5
SHOWN = 0.02
"""Share of hair in a pixel from which its grain is drawn."""


def with_grain(
    frame: Frame,
    grain_at: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    curl: float,
    *,
    calm: tuple[float, float] = (0.0, 0.0),
    ragged: float = 1.0,
    hangs: bool = False,
) -> Frame:
    """A frame whose hair has a grain; the very same one where it shows none.

    Args:
        frame: with labels.
        grain_at: how much lighter hair is at world points [N, 3] than around them, natural logarithms [N].
        curl: radius of what the grain consists of, world units.
        calm: by which share white hair has weaker gaps and weaker lights than black hair.
        ragged: how far the outline is that of the grain, 0..1.
        hangs: whether it runs over the hair's bumps, as locks do.
    """
    if frame.labels is None:
        return frame
    size = len(frame.rgb)
    hair = (frame.labels == PARTS.index("hair")).astype(np.float32)
    share = cv2.resize(cv2.GaussianBlur(hair, (3, 3), 0), (size, size), interpolation=cv2.INTER_LINEAR)
    depth = at_size(frame.depth, size)
    bears = share.ravel()
    if hangs:
        depth, bears = calmed(depth, share), bears * steady(frame.depth, size).ravel()
    chosen = np.flatnonzero((share.ravel() > SHOWN) & (depth.ravel() > 0))
    if not len(chosen):
        return frame
    points, _ = places_of(frame.camera, depth, chosen)
    found = grain_at(points)
    picture = np.zeros((size, size), np.float32)
    picture.ravel()[chosen] = found
    light = frame.rgb.reshape(-1, 3)[chosen].mean(axis=1) / 255
    found = found * (1 - np.where(found < 0, calm[0], calm[1]) * light)
    finished = frame.rgb.reshape(-1, 3).copy()
    change = np.exp(found * bears[chosen])
    finished[chosen] = np.clip(finished[chosen] * change[:, None] + 0.5, 0, 255).astype(np.uint8)
    return _ragged(replace(frame, rgb=finished.reshape(frame.rgb.shape)), picture, share, curl, ragged)


def _ragged(frame: Frame, detail: Floats, hair: Floats, curl: float, amount: float) -> Frame:
    """A frame with curls along the outline of its hair: rings stay, what lies between them goes."""
    size = len(frame.rgb)
    reach = max(LEAST_REACH_PX, EDGE * size * min(curl / WIDE, 1.5))
    solid = cv2.GaussianBlur(frame.alpha, (0, 0), reach)
    rim = amount * np.clip(1 - np.abs(solid - 0.5) / 0.5, 0, 1) * cv2.GaussianBlur(hair, (0, 0), 2.0)
    bumps = cv2.GaussianBlur(detail, (0, 0), 0.25 * reach + 0.6)
    wanted = np.clip(0.5 + (solid - 0.38 + 0.55 * bumps) * 3.5, 0, 1)
    alpha = frame.alpha * (1 - rim + rim * wanted)
    own = frame.rgb.astype(np.float32) / 255 - (1 - frame.alpha[..., None])
    own *= (alpha / np.maximum(frame.alpha, 1e-3))[..., None]
    rgb = (np.clip(own + 1 - alpha[..., None], 0, 1) * 255 + 0.5).astype(np.uint8)
    return replace(frame, rgb=rgb, alpha=np.asarray(alpha, np.float32))
