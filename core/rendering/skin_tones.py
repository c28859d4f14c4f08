"""Skin that no photo shows, drawn like the skin that one shows: its tones go on around the head, and so does its grain.

The tones are carried (see `carried_tones`), in the light that the head's shape leaves. The grain is a quilt of pieces
of the photo's skin (see `hair_grain`), without furrows. Where the photo shows that clothes begin, skin ends all around
the neck.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.carried_tones import CarriedTones, Seeds, Shown, above_eyes, clothes, seeds_of, shown_share
from core.rendering.form import form_of
from core.rendering.hair_grain import HairGrain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.frame import Frame
    from core.photo_layer import PhotoLayer
    from core.rendering.ears import Ear
    from core.rendering.form import Form
    from core.rendering.head_light import HeadLight

    Floats = NDArray[np.float32]

LEAST_SEEDS = 400
"""Pixels of skin under which a photo says nothing about skin."""
ODD = 0.3
"""How far, in natural logarithms, a pixel's lightness may lie from the middle one and still be plain skin."""
SKIN = ("skin", "nose", "ears", "neck")
"""Parts that are drawn so."""
HOLLOW, OWN = 0.28, 0.35
"""How much darker a hollow as deep as it is wide is, natural logarithms; how far the model's shading is believed."""
FLESH = (0.82, 1.06, 1.16)
"""How much of a shade red, green and blue take: blood shines through where light is weak."""
COLLAR = 0.025
"""Height, world units, over which skin becomes what hides the neck."""
COLLAR_SHARE = 4.0
"""Percent of the neck's pixels that may lie below the collar's line."""
LOWEST_ROW = 0.88
"""Row, in picture sides, below which the end of the neck may be the photo's."""
TIE, FRONT = (0.4, 0.8), (0.4, 0.7)
"""How much darker than skin, in natural logarithms, a neck is that is hidden by something, hardly and surely; and the
cosines to the photo's direction between which the search has begun to see it."""
CLOTH_SEEDS, CLOTH_ODD = 150, 1.5
"""The same two numbers as for skin, of what hides the neck."""
CLOTH_TOP, CLOTH_OWN = -0.12, 0.6
"""Height, world units, below which cloth is clothes in any case; how far the model's shading of it is believed."""
FLAT, BESIDE = 1 / 85, 1 / 40
"""Deviation of the blur that lies under the grain of skin, and how far what is no skin stays away, picture sides."""
PIECES = 11
"""Along a side of the quilt of skin, whose repeats nobody sees."""
SQUARELY = 0.5
"""Cosine between skin and view from which the photo shows its grain as it is."""
LOUD, LITTLE = 1.8, 1e-8
"""How much stronger than usual skin's detail may be, squared, that is carried elsewhere: no furrow comes twice."""
GRAIN_MOST = 0.08
"""Bound of the grain's lightness, natural logarithms."""


@dataclass(frozen=True, eq=False)
class SkinTones:
    """What a photo says of skin that it does not show.

    Attributes:
        tones: of the skin.
        cloth: of what hides the neck; None where the photo shows nothing of it.
        collar: height, world units, at which that begins.
        grain: of the skin; None where the photo shows too little in one piece.
    """

    tones: CarriedTones
    cloth: CarriedTones | None
    collar: float
    grain: HairGrain | None


@lru_cache(maxsize=3)
def skin_tones_of(photo: PhotoLayer, shape: HeadLight | None = None) -> SkinTones | None:
    """The tones that a photo's skin gives on a head of some shape; None where it shows too little of it."""
    if photo.labels is None:
        return None
    skin = np.isin(photo.labels, [PARTS.index(part) for part in SKIN if part != "ears"])
    seeds = seeds_of(photo, skin, least=LEAST_SEEDS, odd=ODD)
    if seeds is None:
        return None
    collar = _collar(photo.labels, seeds)
    cloth = seeds_of(photo, clothes(photo.labels), least=CLOTH_SEEDS, odd=CLOTH_ODD)
    tones = CarriedTones.of(seeds, None if shape is None else shape.on_skin(seeds.points), FLESH)
    return SkinTones(tones, None if cloth is None else CarriedTones.of(cloth), collar, _grain(photo))


def in_skin_tones(frame: Frame, skin: SkinTones, form: Form, ears: Sequence[Ear] = ()) -> Frame:
    """A frame whose skin has a photo's tones; the photo itself is laid over it afterwards.

    Args:
        frame: with labels; the very same one comes back where it has none, or shows no skin.
        skin: the photo's.
        form: of the frame's depth.
        ears: the head's.
    """
    if frame.labels is None:
        return frame
    neck = frame.labels == PARTS.index("neck")
    other = np.isin(frame.labels, [PARTS.index(part) for part in SKIN]) & ~neck
    shown = Shown.of(frame, (other | neck).astype(np.float32), form)
    if shown is None:
        return frame
    necks = shown_share(frame, neck.astype(np.float32)).ravel()[shown.chosen]
    below = np.clip((skin.collar - shown.points[:, 1]) / COLLAR, 0, 1).astype(np.float32)
    hidden, kept = necks * below, necks * (1 - below) * _tie(shown, skin)
    grain = np.zeros(len(shown.points)) if skin.grain is None else skin.grain.at(shown.points, shown.normals)
    change = sum((ear.shade(shown.points, shown.normals) for ear in ears), start=grain.astype(np.float32))
    bare = replace(shown, share=shown.share - hidden - kept)
    toned = bare.toned(skin.tones, change, own=OWN, hollow=HOLLOW, hue=FLESH)
    if skin.cloth is None or not hidden.any():
        return toned
    return replace(shown, frame=toned, share=hidden).toned(skin.cloth, np.zeros_like(change), own=OWN, hollow=HOLLOW)


def in_cloth_tones(frame: Frame, skin: SkinTones, form: Form) -> Frame:
    """A frame whose clothes have the photo's tones below the collar; the rest as for `in_skin_tones`."""
    if frame.labels is None or skin.cloth is None:
        return frame
    shown = Shown.of(frame, (frame.labels == PARTS.index("cloth")).astype(np.float32), form)
    if shown is None:
        return frame
    # what is called cloth high above the collar is a cap
    low = np.clip((max(skin.collar, CLOTH_TOP) + COLLAR - shown.points[:, 1]) / COLLAR, 0, 1).astype(np.float32)
    shown = replace(shown, share=shown.share * low)
    return shown.toned(skin.cloth, np.zeros_like(low), own=CLOTH_OWN, hollow=HOLLOW)


def _tie(shown: Shown, skin: SkinTones) -> Floats:
    """How surely pixels of a neck that faces the photo's camera are something dark that the search saw there, [N]."""
    darker = skin.tones.at(shown.points, shown.normals, shown.light).mean(axis=1) - np.log(shown.own.mean(axis=1))
    squarely = shown.normals @ (skin.tones.facing / max(float(np.linalg.norm(skin.tones.facing)), 1e-6))
    dark = np.clip((darker - TIE[0]) / (TIE[1] - TIE[0]), 0, 1)
    return np.asarray(dark * np.clip((squarely - FRONT[0]) / (FRONT[1] - FRONT[0]), 0, 1), np.float32)


def _collar(labels: NDArray[np.uint8], seeds: Seeds) -> float:
    """Height at which clothes begin on the neck; far below where the photo shows no end of it."""
    neck = (labels == PARTS.index("neck")).astype(np.uint8)
    shown = (cv2.resize(neck, seeds.chosen.shape, interpolation=cv2.INTER_NEAREST) > 0) & seeds.chosen
    if not shown.any():
        return -math.inf
    lowest = len(shown) - 1 - shown[::-1].argmax(axis=0)
    if (lowest[shown.any(axis=0)] > len(shown) * LOWEST_ROW).mean() > 0.5:
        return -math.inf
    return float(np.percentile(seeds.points[shown[seeds.chosen], 1], COLLAR_SHARE))


def _grain(photo: PhotoLayer) -> HairGrain | None:
    """The pores, spots and folds of a photo's skin, laid together anew; None where all pieces of it are small."""
    # edits that only take some of the photo away leave skin as it is
    nothing = np.zeros_like(photo.cover)
    plain = replace(photo, cover=nothing, cover_from_here=nothing, gains=None, way=(), outline=None, detail=None)
    return _grain_of(plain)


@lru_cache(maxsize=3)
def _grain_of(photo: PhotoLayer) -> HairGrain | None:
    """The same of the photo's picture and labels, whatever covers it."""
    assert photo.labels is not None
    side = len(photo.picture)
    size = (side, side)
    # foreheads have furrows
    low = (photo.labels == PARTS.index("skin")) & ~above_eyes(photo.labels)
    skin = cv2.resize(low.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    squarely = form_of(photo.depth, photo.camera).normals @ -photo.camera.forward.astype(np.float32)
    seen = cv2.resize(squarely, size, interpolation=cv2.INTER_LINEAR) > SQUARELY
    if not (skin & seen).any():
        return None
    light = np.log(photo.picture.mean(axis=2).astype(np.float32).clip(min=5) / 255)
    broad = cv2.GaussianBlur(light, (0, 0), FLAT * side)
    usual = np.abs(broad - np.median(light[(skin & seen) > 0])) < ODD
    plain = (cv2.erode(skin, np.ones((round(BESIDE * side) | 1,) * 2, np.uint8)) > 0) & seen & usual
    fine = light - broad
    loud = cv2.GaussianBlur(fine * fine, (0, 0), FLAT * side)
    if plain.any():
        plain &= loud < LOUD * np.median(loud[plain]) + LITTLE
    distance = float(np.median(photo.depth[photo.depth > 0]))
    bounded = GRAIN_MOST * np.tanh(fine / GRAIN_MOST)
    return HairGrain.of(
        bounded.astype(np.float32), plain, distance / photo.camera.focal / side, turned=True, count=PIECES
    )
