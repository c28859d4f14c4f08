"""The photo laid on the head that was found for it: its own colours wherever its camera saw the surface.

A head model draws what it has learned to draw; freckles, catchlights and strands of hair are in the photo. Where the
surface faces the camera the photo is laid on entirely, and where it turns away the head's own colours take over, which
the search has moved towards the photo's. Seen from the photo's own camera the photo is right up to the outline.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.face_detail import FaceDetail
from core.inverters.behind_glasses import behind_glasses
from core.inverters.covering import person_seen
from core.inverters.mirrored_photo import mirrored_photo
from core.inverters.part_reading import photo_parts
from core.inverters.passing import Passing
from core.inverters.photo_cover import RIM, believed, facing_of, in_bytes
from core.inverters.photo_look import DEPTH_PX, look, part_chances_of
from core.inverters.strands import strands_of
from core.mask import PARTS
from core.photo_layer import PhotoLayer
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.hair_strands import HairStrands
    from core.head import Head
    from core.inverters.glimpse import Seen
    from core.inverters.passing import Change
    from core.protocols import Generator

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
LABELS_PX = 256
SOLID = (0.6, 0.95)
"""Shares of the person between which a pixel comes to be theirs: through what is less the background shines."""
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
            *guessed, first = wearing.photos
            # photos from elsewhere lie under the first one
            return replace(wearing, photos=(*guessed, *head.photos, first), strands=strands())

        return dressed


def with_photo(head: Head, alignment: Alignment, generator: Generator) -> Head:
    """The head with its photo on, in the place of photos that it wore before; where it is turned, mirrored, too.

    Args:
        head: found for the photo, with the photo's camera.
        alignment: the photo's.
        generator: the head's, without its tuning.
    """
    parts = photo_parts(alignment)
    tuned = generator.tuned(head.delta) if head.delta else generator
    seen, depth = look(tuned, head)
    layer = photo_layer(alignment, head.camera, depth)
    chances = part_chances_of(tuned, seen)
    gains = _gains(layer, seen, chances)
    labels = cv2.resize(parts.argmax(axis=0).astype(np.uint8), (LABELS_PX, LABELS_PX), interpolation=cv2.INTER_NEAREST)
    layer = replace(layer, labels=labels, gains=gains)
    if chances is not None and parts.any():
        layer = replace(layer, cover=believed(layer, parts, chances))
    if head.eyewear is not None:
        own = None if chances is None else chances[[PARTS.index("eyes"), PARTS.index("brows")]].sum(axis=0)
        dark = head.eyewear.form.lens_opacity > 0
        layer, eyewear = behind_glasses(layer, head.eyewear, alignment.landmarks_in_crop, own)
        # eyes that no photo shows are drawn
        head = replace(head, eyewear=eyewear, face=head.face or (FaceDetail() if dark else None))
    mirrored = mirrored_photo(layer, parts, tuned, head)
    return replace(head, photos=(layer,) if mirrored is None else (mirrored, layer))


def _strands(alignment: Alignment, parts: NDArray[np.float32]) -> HairStrands | None:
    hair = parts[PARTS.index("hair")] * person_seen(alignment).person * alignment.inside_photo
    return strands_of(alignment.crop, np.asarray(hair, np.float32), alignment.camera)


def _gains(layer: PhotoLayer, seen: Seen, chances: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """How the head's own colours become the photo's, part by part: [parts, 3]; None where no labels are decoded.

    Args:
        layer: the photo.
        seen: the head from the photo's camera.
        chances: of its parts there, as `part_chances_of` gives them.
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
    seen = person_seen(alignment)
    solid = smooth(*SOLID, seen.person.astype(np.float64)).astype(np.float32)
    inner = cv2.GaussianBlur(cv2.erode(solid, np.ones((rim, rim), np.uint8)), (0, 0), rim / 3) * seen.clear
    inside = _inside(alignment.inside_photo)
    known = inner * inside
    facing = cv2.resize(facing_of(depth, camera), (side, side), interpolation=cv2.INTER_LINEAR)
    return PhotoLayer(
        picture=alignment.crop,
        cover=in_bytes(known * cv2.GaussianBlur(facing, (0, 0), rim / 2)),
        cover_from_here=in_bytes(known),
        camera=camera,
        depth=depth,
        outline=np.dstack([in_bytes(seen.person), in_bytes(seen.clear * inside)]),
        detail=alignment.detail,
    )


def _inside(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the photo shows, 0..1 [S, S], fading towards its border and towards the crop's."""
    framed = np.pad(np.asarray(shown > 0.5, np.uint8), 1)  # beyond the crop nothing is known either
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.asarray(np.clip(distance / (BORDER * len(shown)), 0, 1), np.float32)
