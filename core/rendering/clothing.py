"""Clothes with an edge: where a soft model lets neck and collar run into one another, a seam is drawn between them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.borders import LEAST_PX, SURE, Border, share_of
from core.rendering.places import at_size, places_of, tiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]

BARE = ("neck", "skin", "ears")
SHADOW, SHADOW_FAR = 0.30, 0.014
"""How dark the collar's shadow on the neck is, and how far it falls, picture sides."""
SEAM, SEAM_AT, SEAM_WIDE = 0.16, 0.009, 0.0022
"""How dark the seam is, how far inside the collar it runs and how wide it is, picture sides."""
HEM = 0.05
"""How much lighter the collar's very edge is."""
WEAVE_PX, THREAD, WEAVE = 128, 0.0016, 0.055
"""Side of the texture of cloth, size of its pixel, world units, and its contrast."""

SLANT = 0.45


def with_clothing(frame: Frame) -> Frame:
    """A frame whose clothes end at a collar and are woven; the very same one where it shows none."""
    if frame.labels is None:
        return frame
    size = len(frame.rgb)
    cloth, bare = share_of(frame.labels, ("cloth",), size), share_of(frame.labels, BARE, size)
    if int((cloth > 0.5).sum()) < LEAST_PX:
        return frame
    rgb = frame.rgb.astype(np.float32)
    border = Border.of(rgb, cloth, bare, frame.alpha)
    if border is not None:
        rgb += (_with_collar(rgb, border) - rgb) * frame.alpha[..., None]  # none falls on what is behind the head
    rgb *= 1 + (_weave(frame, cloth) * cloth * (frame.alpha > SURE))[..., None]
    return replace(frame, rgb=np.clip(rgb + 0.5, 0, 255).astype(np.uint8))


def _with_collar(rgb: Floats, border: Border) -> Floats:
    """The picture [S, S, 3] with a collar, its seam and its shadow."""
    inside = border.inside
    cloth = np.clip(inside * len(rgb) / 1.6 + 0.5, 0, 1)
    result = border.cut(rgb, cloth)
    fall = SHADOW * np.exp(np.minimum(inside, 0) / SHADOW_FAR) * (1 - cloth)
    seam = SEAM * np.exp(-(((inside - SEAM_AT) / SEAM_WIDE) ** 2)) - HEM * np.exp(-(((inside - 0.003) / 0.002) ** 2))
    return np.asarray(result * (1 - ((fall + seam) * border.both)[..., None]), np.float32)


def _weave(frame: Frame, cloth: Floats) -> Floats:
    """How much lighter or darker threads are, [S, S]."""
    size = len(frame.rgb)
    depth = at_size(frame.depth, size)
    chosen = np.flatnonzero((cloth.ravel() > 0.05) & (depth.ravel() > 0))
    found = np.zeros(size * size, np.float32)
    if len(chosen):
        points, _ = places_of(frame.camera, depth, chosen)
        # threads run aslant through space, so that no view of the shoulders shows a pole
        across, up = points[:, 0] + SLANT * points[:, 2], points[:, 1] - SLANT * points[:, 2]
        found[chosen] = tiled(_texture(), -up / THREAD, across / THREAD)
    return found.reshape(size, size)


@cache
def _texture() -> Floats:
    """Threads, float32 [T, T], mean 0; it repeats both ways."""
    noise = np.random.default_rng(3).standard_normal((WEAVE_PX, WEAVE_PX)).astype(np.float32)
    wide = np.pad(noise, 32, mode="wrap")
    along = cv2.GaussianBlur(wide, (0, 0), sigmaX=0.7, sigmaY=4)
    across = cv2.GaussianBlur(wide, (0, 0), sigmaX=5, sigmaY=0.7)
    mixed = (along / along.std() + across / across.std())[32:-32, 32:-32]
    return np.asarray(WEAVE / 2 * np.clip(mixed, -2.5, 2.5), np.float32)
