"""How a photo's hair goes on where the photo does not show it: as strands that run, or as a grain that does not."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.hair_flow import HairFlow
from core.rendering.hair_grain import HairGrain
from core.rendering.hair_seen import VOTES_PX, SeenHair

if TYPE_CHECKING:
    from core.photo_layer import PhotoLayer

RUNNING = 0.5
"""How far neighbouring strands agree, 0..1, from which hair runs. Measured: straight hair .71, the astronaut's .53,
short locks .46 and .47, curls .41, cropped hair .32."""
LEAST_RUNNING, LEAST_GRAIN = 120.0, 60.0
"""Pixels of hair that the photo shows, in a picture of `VOTES_PX`, under which it does not tell how strands run, and
under which it tells nothing."""
WIDEST_PX = 16.0
"""Width from which lightness is light and shade, photo pixels."""


def photo_hair(photo: PhotoLayer) -> HairFlow | HairGrain | None:
    """The hair of a photo; None where nobody has told its parts, or it shows too little hair."""
    if photo.labels is None:
        return None
    small = (VOTES_PX, VOTES_PX)
    hair = (photo.labels == PARTS.index("hair")).astype(np.float32)
    cover = cv2.resize(photo.cover, small, interpolation=cv2.INTER_AREA) / np.float32(255)
    shown = float((cv2.resize(hair, small, interpolation=cv2.INTER_AREA) * cover).sum())
    if shown < LEAST_GRAIN:
        return None
    # edits that only take some of the photo away leave hair as it is
    nothing = np.zeros_like(photo.cover)
    found = _hair_of(replace(photo, cover=nothing, cover_from_here=nothing, gains=None, way=()))
    return found if shown >= LEAST_RUNNING or isinstance(found, HairGrain) else None


@lru_cache(maxsize=3)
def _hair_of(photo: PhotoLayer) -> HairFlow | HairGrain:
    """The hair that a photo's picture and labels show, whatever covers it."""
    seen = SeenHair.of(photo)
    runs = seen.running >= RUNNING
    grain = None if runs else HairGrain.of(seen.band(0, WIDEST_PX), seen.sure, seen.pixel)
    return grain or HairFlow.of(seen)
