"""Renders made to look like photographs, so that what is learned from them holds on photographs.

A photo has another lamp, another camera and another crop, and a person mask that is soft, ragged and sometimes wrong.
What can be seen of the head itself - who it is, its hair, what it wears - must survive, since it is what is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import HEAD_FOCAL
from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

JITTERED = ((("skin", "lips", "nose", "ears", "neck"), 0.04), (("hair", "brows"), 0.06), (("cloth",), 0.1))
"""Parts whose colour varies a little on its own, and how much."""


@dataclass(frozen=True, eq=False)
class Sight:
    """One view of a rendered head: rgb uint8 [h, w, 3], label uint8 [h, w], depth float [h, w], 0 where nothing is."""

    rgb: NDArray[np.uint8]
    label: NDArray[np.uint8]
    depth: NDArray[np.floating]


def photographed(sight: Sight, size_px: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """The view as an aligned photo would show it: person on white [S, S, 3] and mask [S, S], 0..1."""
    matrix = _crop(len(sight.rgb), size_px, random)
    size = (size_px, size_px)
    picture = cv2.warpAffine(sight.rgb, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    nearest = {"flags": cv2.INTER_NEAREST, "borderMode": cv2.BORDER_REPLICATE}
    label = cv2.warpAffine(np.ascontiguousarray(sight.label), matrix, size, **nearest)
    person = cv2.warpAffine(
        (sight.label > 0).astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    lit = np.square(picture.astype(np.float32) / 255)  # roughly linear light
    if random.random() < 0.6:
        depth = cv2.warpAffine(np.asarray(sight.depth, np.float32), matrix, size, **nearest)
        lit *= _second_lamp(depth, random)[..., None]
    # renders are smoother than people: blotches and grain of a few pixels
    grain = random.uniform(0, 0.08) * _smooth(size_px, int(random.integers(24, 90)), random)
    lit *= (_uneven(size_px, random) * np.exp(grain))[..., None]
    for parts, much in JITTERED:
        within = np.isin(np.arange(len(PARTS)), [PARTS.index(part) for part in parts])
        lit[within[label]] *= np.exp(random.normal(0, much, 3) + random.normal(0, much)).astype(np.float32)
    picture = _developed(lit, random)
    # what stood behind the person shines through where the mask takes in too much
    picture = picture * person[..., None] + _background(size_px, random) * (1 - person[..., None])
    mask = _rough_mask(person, random)
    _occlude(picture, mask, random)
    picture = _degraded(picture, random)
    _cut_off(mask, random)
    white = picture * mask[..., None] + 1 - mask[..., None]
    return white.astype(np.float32), mask.astype(np.float32)


def _crop(side: int, size_px: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Affine map [2, 3] from the render to a crop that is a little off."""
    turn, grow = random.normal(0, 2.5), math.exp(random.normal(0, 0.045))
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, grow)
    matrix[:, 2] += random.normal(0, 0.015 * side, 2)
    matrix[:, :] *= size_px / side
    matrix[:, 2] += (size_px / side - 1) / 2  # pixel centres
    return np.asarray(matrix, np.float64)


def _smooth(size_px: int, cells: int, random: np.random.Generator) -> Floats:
    """A random field [S, S] of deviation about 1 that changes slowly."""
    coarse = random.normal(0, 1, (cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC))


def _second_lamp(depth: Floats, random: np.random.Generator) -> Floats:
    """Gain [S, S] of a lamp from a random side, by the surface's slope."""
    pixel = 2.7 / HEAD_FOCAL / len(depth)
    smooth = cv2.GaussianBlur(np.where(depth > 0, depth, depth.max()), (0, 0), 0.008 * len(depth))
    across, down = np.gradient(smooth / pixel)[::-1]
    length = np.sqrt(across**2 + down**2 + 1)
    x, y, z = random.normal(0, 1), random.normal(-0.4, 0.7), random.uniform(0.2, 1.2)
    facing = (across * x + down * y + z) / length / math.sqrt(x * x + y * y + z * z)
    power = random.uniform(0, 0.9)
    gain = 1 - power * random.uniform(0.2, 0.8) + power * np.clip(facing, 0, None)
    return np.asarray(np.where(depth > 0, gain, 1), np.float32)


def _uneven(size_px: int, random: np.random.Generator) -> Floats:
    """Gain [S, S] of light that falls off to one side, and of soft shadows."""
    at = np.linspace(-1, 1, size_px, dtype=np.float32)
    slope = random.normal(0, 0.22, 2)
    field = slope[0] * at[None] + slope[1] * at[:, None] + random.uniform(0, 0.12) * _smooth(size_px, 4, random)
    return np.asarray(np.exp(field + random.normal(0, 0.22)), np.float32)


def _developed(lit: Floats, random: np.random.Generator) -> Floats:
    """From light to a picture: tone curve, white balance and saturation."""
    toned = np.power(np.minimum(lit, 2.2), np.float32(0.5 * math.exp(random.normal(0, 0.15))))
    warmth = random.normal(0.02, 0.08) * np.array([1.0, 0.0, -1.0])  # indoor photos are yellowish
    tinted = toned * np.exp(warmth + random.normal(0, 0.03, 3)).astype(np.float32)
    grey = (tinted @ np.full(3, 1 / 3, np.float32))[..., None]
    colourful = 0.05 if random.random() < 0.02 else random.uniform(0.6, 1.7)
    contrast = random.uniform(0.85, 1.3)
    # grey + (tinted - grey) * colourful, stretched about the middle
    mixed = tinted * np.float32(colourful * contrast)
    mixed += grey * np.float32((1 - colourful) * contrast)
    mixed += np.float32(0.5 - 0.5 * contrast)
    return np.asarray(np.clip(mixed, 0, 1, out=mixed), np.float32)


def _background(size_px: int, random: np.random.Generator) -> Floats:
    """Flat or cloudy, of any colour."""
    flat = random.random(3).astype(np.float32)
    cloud = random.uniform(0, 0.25) * _smooth(size_px, int(random.integers(3, 12)), random)
    return np.asarray(np.clip(flat + cloud[..., None], 0, 1))


def _rough_mask(person: Floats, random: np.random.Generator) -> Floats:
    """Soft, a few pixels off here and there, sometimes with a bite taken out or a piece too many."""
    side = len(person)
    soft = cv2.GaussianBlur(person, (0, 0), random.uniform(0.4, 2.2) * side / 160)
    off = random.normal(0, 0.1) + random.uniform(0, 0.22) * _smooth(side, int(random.integers(6, 20)), random)
    mask = np.clip((soft - 0.5 + off) * random.uniform(1.5, 6) + 0.5, 0, 1).astype(np.float32)
    # only near the outline: the clouds must leave inside and outside alone
    near = (soft > 0.02) & (soft < 0.98)
    mask = np.where(near, mask, person)
    if random.random() < 0.25:
        spot = _spot(side, random, 0.03, 0.1) & (cv2.blur(person, (side // 8, side // 8)) < 0.75)
        mask = np.where(spot, np.float32(random.random() < 0.5), mask)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.6), np.float32)


def _spot(side: int, random: np.random.Generator, least: float, most: float) -> NDArray[np.bool_]:
    """An ellipse anywhere; half axes in sides."""
    canvas = np.zeros((side, side), np.uint8)
    axes = (side * random.uniform(least, most, 2)).astype(int) + 1
    centre = (side * random.random(2)).astype(int)
    cv2.ellipse(canvas, centre.tolist(), axes.tolist(), random.uniform(0, 180), 0, 360, 1, -1)
    return canvas > 0


def _occlude(picture: Floats, mask: Floats, random: np.random.Generator) -> None:
    """Now and then something stands in front: a hand, a microphone, a cup. Changes both in place."""
    if random.random() > 0.25:
        return
    spot = _spot(len(mask), random, 0.04, 0.16)
    if spot[: int(0.45 * len(mask))].any():  # what hides the face could not be asked for
        return
    picture[spot] = np.clip(random.random(3) + random.normal(0, 0.05, (int(spot.sum()), 3)), 0, 1)
    mask[spot] = 1


def _degraded(picture: Floats, random: np.random.Generator) -> Floats:
    """Blur or low resolution, noise, compression."""
    side = len(picture)
    kind = random.random()
    if kind < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.3) * side / 160)
    elif kind < 0.55:
        small = int(side * random.uniform(0.35, 0.8))
        picture = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    elif kind < 0.7:
        picture = picture + random.uniform(0.2, 1.0) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.0))
    if random.random() < 0.6:
        noise = random.standard_normal(picture.shape, np.float32)
        picture = picture + noise * np.float32(random.uniform(0.003, 0.035))
    picture = np.clip(picture, 0, 1)
    if random.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 95))]
        _, packed = cv2.imencode(".jpg", (picture * 255).astype(np.uint8), quality)
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.float32) / np.float32(255)
    return np.asarray(picture, np.float32)


def _cut_off(mask: Floats, random: np.random.Generator) -> None:
    """Now and then the photo ends within the crop. Changes the mask in place."""
    if random.random() > 0.2:
        return
    side = len(mask)
    edge, depth = int(random.integers(4)), random.uniform(0.02, 0.14)
    if edge == 0:
        mask[: int(depth * side)] = 0
    elif edge == 1:
        mask[int((1 - depth) * side) :] = 0
    elif edge == 2:
        mask[:, : int(depth * side)] = 0
    else:
        mask[:, int((1 - depth) * side) :] = 0
