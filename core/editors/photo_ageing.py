"""Older and younger faces in photos: a photo hides what a head model's own latents would change.

Older faces get lines where faces have them, deeper ones where the photo shows some already, and grey hair; younger
ones lose a part of both. Everything is done in the photo, so what is carried on from it around the head (tones and
grain of skin, hair) goes along.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.carried_beard import full_beard
from core.rendering.face_marks import lines_of_age
from core.rendering.hair_seen import LUMINANCE
from core.rendering.places import places_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from core.edit import MoveSlider
    from core.face_detail import FaceDetail
    from core.photo_layer import PhotoLayer

    Shape = tuple[tuple[str, float], ...]

    Floats = NDArray[np.float32]

SLIDER, OLDEST = "age", 2.5
"""Name of the slider, and its strength at which a face has all its lines."""
SHAPE = {"nose-length": 0.1, "ear-size": 0.16, "cheeks-full": -0.14, "lips-full": -0.16, "eye-size": -0.1}
"""Sliders of the face's shape that go along, for each strength."""
LINES, DEEPER, CALMER = 0.9, 0.35, 0.28
"""How strong the lines are that are drawn, and by how much those that a photo shows are deeper, and calmer, for each
strength."""
DETAIL = (1 / 420, 1 / 64)
"""Deviations of the blurs between which lies what lines are made of, picture sides."""
MOST_DETAIL = 0.35
"""Bound of that detail's lightness, natural logarithms: edges of the face are no lines."""
SKIN, MOUTH = ("skin", "nose", "neck"), ("lips", "mouth")
GREYS, GREYEST = (0.3, 2.2), 0.85
"""Strengths between which hair turns grey, and how grey it is then."""
GREY_LIFT, GREY_GAIN, GREY_CONTRAST = 0.27, 0.75, 0.8
"""Lightness of black hair when it is grey, how much of its own lightness hair keeps, and how much of its contrast."""
ODD, MIXED, BLACK = 1.2, 1.4, (0.055, 0.09)
"""By how much, in natural logarithms, something lighter than hair is none; how unlike its quarters are where it is of
two kinds; and lightness 0..1 below which what is called hair is a black cap, and from which it is none."""
DARKER = (0.1, 0.45)
"""How much darker than skin brows are, natural logarithms, hardly and surely: their label is wider than they are."""
PALE, ROSY = np.array([-0.008, -0.002, -0.012]), np.array([0.012, -0.006, -0.004])
"""How skin changes its red, green and blue for each strength, natural logarithms: older skin is paler and yellower."""
SOFT, BORDER, LEAST = 1 / 170, 1.5, 0.15
"""How softly parts end, picture sides; how much more of their border they have than half, and the least share."""
LEAST_EYE, APART = 12, (0.04, 0.2)
"""Pixels of the labels that an eye must have, and bounds of the eyes' distance, world units."""


@dataclass(frozen=True, eq=False)
class _Face:
    """Where the face is, in distances of its eyes.

    Attributes:
        x: float64 [S, S], across from between the eyes, for each pixel of the photo.
        y: up, likewise.
        mouth: height of the mouth.
        half: half its width.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    mouth: float
    half: float


def without_age(sliders: Iterable[MoveSlider]) -> tuple[list[MoveSlider], float]:
    """Other sliders than that of age, and how much older that makes a head, in deviations; those of one name add up."""
    others = [edit for edit in sliders if edit.name != SLIDER]
    return others, sum(edit.strength for edit in sliders if edit.name == SLIDER)


def with_lines(face: FaceDetail | None, strength: float) -> FaceDetail | None:
    """The detail of a face that is drawn, with the lines of that age."""
    return face if face is None else replace(face, age=float(np.clip(face.age + strength / OLDEST, 0, 1)))


def with_age(shape: Shape, strength: float) -> Shape:
    """Sliders that bend the face with what years do to its shape."""
    sums = dict(shape)
    for name, share in SHAPE.items():
        sums[name] = sums.get(name, 0.0) + share * float(np.clip(strength, -OLDEST, OLDEST))
    return tuple(sorted(sums.items())) if strength else shape


def aged(photo: PhotoLayer, strength: float) -> PhotoLayer:
    """A photo of a face that is older, or younger where `strength` is below 0; the very same one where that is 0.

    A photo without labels stays as it is, and one without two eyes and a mouth gets no lines.
    """
    if not strength or photo.labels is None:
        return photo
    strength = float(np.clip(strength, -OLDEST, OLDEST))
    size = (len(photo.picture),) * 2
    logs = np.log(photo.picture.astype(np.float32).clip(min=2) / 255)
    skin = _share(photo.labels, SKIN, size)
    hair = _hair(photo, logs.mean(axis=2), skin)
    skin = skin * (1 - hair)
    change = _deeper(logs, skin, strength)
    if strength > 0 and (face := _face_of(photo, size)) is not None:
        change += LINES * skin * lines_of_age(face.x, face.y, strength / OLDEST, mouth=face.mouth, half=face.half)
    tint = strength * PALE if strength > 0 else -strength * ROSY
    older = np.exp(logs + change[..., None] + skin[..., None] * tint)
    older = _greyed(older, hair, strength)
    picture = np.asarray(np.clip(older * 255 + 0.5, 0, 255), np.uint8)
    return replace(photo, picture=np.where(skin[..., None] + hair[..., None] > 0, picture, photo.picture))


def _share(labels: NDArray[np.uint8], parts: tuple[str, ...], size: tuple[int, int]) -> Floats:
    """How much of each pixel belongs to parts, float32 [S, S]."""
    return _soft(np.isin(labels, [PARTS.index(part) for part in parts]).astype(np.float32), size)


def _soft(chosen: Floats, size: tuple[int, int]) -> Floats:
    wide = cv2.resize(chosen, size, interpolation=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(wide, (0, 0), SOFT * size[0])
    # the border belongs to it, and hardly anything beyond
    share = np.clip(BORDER * soft, 0, 1)
    return np.asarray(np.where(share > LEAST, share, 0), np.float32)


def _hair(photo: PhotoLayer, light: Floats, skin: Floats) -> Floats:
    """How much of each pixel turns grey, float32 [S, S]: hair, a full beard, and what of brows is darker than skin."""
    assert photo.labels is not None
    size = light.shape[::-1]
    beard = full_beard(photo)
    hair, brows = (_share(photo.labels, parts, size) for parts in (("hair",), ("brows",)))
    if skin.any():
        darker = float(np.median(light[skin > 0])) - light
        brows = brows * np.clip((darker - DARKER[0]) / (DARKER[1] - DARKER[0]), 0, 1)
    if (hair > 0.5).any():
        dark, usual, bright = np.quantile(light[hair > 0.5], (0.25, 0.5, 0.75))
        told = np.exp(dark if bright - dark > MIXED else usual)
        hair = hair * (light < usual + ODD) * np.clip((told - BLACK[0]) / (BLACK[1] - BLACK[0]), 0, 1)
    found = np.maximum(hair, brows)
    if beard is not None:
        found = np.maximum(found, _soft(beard.astype(np.float32), size))
    return np.asarray(found, np.float32)


def _deeper(logs: Floats, skin: Floats, strength: float) -> Floats:
    """By how much the lines that skin has are deeper, or calmer, natural logarithms [S, S]."""
    side, light = len(logs), logs.mean(axis=2)

    def blurred(sigma: float) -> Floats:
        near = cv2.GaussianBlur(skin, (0, 0), sigma)
        return np.asarray(cv2.GaussianBlur(light * skin, (0, 0), sigma) / np.maximum(near, 1e-3), np.float32)

    detail = np.clip(blurred(DETAIL[0] * side) - blurred(DETAIL[1] * side), -MOST_DETAIL, MOST_DETAIL)
    gain = DEEPER * strength if strength > 0 else CALMER * strength
    # near its border skin is compared with half of what is around
    inner = np.clip(2 * cv2.GaussianBlur(skin, (0, 0), DETAIL[1] * side) - 1, 0, 1)
    return np.asarray(gain * detail * skin * inner, np.float32)


def _greyed(colours: Floats, hair: Floats, strength: float) -> Floats:
    """Colours [S, S, 3] whose hair is grey for older people."""
    share = GREYEST * float(np.clip((strength - GREYS[0]) / (GREYS[1] - GREYS[0]), 0, 1))
    if not share:
        return colours
    light = np.maximum(colours @ LUMINANCE, 0.01)
    usual = float(np.median(light[hair > 0.5])) if (hair > 0.5).any() else 0.5
    # each hair is as much lighter than others as it was
    lifted = (GREY_LIFT + GREY_GAIN * usual) * (light / usual) ** GREY_CONTRAST
    grey = lifted[..., None] * np.array([1.0, 0.985, 0.96], np.float32)
    return np.asarray(colours + share * hair[..., None] * (grey - colours), np.float32)


def _face_of(photo: PhotoLayer, size: tuple[int, int]) -> _Face | None:
    """Where a photo's face is; None where its labels do not tell."""
    assert photo.labels is not None
    depth = cv2.resize(photo.depth, size, interpolation=cv2.INTER_NEAREST)
    labels = cv2.resize(photo.labels, size, interpolation=cv2.INTER_NEAREST)
    places = places_of(photo.camera, depth, np.arange(depth.size))[0].reshape(*depth.shape, 3)
    known = depth > 0
    eyes, lips = (known & np.isin(labels, [PARTS.index(part) for part in parts]) for parts in (("eyes",), MOUTH))
    if not eyes.any() or not lips.any():
        return None
    across = places[eyes][:, 0]
    middle = (across.min() + across.max()) / 2
    pair = [places[eyes][across < middle], places[eyes][across >= middle]]
    if min(len(one) for one in pair) < LEAST_EYE:
        return None
    right, left = (one.mean(axis=0) for one in pair)
    apart = float(np.hypot(*(left - right)[:2]))
    if not APART[0] < apart < APART[1]:
        return None
    between = (left + right) / 2
    along = (left - right)[:2] / apart
    off = places[..., :2] - between[:2]
    x, y = off @ along, off @ np.array([-along[1], along[0]])
    x, y = np.where(known, x / apart, 9.0), np.where(known, y / apart, 9.0)
    return _Face(x, y, float(np.median(y[lips])), float(np.ptp(np.quantile(x[lips], (0.02, 0.98)))) / 2)
