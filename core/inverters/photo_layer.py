"""The photo laid on the head that was found for it: its own colours wherever its camera saw the surface.

A head model draws what it has learned to draw; freckles, catchlights and strands of hair are in the photo. Where the
surface faces the camera the photo is laid on entirely, and where it turns away the head's own colours take over, which
the search has moved towards the photo's. Seen from the photo's own camera the photo is right up to the outline.
(Longer than most modules: where a photo is not to be believed has many reasons, and each is a few lines here.)
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.inverters.behind_glasses import behind_glasses
from core.inverters.evidence import photo_parts
from core.inverters.glimpse import Glimpse, Seen
from core.inverters.passing import Passing
from core.inverters.pose import RefinedCamera
from core.inverters.strands import strands_of
from core.mask import PARTS
from core.photo_layer import PhotoLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.hair_strands import HairStrands
    from core.head import Head
    from core.inverters.passing import Change
    from core.protocols import Generator

DEPTH_PX, SAMPLES = 192, 14
"""Side of the picture of depths, and samples a ray."""
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
TONES = (
    (("skin", "nose", "ears"), ""),
    (("hair", "brows"), ""),
    (("neck",), "skin"),
    (("cloth",), ""),
    (("glasses",), ""),
)
"""Parts that share one tone, and whose they take where the photo hardly shows them."""
LEAST_SHARE = 0.004
"""Share of the picture that a part must have for its tone to be known."""
GAINS = (0.4, 2.5)
"""Bounds of a gain: beyond, something else was seen there."""
NEAR_FALLBACK = (0.85, 1.1)
"""By which factors a tone may differ from the one that it would fall back on."""
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
skin that turns away, and at which it is gone: loose hair and what stands behind are seen there."""
FOREIGN = (16.0, 30.0)
"""The same for the difference of hue, in Lab's a and b: grey hair is as light as skin."""
SQUARELY = (0.55, 0.85)
"""Cosines between surface and view between which skin stops turning away."""
CRUMB = 1 / 26
"""Width of a patch of photo below which it is a crumb, in picture sides."""
LABELS_PX = 256
BORDER = 1 / 24
"""Width of the fading towards the border of what the photo shows, in picture sides."""


class Photographed(Passing):
    """An inverter whose heads wear their photo."""

    def as_found(self, start: Head) -> Head:
        """A head without its photos."""
        return replace(start, photos=())

    def change(self, alignment: Alignment, generator: Generator, start: Head | None) -> Change:
        """Lays the photo on, and the strands of its hair."""
        del start
        strands = cache(lambda: _strands(alignment, photo_parts(alignment)))

        def dressed(head: Head) -> Head:
            wearing = with_photo(head, alignment, generator)
            # photos from elsewhere lie under the first one
            return replace(wearing, photos=(*head.photos, *wearing.photos), strands=strands())

        return dressed


def with_photo(head: Head, alignment: Alignment, generator: Generator) -> Head:
    """The head with its photo on, in the place of photos that it wore before.

    Args:
        head: found for the photo, with the photo's camera.
        alignment: the photo's.
        generator: the head's, without its tuning.
    """
    parts = photo_parts(alignment)
    tuned = generator.tuned(head.delta) if head.delta else generator
    seen, depth = _look(tuned, head)
    layer = photo_layer(alignment, head.camera, depth)
    chances = _chances(tuned, seen)
    gains = _gains(layer, seen, chances)
    if chances is not None and parts.any():
        chances = _without_ghosts(chances, parts)
        kept = _agreement(parts, chances) * _plain(layer, chances)
        layer = replace(layer, cover=_bytes(_whole(layer.cover / np.float32(255) * kept)))
    labels = cv2.resize(parts.argmax(axis=0).astype(np.uint8), (LABELS_PX, LABELS_PX), interpolation=cv2.INTER_NEAREST)
    layer = replace(layer, labels=labels, gains=gains)
    if head.eyewear is None:
        return replace(head, photos=(layer,))
    layer, eyewear = behind_glasses(layer, head.eyewear)
    return replace(head, photos=(layer,), eyewear=eyewear)


def _strands(alignment: Alignment, parts: NDArray[np.float32]) -> HairStrands | None:
    hair = parts[PARTS.index("hair")] * alignment.mask * alignment.inside_photo
    return strands_of(alignment.crop, np.asarray(hair, np.float32), alignment.camera)


def surface_depth(generator: Generator, head: Head) -> NDArray[np.float32]:
    """Where the head's camera meets its surface: float32 [h, h] along the camera's z, world units, 0 beside it."""
    return _look(generator, head)[1]


def _look(generator: Generator, head: Head) -> tuple[Seen, NDArray[np.float32]]:
    """What the head's camera sees, and how deep."""
    camera = RefinedCamera(head.camera)
    with torch.no_grad():
        glimpse = Glimpse(generator, head.trigrid, camera)
        seen = glimpse.see(generator, head.trigrid, camera, (0, 0, DEPTH_PX, DEPTH_PX), SAMPLES)
        _, directions = head.camera.rays(DEPTH_PX, DEPTH_PX)
        along_z = torch.from_numpy(directions @ head.camera.forward).view(DEPTH_PX, DEPTH_PX)
        depth = seen.depth / seen.alpha.clamp(min=1e-6) * along_z
        return seen, torch.where(seen.alpha >= SOLID, depth, 0.0).float().numpy()


def _chances(generator: Generator, seen: Seen) -> NDArray[np.float32] | None:
    """Chances of `core.mask.PARTS` of what the head's camera sees, [parts, h, h]; None where none are decoded."""
    share = seen.alpha.clamp(min=1e-3)
    with torch.no_grad():
        logits = generator.label_logits((seen.features / share).flatten(1).T)
    if logits is None or not generator.info.parts:
        return None
    known = logits.softmax(dim=1).T.view(-1, DEPTH_PX, DEPTH_PX).numpy()
    chances = np.zeros((len(PARTS), DEPTH_PX, DEPTH_PX), np.float32)
    for part, chance in zip(generator.info.parts, known, strict=True):
        chances[PARTS.index(part)] = chance
    return chances


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
    return np.asarray(cv2.GaussianBlur(1 - odd * away * skin, (0, 0), side * RIM / 3), np.float32)


def _gains(layer: PhotoLayer, seen: Seen, chances: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """How the head's own colours become the photo's, part by part: [parts, 3]; None where no labels are decoded.

    Args:
        layer: the photo.
        seen: the head from the photo's camera.
        chances: of its parts there, as `_chances` gives them.
    """
    if chances is None:
        return None
    share = seen.alpha.clamp(min=1e-3)
    size = (DEPTH_PX, DEPTH_PX)
    cover = cv2.resize(layer.cover, size, interpolation=cv2.INTER_AREA) / 255 * (layer.depth > 0)
    photo = cv2.resize(layer.picture, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    own = (seen.colours / share).movedim(0, 2).clamp(0, 1).numpy()
    gains = np.ones((len(PARTS), 3), np.float32)
    for group, fallback in TONES:
        known = [PARTS.index(part) for part in group]
        weight = (chances[known].sum(axis=0) * cover)[..., None]
        if weight.mean() >= LEAST_SHARE:
            gain = ((photo * weight).sum((0, 1)) / (own * weight).sum((0, 1)).clip(min=1e-6)).clip(*GAINS)
        else:
            gain = gains[PARTS.index(fallback)] if fallback else np.ones(3)
        if fallback:
            # a dark collar would darken the neck all around
            like = gains[PARTS.index(fallback)]
            gain = np.clip(gain, like * NEAR_FALLBACK[0], like * NEAR_FALLBACK[1])
        gains[[PARTS.index(part) for part in group]] = gain
    return gains


def photo_layer(alignment: Alignment, camera: Camera, depth: NDArray[np.float32]) -> PhotoLayer:
    """The photo as a layer.

    Args:
        alignment: the photo's: crop, person mask, and which pixels the photo shows at all.
        camera: the one that the head was found with; `alignment.camera` or near it.
        depth: float32 [h, h] of the head's surface, as `surface_depth` gives it.
    """
    side = len(alignment.crop)
    rim = max(3, round(side * RIM)) | 1
    person = np.asarray(alignment.mask, np.float32)
    inner = cv2.GaussianBlur(cv2.erode(person, np.ones((rim, rim), np.uint8)), (0, 0), rim / 3)
    known = inner * _inside(alignment.inside_photo)
    facing = cv2.resize(_facing(depth, camera), (side, side), interpolation=cv2.INTER_LINEAR)
    return PhotoLayer(
        picture=alignment.crop,
        cover=_bytes(known * cv2.GaussianBlur(facing, (0, 0), rim / 2)),
        cover_from_here=_bytes(known),
        camera=camera,
        depth=depth,
    )


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


def _facing(depth: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """How squarely the surface faces the camera, 0..1 [h, h]; 0 where one thing ends before another."""
    cosine, solid = _cosine(depth, camera), (depth > 0).astype(np.float32)
    squarely = np.clip((cosine - LEAST_FACING) / (MOST_FACING - LEAST_FACING), 0, 1)
    window = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(depth, window) - cv2.erode(np.where(solid > 0, depth, depth.max()), window)
    whole = np.clip(2 - jump / STEP, 0, 1) * cv2.erode(solid, window)
    return np.asarray(squarely * squarely * (3 - 2 * squarely) * whole, np.float32)


def _inside(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the photo shows, 0..1 [S, S], fading towards its border and towards the crop's."""
    framed = np.pad(np.asarray(shown > 0.5, np.uint8), 1)  # beyond the crop nothing is known either
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.asarray(np.clip(distance / (BORDER * len(shown)), 0, 1), np.float32)


def _bytes(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(share, 0, 1) * 255 + 0.5, np.uint8)
