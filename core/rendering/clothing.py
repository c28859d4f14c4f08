"""Clothes with an edge: where a soft model lets neck and collar run into one another, a seam is drawn between them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.places import at_size, places_of, tiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]

CLOTH, BARE = (PARTS.index("cloth"),), tuple(PARTS.index(part) for part in ("neck", "skin", "ears"))
SMEARED = 0.024
"""How far colours run into one another on either side, picture sides."""
SHADOW, SHADOW_FAR = 0.30, 0.014
"""How dark the collar's shadow on the neck is, and how far it falls, picture sides."""
SEAM, SEAM_AT, SEAM_WIDE = 0.16, 0.009, 0.0022
"""How dark the seam is, how far inside the collar it runs and how wide it is, picture sides."""
HEM = 0.10
"""How much lighter the collar's very edge is."""
LEAST_PX = 60
SURE = 0.9
"""Alpha from which a pixel shows no background."""
WEAVE_PX, THREAD, WEAVE = 128, 0.0016, 0.055
"""Side of the texture of cloth, size of its pixel, world units, and its contrast."""


def with_clothing(frame: Frame) -> Frame:
    """A frame whose clothes end at a collar and are woven; the very same one where it shows none."""
    if frame.labels is None:
        return frame
    size = len(frame.rgb)
    cloth, bare = (_soft(np.isin(frame.labels, parts), size) for parts in (CLOTH, BARE))
    if int((cloth > 0.5).sum()) < LEAST_PX:
        return frame
    rgb = frame.rgb.astype(np.float32)
    if int((bare > 0.5).sum()) >= LEAST_PX:
        rgb = _with_collar(rgb, cloth, bare, frame.alpha)
    rgb *= 1 + (_weave(frame, cloth) * cloth * (frame.alpha > SURE))[..., None]
    return replace(frame, rgb=np.clip(rgb + 0.5, 0, 255).astype(np.uint8))


def _with_collar(rgb: Floats, cloth: Floats, bare: Floats, alpha: Floats) -> Floats:
    size = len(rgb)
    inside = np.asarray(cloth >= bare, np.uint8) * np.asarray(cloth + bare > 0.5, np.uint8)
    outside = np.asarray(bare > cloth, np.uint8) * np.asarray(cloth + bare > 0.5, np.uint8)
    to_bare = cv2.distanceTransform(1 - outside, cv2.DIST_L2, 5) / size
    to_cloth = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) / size
    signed = np.where(inside > 0, to_bare, -to_cloth)  # how far inside the cloth
    near = np.clip(2 - np.abs(signed) / (0.5 * SMEARED), 0, 1) * np.clip(cloth + bare, 0, 1) * (alpha > SURE)
    own = _spread(rgb, (inside > 0) & (to_bare > SMEARED) & (alpha > SURE), size)
    skin = _spread(rgb, (outside > 0) & (to_cloth > SMEARED) & (alpha > SURE), size)
    if own is None or skin is None:
        return rgb
    edge = np.clip(signed * size / 1.6 + 0.5, 0, 1)[..., None]
    crisp = skin + (own - skin) * edge
    result = rgb + (crisp - rgb) * near[..., None]
    fall = SHADOW * np.exp(np.minimum(signed, 0) / SHADOW_FAR) * (signed <= 0)
    seam = SEAM * np.exp(-(((signed - SEAM_AT) / SEAM_WIDE) ** 2)) - HEM * np.exp(-(((signed - 0.003) / 0.002) ** 2))
    both = np.clip(cloth + bare, 0, 1)
    return np.asarray(result * (1 - ((fall + seam) * both)[..., None]), np.float32)


def _spread(rgb: Floats, core: NDArray[np.bool_], size: int) -> Floats | None:
    """Colours [S, S, 3] of what is surely of one kind, carried on to where it is not sure; None where nothing is."""
    if int(core.sum()) < LEAST_PX:
        return None
    weight = core.astype(np.float32)
    total = np.zeros((*weight.shape, 4), np.float32)
    for share, reach in ((1.0, 0.35), (1e-2, 1.0), (1e-4, 4.0)):
        for number, layer in enumerate((*np.moveaxis(rgb * weight[..., None], -1, 0), weight)):
            small = cv2.resize(layer, (size // 4, size // 4), interpolation=cv2.INTER_AREA)
            blurred = cv2.GaussianBlur(small, (0, 0), reach * SMEARED * size / 4)
            total[..., number] += share * cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(total[..., :3] / np.maximum(total[..., 3:], 1e-9), np.float32)


def _weave(frame: Frame, cloth: Floats) -> Floats:
    """How much lighter or darker threads are, [S, S]."""
    size = len(frame.rgb)
    depth = at_size(frame.depth, size)
    chosen = np.flatnonzero((cloth.ravel() > 0.05) & (depth.ravel() > 0))
    found = np.zeros(size * size, np.float32)
    if len(chosen):
        points, _ = places_of(frame.camera, depth, chosen)
        around = np.arctan2(points[:, 0], points[:, 2] + 0.1) * 0.3
        found[chosen] = tiled(_texture(), -points[:, 1] / THREAD, around / THREAD)
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


def _soft(chosen: NDArray[np.bool_], size: int) -> Floats:
    """How much of each pixel of the picture is what is chosen in a smaller one, with calm borders."""
    calm = cv2.GaussianBlur(chosen.astype(np.float32), (0, 0), 1.1)
    return np.asarray(cv2.resize(calm, (size, size), interpolation=cv2.INTER_CUBIC).clip(0, 1), np.float32)
