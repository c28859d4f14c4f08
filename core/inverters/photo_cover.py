"""How far a photo on a head is to be believed at each of its pixels, seen from elsewhere.

Where the surface turns away it smears; where photo and head show different parts, or hair lies over a cheek, it would
be painted on what it does not show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.carried_beard import full_beard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.photo_layer import PhotoLayer

SOLID = 0.5
"""Alpha from which a pixel has a surface."""
SMOOTH_PX = 1.5
"""Deviation of the smoothing of depth before its slope is taken, pixels of the picture of depths."""
LEAST_FACING, MOST_FACING = 0.26, 0.64
"""Cosines between surface and view: below the first the photo smears, from the second on it is laid on entirely."""
STEP = 0.02
"""Difference of depth between neighbours, world units, at which one thing ends before another."""
RIM = 1 / 100
"""Width of the outline where the background shines through, in picture sides."""
APART = (
    (("skin", "nose", "ears", "neck"), ("hair", "brows", "cloth")),
    (("ears",), ("skin", "nose", "neck")),
)
"""Pairs of groups of parts: where the photo shows one of the first and the head has one of the second, or the other way
round, their outlines disagree, and from elsewhere the photo would paint hair, or an ear, on a cheek."""
EAR = 1 / 24
"""How far around an ear what belongs to it may be called a cheek, in picture sides."""
MOST_DISAGREEING = 0.2
"""Share of the head on which they may disagree: beyond, whoever read the photo's parts has not understood it."""
DISAGREE = (0.3, 0.7)
"""Chance of that at which the photo begins to go, seen from elsewhere, and at which it is gone."""
STRANGE = (0.3, 0.6)
"""Difference of lightness from the middle of the photo's skin, natural logarithms, at which the photo begins to go from
skin that turns away, and at which it is gone: loose hair and what stands behind are seen there. Full beards stay."""
FOREIGN = (16.0, 30.0)
"""The same for the difference of hue, in Lab's a and b: grey hair is as light as skin."""
SQUARELY = (0.55, 0.85)
"""Cosines between surface and view between which skin stops turning away."""
CRUMB = 1 / 26
"""Width of a patch of photo below which it is a crumb, in picture sides."""


def believed(layer: PhotoLayer, parts: NDArray[np.float32], chances: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The layer's cover [S, S], but for what is not to be believed.

    Args:
        layer: on a head.
        parts: chances of `core.mask.PARTS` of what the photo shows, [parts, S, S].
        chances: of what the head has there, [parts, h, h].
    """
    chances = _without_ghosts(chances, parts)
    kept = _agreement(parts, chances) * _plain(layer, chances)
    return in_bytes(_whole(layer.cover / np.float32(255) * kept))


def _without_ghosts(chances: NDArray[np.float32], parts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Chances of a head [parts, h, h] in whose face nothing is glasses where the photo [parts, S, S] shows none."""
    glasses, skin = PARTS.index("glasses"), PARTS.index("skin")
    worn = cv2.resize(parts[glasses], chances.shape[1:], interpolation=cv2.INTER_AREA)
    eyes = cv2.resize(parts[PARTS.index("eyes")], chances.shape[1:], interpolation=cv2.INTER_AREA)
    rows = np.flatnonzero((eyes + worn > SOLID).any(axis=1))
    below = np.arange(len(worn))[:, None] > (np.median(rows) if len(rows) else len(worn))
    ghosts = chances[glasses] * (1 - worn) * below
    named = chances.copy()
    named[glasses] -= ghosts
    named[skin] += ghosts
    return named


def _agreement(parts: NDArray[np.float32], chances: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far photo and head do not show different things, 0..1 [S, S].

    Args:
        parts: chances of what the photo shows, [parts, S, S].
        chances: of what the head has there, [parts, h, h].
    """
    side = parts.shape[1]
    kept = np.ones((side, side), np.float32)
    parts = parts.copy()
    ears, wide = PARTS.index("ears"), np.ones((round(side * EAR) | 1,) * 2, np.uint8)
    parts[ears] = cv2.dilate(parts[ears], wide)
    for pair in APART:
        photo, head = (
            [values[[PARTS.index(part) for part in group]].sum(axis=0) for group in pair] for values in (parts, chances)
        )
        head = [cv2.resize(values, (side, side), interpolation=cv2.INTER_LINEAR) for values in head]
        differ = photo[0] * head[1] + photo[1] * head[0]
        if differ.sum() <= MOST_DISAGREEING * (head[0] + head[1]).sum():
            differ = cv2.GaussianBlur(differ, (0, 0), side * RIM / 3)
            low, high = DISAGREE
            kept *= 1 - np.clip((differ - low) / (high - low), 0, 1)
    return kept


def _whole(cover: NDArray[np.float32]) -> NDArray[np.float32]:
    """A cover without crumbs: slivers of a photo in the midst of what it does not show."""
    side = len(cover)
    body, around = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(side * size) | 1,) * 2) for size in (CRUMB, CRUMB / 2)
    )
    shown = cv2.morphologyEx((cover > SOLID / 2).astype(np.uint8), cv2.MORPH_OPEN, body)
    whole = cv2.GaussianBlur(cv2.dilate(shown, around).astype(np.float32), (0, 0), side * RIM / 3)
    return np.asarray(cover * whole, np.float32)


def _plain(layer: PhotoLayer, chances: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the photo shows nothing strange on skin that turns away, 0..1 [S, S]."""
    side, size = len(layer.picture), (len(layer.picture),) * 2
    skin = cv2.resize(chances[PARTS.index("skin")], size, interpolation=cv2.INTER_LINEAR)
    light = np.log(cv2.GaussianBlur(layer.picture.mean(axis=2).astype(np.float32), (0, 0), side * RIM / 3).clip(min=5))
    known = light[(skin > 0.5) & (layer.cover > 200)]
    if not len(known):
        return np.ones(size, np.float32)
    odd = np.clip((np.abs(light - np.median(known)) - STRANGE[0]) / (STRANGE[1] - STRANGE[0]), 0, 1)
    smooth = cv2.GaussianBlur(layer.picture.astype(np.float32) / np.float32(255), (0, 0), side * RIM / 3)
    hue = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB)[..., 1:]
    off = np.linalg.norm(hue - np.median(hue[(skin > 0.5) & (layer.cover > 200)], axis=0), axis=2)
    odd = np.maximum(odd, np.clip((off - FOREIGN[0]) / (FOREIGN[1] - FOREIGN[0]), 0, 1))
    cosine = cv2.resize(_cosine(layer.depth, layer.camera), size, interpolation=cv2.INTER_LINEAR)
    away = 1 - np.clip((cosine - SQUARELY[0]) / (SQUARELY[1] - SQUARELY[0]), 0, 1)
    beard = None if layer.labels is None else full_beard(layer)
    if beard is not None:
        wide = np.ones((round(len(beard) * RIM) | 1,) * 2, np.uint8)
        odd *= 1 - cv2.resize(cv2.dilate(beard.astype(np.float32), wide), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(1 - odd * away * skin, (0, 0), side * RIM / 3), np.float32)


def _cosine(depth: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """The cosine between surface and view, smoothly, [h, h]."""
    size = len(depth)
    solid = (depth > 0).astype(np.float32)
    share = cv2.GaussianBlur(solid, (0, 0), SMOOTH_PX)
    smooth = cv2.GaussianBlur(depth, (0, 0), SMOOTH_PX) / np.maximum(share, 1e-3)
    origins, directions = camera.rays(size, size)
    along = smooth.ravel() / (directions @ camera.forward)
    points = (origins + directions * along[:, None]).reshape(size, size, 3)
    normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    return np.asarray(np.abs((normals * directions.reshape(size, size, 3)).sum(axis=2)), np.float32)


def facing_of(depth: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """How squarely the surface faces the camera, 0..1 [h, h]; 0 where one thing ends before another."""
    cosine, solid = _cosine(depth, camera), (depth > 0).astype(np.float32)
    squarely = np.clip((cosine - LEAST_FACING) / (MOST_FACING - LEAST_FACING), 0, 1)
    window = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(depth, window) - cv2.erode(np.where(solid > 0, depth, depth.max()), window)
    whole = np.clip(2 - jump / STEP, 0, 1) * cv2.erode(solid, window)
    return np.asarray(squarely * squarely * (3 - 2 * squarely) * whole, np.float32)


def in_bytes(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Shares, 0..1, as a cover."""
    return np.asarray(np.clip(share, 0, 1) * 255 + 0.5, np.uint8)
