"""Strands that run on as the photo's hair runs, and bend into the flow from the crown down.

The hair is unrolled: columns go around the upright axis, rows from the crown outwards and down. There the strands
of the photo vote for a direction, as the axes of the structure tensor, and nearby votes outweigh the way down. Noise in
three widths is smeared along it (line integral convolution, Cabral and Leedom 1993, in steps that double) and takes the
contrast that the photo's hair has in each width. The map is made once for a head, so that it lies still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.form import form_of
from core.rendering.places import places_of, remapped, solid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.photo_layer import PhotoLayer

    Floats = NDArray[np.float32]

TEXEL = 0.00125
"""World units of the map's pixel."""
GIRTH, POLE = 0.21, (0.0, -0.05)
"""Distance from the axis at which the map's columns have their size; x and z of the crown, from which hair runs."""
MIDDLE, LENGTH = 0.03, 0.78
"""Height to which the head is a ball, below a cylinder, and the last row, world units."""
CELL = 12
"""Pixels of the map that share a direction."""
NEAR, FAR = 2.5, 8.0
"""Deviations in cells to which a photo's strand votes, and, by a fifth, to which it still does."""
DOWN = 0.35
"""Weight of the way down, beside 1 for each strand in a cell."""
VOTES_PX = 128
"""Side of the picture of the photo's strands."""
FLOW_PX = 7.0
"""Deviation of the smoothing of their direction, photo pixels."""
LEAST_VOTES = 350.0
"""Strands in that picture under which a photo tells nothing."""
CALM_PX = 4.0
"""Deviation of the smoothing of the surface that strands lie on: its bumps are the model's."""
BANDS = ((1.0, 2.4, 5, 0.65), (2.4, 6.0, 5, 0.75), (6.0, 16.0, 5, 0.5))
"""Widths between which a band of strands lies, photo pixels, how many doublings long they are, and the share of the
photo's contrast that they have: the widest of it is light and shade."""
NARROWEST = 0.07
"""Way around the crown, in that around the head, below which strands do not become narrower."""
MOST = 0.45
"""Bound of a strand's lightness to that around it, natural logarithms."""


@dataclass(frozen=True, eq=False)
class HairFlow:
    """Strands on unrolled hair.

    Attributes:
        detail: float32 [R, C], natural logarithm of lightness to that around; columns go around and repeat.
    """

    detail: Floats

    @staticmethod
    def of(photo: PhotoLayer) -> HairFlow | None:
        """The strands of a photo; None where it shows too little hair."""
        if photo.labels is None:
            return None
        hair = (photo.labels == PARTS.index("hair")).astype(np.float32)
        small = (VOTES_PX, VOTES_PX)
        cover = cv2.resize(photo.cover, small, interpolation=cv2.INTER_AREA) / np.float32(255)
        if (cv2.resize(hair, small, interpolation=cv2.INTER_AREA) * cover).sum() < LEAST_VOTES:
            return None
        # edits that only take some of the photo away leave the strands as they are
        nothing = np.zeros_like(photo.cover)
        return _flow_of(replace(photo, cover=nothing, cover_from_here=nothing, gains=None, way=()))

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Detail [N] at world points [N, 3]."""
        column, row = unrolled(points)
        wide = np.pad(self.detail, ((0, 0), (0, 1)), mode="wrap")
        columns = self.detail.shape[1]
        place = np.stack(
            [column / (2 * math.pi * GIRTH) * columns % columns, np.clip(row / TEXEL, 0, len(self.detail) - 1)], axis=1
        )
        return np.asarray(remapped(wide, place.astype(np.float32)), np.float64)


@lru_cache(maxsize=3)
def _flow_of(photo: PhotoLayer) -> HairFlow:
    """The strands that a photo's picture and labels show, whatever covers it."""
    side, small = len(photo.picture), (VOTES_PX, VOTES_PX)
    hair = cv2.resize(np.asarray(photo.labels == PARTS.index("hair"), np.uint8), (side, side)) > 0
    inner = cv2.erode(hair.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(np.float32)
    depth = cv2.resize(photo.depth, small, interpolation=cv2.INTER_NEAREST)
    squarely = np.clip((form_of(depth, photo.camera).normals @ -photo.camera.forward - 0.3) / 0.4, 0, 1)
    squarely = np.asarray(squarely * (depth > 0), np.float32)
    votes = cv2.resize(inner, small, interpolation=cv2.INTER_AREA) * squarely
    sure = inner * cv2.resize(squarely, (side, side), interpolation=cv2.INTER_LINEAR) > 0.5
    light = np.log(photo.picture.mean(axis=2).astype(np.float32) / 255 + 0.04)
    bands = [_band(light, hair, low, high) for low, high, *_ in BANDS]
    along = _directions(photo, bands[0] + bands[1], votes)
    drawn = np.zeros((round(LENGTH / TEXEL), round(2 * math.pi * GIRTH / TEXEL)), np.float32)
    if not sure.any():
        return HairFlow(drawn)
    for number, (band, (low, high, doublings, amount)) in enumerate(zip(bands, BANDS, strict=True)):
        smeared = _smeared(_noise(drawn.shape, low, high, number), along, doublings)
        loud = cv2.GaussianBlur(smeared * smeared, (0, 0), 3 * high)
        drawn += smeared / np.sqrt(np.maximum(loud, 1e-12)) * np.float32(amount * band[sure].std())
    like = np.sum([band * amount for band, (*_, amount) in zip(bands, BANDS, strict=True)], axis=0)
    return HairFlow(_distributed(drawn, like[sure]))


def unrolled(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows [...], in world units, of world points [..., 3]: a bump of the surface hardly changes them."""
    x, up, z = points[..., 0] - POLE[0], points[..., 1] - MIDDLE, points[..., 2] - POLE[1]
    row = np.where(up > 0, GIRTH * np.arctan2(np.hypot(x, z), up), GIRTH * math.pi / 2 - up)
    return GIRTH * (np.arctan2(x, z) + math.pi), row


def _band(light: Floats, hair: NDArray[np.bool_], low: float, high: float) -> Floats:
    """What of hair's lightness lies between two widths, 0 elsewhere."""
    weight = hair.astype(np.float32)

    def blurred(sigma: float) -> Floats:
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        return np.asarray(cv2.GaussianBlur(light * weight, (0, 0), sigma) / np.maximum(near, 1e-3), np.float32)

    return np.asarray((blurred(low / 2) - blurred(high / 2)) * weight, np.float32)


def _directions(photo: PhotoLayer, detail: Floats, votes: Floats) -> Floats:
    """Unit directions of strands on the map, float32 [R, C, 2]: share along the columns, and along the rows."""
    size = (VOTES_PX, VOTES_PX)
    across, down = cv2.Scharr(detail, cv2.CV_32F, 1, 0), cv2.Scharr(detail, cv2.CV_32F, 0, 1)
    tensor = np.dstack([across * across, down * down, across * down])
    xx, yy, xy = np.moveaxis(
        cv2.resize(cv2.GaussianBlur(tensor, (0, 0), FLOW_PX), size, interpolation=cv2.INTER_AREA), -1, 0
    )
    agreement = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / np.maximum(xx + yy, 1e-6)
    slope = 0.5 * np.arctan2(2 * xy, xx - yy)
    strand = np.stack([-np.sin(slope), np.cos(slope)])  # across the steepest slope
    depth = solid(cv2.resize(photo.depth, size, interpolation=cv2.INTER_NEAREST))
    weight = votes * (depth > 0)
    near = cv2.GaussianBlur(weight, (0, 0), CALM_PX)
    calm = cv2.GaussianBlur(depth * weight, (0, 0), CALM_PX) / np.maximum(near, 1e-3)
    chosen = weight > 0.3
    calm = np.where(near > 1e-3, calm, photo.camera.radius).astype(np.float32)
    points = places_of(photo.camera, calm, np.arange(calm.size))[0].reshape(*size, 3)
    column, row = unrolled(points)
    # the angle jumps behind the head, where no photo looks
    turn = [strand[0] * np.gradient(value, axis=1) + strand[1] * np.gradient(value, axis=0) for value in (column, row)]
    twice = 2 * np.arctan2(turn[0][chosen], turn[1][chosen])
    worth = (weight * agreement)[chosen]
    return _voted(column[chosen], row[chosen], worth, twice)


def _voted(column: NDArray[np.float64], row: NDArray[np.float64], worth: Floats, twice: NDArray[np.float64]) -> Floats:
    """Directions on the map from votes [N] for twice the angle to the way down, at places in world units."""
    rows, columns = round(LENGTH / TEXEL / CELL), round(2 * math.pi * GIRTH / TEXEL / CELL)
    cell = np.clip(row / TEXEL / CELL, 0, rows - 1).astype(np.int64) * columns
    cell = cell + (column / TEXEL / CELL).astype(np.int64) % columns
    sums = np.stack(
        [np.bincount(cell, worth * value, rows * columns) for value in (np.cos(twice), np.sin(twice))], axis=1
    )
    border = math.ceil(3 * FAR)
    wide = np.pad(sums.reshape(rows, columns, 2), ((0, 0), (border, border), (0, 0)), mode="wrap")
    total = cv2.GaussianBlur(wide, (0, 0), NEAR) + 0.2 * cv2.GaussianBlur(wide, (0, 0), FAR)
    total[..., 0] += DOWN
    map_px = (round(2 * math.pi * GIRTH / TEXEL), round(LENGTH / TEXEL))
    found = cv2.resize(
        np.ascontiguousarray(total[:, border:-border]).astype(np.float32), map_px, interpolation=cv2.INTER_LINEAR
    )
    angle = np.arctan2(found[..., 1], found[..., 0]) / 2
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).astype(np.float32)


def _squeeze(rows: int) -> Floats:
    """By how much the way around the axis is shorter than the map's columns say, at least 1, [rows]."""
    around = np.sin(np.minimum(np.arange(rows) * TEXEL / GIRTH, math.pi / 2))
    return np.asarray(1 / np.maximum(around, NARROWEST), np.float32)


@lru_cache(maxsize=len(BANDS))
def _noise(shape: tuple[int, int], low: float, high: float, seed: int) -> Floats:
    """Noise between two widths, the wider in columns the nearer to the crown, [R, C]; it repeats around."""
    random = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    waves = np.fft.rfft(random, axis=1)
    frequencies = np.fft.rfftfreq(shape[1])[None] * _squeeze(shape[0])[:, None]

    def blurred(sigma: float) -> Floats:
        around = np.fft.irfft(waves * np.exp(-2 * (math.pi * frequencies * sigma) ** 2), shape[1], axis=1)
        return np.asarray(cv2.GaussianBlur(around.astype(np.float32), (0, 0), sigmaX=0.01, sigmaY=sigma), np.float32)

    return blurred(low / 2) - blurred(high / 2)


def _smeared(noise: Floats, along: Floats, doublings: int) -> Floats:
    """Noise [R, C] smeared along directions [R, C, 2]."""
    rows, columns = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in noise.shape), indexing="ij")
    step_x = along[..., 0] * _squeeze(len(noise))[:, None]
    step_y = along[..., 1]
    drawn: Floats = noise
    for doubling in range(doublings):
        reach = np.float32(2**doubling)
        ahead, behind = (
            cv2.remap(
                drawn,
                columns + sign * reach * step_x,
                rows + sign * reach * step_y,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_WRAP,
            )
            for sign in (1, -1)
        )
        drawn = np.asarray(0.5 * drawn + 0.25 * (ahead + behind), np.float32)
    return drawn


def _distributed(drawn: Floats, like: Floats) -> Floats:
    """Values whose distribution is that of others: strands are bright and few, what lies between is dark and wide."""
    ranks = np.linspace(0.002, 0.998, 65)
    wanted = np.quantile(like - like.mean(), ranks)
    spread = np.quantile(drawn[::4, ::4], ranks)
    return np.asarray(np.clip(np.interp(drawn, spread, wanted), -MOST, MOST), np.float32)
