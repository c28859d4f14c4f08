"""A full beard that a photo shows in front, carried on to the ears: of cheeks that turn away it shows hardly anything.

No part is a beard: it is skin that is much darker than the skin above it, from the nose down and on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.ramp import smooth
from core.rendering.carried_tones import CarriedTones, Shown, seeds_of
from core.rendering.hair_grain import HairGrain
from core.rendering.places import places_of, solid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.frame import Frame
    from core.photo_layer import PhotoLayer
    from core.rendering.ears import Ear
    from core.rendering.form import Form

    Bits = NDArray[np.bool_]
    Floats = NDArray[np.float32]
    Points = NDArray[np.float64]

DARKER = 0.25
"""By how much a beard is darker than the skin above it, natural logarithms."""
THIN, SOFT = 1 / 64, 1 / 170
"""Width below which what is dark is a fold or a shadow, and deviation of the blur under which that is seen, picture
sides."""
LEAST_SHARE, LEAST_SIDE = 0.012, 0.25
"""Share of the picture that a beard has at least, and share of it on either side of the face: the shade of a lamp lies
on one."""
REACHING = 0.85
"""Share of a face's half width that it reaches to: what ends before is a goatee, and ends there."""
OUTER, HIGH, FRONT = 0.8, 0.9, 0.8
"""Share of its reach from which it tells how high it grows on the cheek, quantile of the heights there, and that of the
depths from which it rises to the ear."""
LEAST_SEEDS, ODD = 40, 0.9
"""As for `seeds_of`."""
WIDE_PX = 12.0
"""Width from which its lightness is light and shade, photo pixels."""
EDGE, RAGGED = 0.014, 0.05
"""Over which distance it ends above, world units, and how far its hairs reach over that, for a natural logarithm."""
BEFORE_EAR = (0.2, 0.7)
"""Distances before the middle of an ear, in halves of its height, between which it begins."""
OWN, HOLLOW = 0.3, 0.1
"""How far the model's own fine shading is believed, and how much darker hollows are, natural logarithms."""


@dataclass(frozen=True, eq=False)
class CarriedBeard:
    """A full beard.

    Attributes:
        tones: of it.
        grain: of its hairs; None where the photo shows too little of it in one piece.
        tops: height on the right (-1) and on the left cheek (1) of the person to which the photo shows it, and depth
            from which it rises to the ear, world y and z.
        ears: to which it grows.
    """

    tones: CarriedTones
    grain: HairGrain | None
    tops: dict[int, tuple[float, float]]
    ears: tuple[Ear, ...]

    @staticmethod
    def of(photo: PhotoLayer, ears: Sequence[Ear]) -> CarriedBeard | None:
        """That of a photo with labels; None where it shows no full one, or the head shows no ears."""
        found = _full_beard(photo) if ears else None
        if found is None:
            return None
        beard, tops = found
        seeds = seeds_of(photo, beard, least=LEAST_SEEDS, odd=ODD, edgewise=True)
        if seeds is None:
            return None
        return CarriedBeard(CarriedTones.of(seeds), _grain_of(photo, beard), tops, tuple(ears))

    def drawn(self, frame: Frame, form: Form) -> Frame:
        """A frame whose cheeks bear it; the photo itself is laid over it afterwards.

        Args:
            frame: with labels.
            form: of its depth.
        """
        assert frame.labels is not None
        shown = Shown.of(frame, (frame.labels == PARTS.index("skin")).astype(np.float32), form)
        if shown is None:
            return frame
        grain = np.zeros(len(shown.points)) if self.grain is None else self.grain.at(shown.points)
        share = sum(self._share(ear, shown.points, grain) for ear in self.ears)
        bearded = replace(shown, share=np.asarray(shown.share * share, np.float32))
        return bearded.toned(self.tones, grain.astype(np.float32), own=OWN, hollow=HOLLOW)

    def _share(self, ear: Ear, points: Points, grain: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far points [N, 3] with a grain [N] bear it on the side of an ear, 0..1."""
        top, begin = self.tops[ear.side]
        y, z = ear.middle
        along = np.clip((begin - points[:, 2]) / max(begin - z, 1e-3), 0, 1)
        above = points[:, 1] - (top + along * (y - top)) + RAGGED * grain
        behind = (points[:, 2] - z) / ear.half
        return smooth(EDGE / 2, -EDGE / 2, above) * smooth(*BEFORE_EAR, behind) * (points[:, 0] * ear.side > 0)


def full_beard(photo: PhotoLayer) -> Bits | None:
    """Where a photo's labels [h, h] bear a full beard; None where it shows none. Without labels nobody can tell."""
    found = _full_beard(photo)
    return None if found is None else found[0]


def _full_beard(photo: PhotoLayer) -> tuple[Bits, dict[int, tuple[float, float]]] | None:
    """The same with its tops, as `CarriedBeard` has them."""
    beard = _beard_of(photo)
    tops = None if beard is None else _tops_of(photo, beard)
    return None if beard is None or tops is None else (beard, tops)


def _beard_of(photo: PhotoLayer) -> Bits | None:
    """Where a photo's labels [h, h] bear a beard, or are in the shade; None where that is little."""
    assert photo.labels is not None
    labels, size = photo.labels, photo.labels.shape
    nose, skin = np.nonzero(labels == PARTS.index("nose"))[0], labels == PARTS.index("skin")
    if not len(nose):
        return None
    picture = cv2.resize(photo.picture, size, interpolation=cv2.INTER_AREA).mean(axis=2).astype(np.float32)
    light = np.log(cv2.GaussianBlur(picture, (0, 0), max(0.5, SOFT * size[0])).clip(min=5))
    rows, lowest = np.arange(size[0])[:, None], np.quantile(nose, 0.9)
    plain = skin & (rows < lowest)
    if not plain.any():
        return None
    dark = skin & (rows > lowest) & (light < np.median(light[plain]) - DARKER)
    body = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(THIN * size[0]) | 1,) * 2)
    beard = np.asarray(cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, body) > 0, np.bool_)
    return beard if beard.mean() > LEAST_SHARE else None


def _tops_of(photo: PhotoLayer, beard: Bits) -> dict[int, tuple[float, float]] | None:
    """Heights and depths to which a photo shows it on either side; None where it does not reach around the face."""
    assert photo.labels is not None
    depth = solid(cv2.resize(photo.depth, beard.shape, interpolation=cv2.INTER_NEAREST))
    skin = (photo.labels == PARTS.index("skin")) & (depth > 0) & np.asarray(beard.any(axis=1))[:, None]
    face, _ = places_of(photo.camera, depth, np.flatnonzero(skin))
    points, _ = places_of(photo.camera, depth, np.flatnonzero(beard & (depth > 0)))
    tops = {}
    for side in (-1, 1):
        own = points[points[:, 0] * side > 0]
        if len(own) < max(LEAST_SIDE * len(points), 1):
            return None
        reach, width = (float(np.quantile(some[:, 0] * side, 0.99)) for some in (own, face))
        outer = own[own[:, 0] * side > OUTER * reach]
        if reach < REACHING * width or not len(outer):
            return None
        tops[side] = float(np.quantile(outer[:, 1], HIGH)), float(np.quantile(outer[:, 2], FRONT))
    return tops


def _grain_of(photo: PhotoLayer, beard: Bits) -> HairGrain | None:
    side = len(photo.picture)
    light = np.log(photo.picture.mean(axis=2).astype(np.float32).clip(min=5) / 255)
    wide = cv2.resize(beard.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    near = np.maximum(cv2.GaussianBlur(wide, (0, 0), WIDE_PX / 2), 1e-3)
    detail = (light - cv2.GaussianBlur(light * wide, (0, 0), WIDE_PX / 2) / near) * wide
    return HairGrain.of(detail, wide > 0, photo.camera.radius / (photo.camera.focal * side))
