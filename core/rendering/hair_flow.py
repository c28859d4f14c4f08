"""Strands that run on as the photo's hair runs, and bend into the flow from the crown down.

The hair is unrolled: columns go around the upright axis, rows from the crown outwards and down. There the strands
of the photo vote for a direction, as the axes of the structure tensor, and nearby votes outweigh the way down. Locks
follow it (see `flowing_locks`), and noise in two widths is smeared along it (line integral convolution, Cabral and
Leedom 1993, in steps that double); each has the contrast and the hue of what is as wide in the photo's hair. The map is
made once for a head, so that it lies still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.flowing_locks import LockSize, flowing_locks
from core.rendering.places import places_of, remapped, solid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.rendering.hair_seen import SeenHair

    Floats = NDArray[np.float32]

TEXEL = 0.00125
"""World units of the map's pixel."""
GIRTH, POLE = 0.21, (0.0, -0.05)
"""Distance from the axis at which the map's columns have their size; x and z of the crown, from which hair runs."""
MIDDLE, LENGTH = 0.03, 0.78
"""Height to which the head is a ball, below a cylinder, and the last row, world units."""
HANGING = (0.0, -0.12)
"""Heights between which hair begins to hang freely, world units."""
AXIS_FREE, TURNED = 0.15, 0.8
"""How far from the axis hair that hangs is moved away from it, world units, and by which angle it is turned around it
for each `GIRTH` that it lies further out, radians."""
CELL = 12
"""Pixels of the map that share a direction."""
NEAR, FAR = 2.5, 8.0
"""Deviations in cells to which a photo's strand votes, and, by a fifth, to which it still does."""
DOWN = 0.35
"""Weight of the way down, beside 1 for each strand in a cell."""
CALM_PX = 4.0
"""Deviation of the smoothing of the surface that strands lie on: its bumps are the model's."""
BANDS = ((1.0, 2.4, 5, 0.8), (2.4, 6.0, 6, 0.45))
"""Widths between which a band of strands lies, photo pixels, how many doublings long they are, and the share of the
photo's contrast that they have beside that of locks."""
LOCKS = LockSize(wide_px=(3.0, 10.0), long_px=(80.0, 240.0), layers=7.0)
BROAD = (2.4, 20.0), 1.0
"""Widths of what locks take the place of, photo pixels, and the share of the photo's contrast that they have."""
NARROWEST = 0.07
"""Way around the crown, in that around the head, below which strands do not become narrower."""
MOST = 0.45
"""Bound of a strand's lightness to that around it, natural logarithms."""


@dataclass(frozen=True, eq=False)
class HairFlow:
    """Strands on unrolled hair.

    Attributes:
        detail: float32 [R, C], natural logarithm of lightness to that around; columns go around and repeat.
        hue: float32 [3], how much of it red, green and blue take: what lies between strands is more colourful.
    """

    detail: Floats
    hue: Floats

    @staticmethod
    def of(seen: SeenHair) -> HairFlow:
        """Strands like those of a photo's hair."""
        bands = [seen.band(low, high) for low, high, *_ in BANDS]
        along = _directions(seen)
        drawn = np.zeros((round(LENGTH / TEXEL), round(2 * math.pi * GIRTH / TEXEL)), np.float32)
        if not seen.sure.any():
            return HairFlow(drawn, seen.hue)
        squeeze = _squeeze(len(drawn))
        slope = along[..., 0] * squeeze[:, None] / np.maximum(along[..., 1], 1e-3)
        locks, broad = (
            flowing_locks(slope.astype(np.float32), squeeze, LOCKS, 0),
            seen.band(*BROAD[0]) * np.float32(BROAD[1]),
        )
        drawn += locks * (broad[seen.sure].std() / max(float(locks.std()), 1e-6))
        for number, (band, (low, high, doublings, amount)) in enumerate(zip(bands, BANDS, strict=True)):
            smeared = _smeared(_noise(drawn.shape, low, high, number), along, doublings)
            loud = cv2.GaussianBlur(smeared * smeared, (0, 0), 3 * high)
            drawn += smeared / np.sqrt(np.maximum(loud, 1e-12)) * np.float32(amount * band[seen.sure].std())
        like = broad + bands[0] * np.float32(BANDS[0][-1])
        return HairFlow(_distributed(drawn, like[seen.sure]), seen.hue)

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Detail [N] at world points [N, 3]."""
        column, row = unrolled(points)
        wide = np.pad(self.detail, ((0, 0), (0, 1)), mode="wrap")
        columns = self.detail.shape[1]
        place = np.stack(
            [column / (2 * math.pi * GIRTH) * columns % columns, np.clip(row / TEXEL, 0, len(self.detail) - 1)], axis=1
        )
        return np.asarray(remapped(wide, place.astype(np.float32)), np.float64)


def unrolled(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows [...], in world units, of world points [..., 3]: a bump of the surface hardly changes them."""
    x, up, z = points[..., 0] - POLE[0], points[..., 1] - MIDDLE, points[..., 2] - POLE[1]
    row = np.where(up > 0, GIRTH * np.arctan2(np.hypot(x, z), up), GIRTH * math.pi / 2 - up)
    return GIRTH * (np.arctan2(x, z) + math.pi), row


def hung(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """World points [N, 3] of hair, moved so that ways around the crown's axis tell locks apart below the head as well.

    Hair behind the neck lies near that axis, where ways around it are short: strands would run in rings. And what
    faces forward beside the neck lies at one way around for all its width: strands would run level.
    """
    low = np.flatnonzero(points[:, 1] < HANGING[0])
    x, y, z = points[low, 0] - POLE[0], points[low, 1], points[low, 2] - POLE[1]
    below = np.clip((HANGING[0] - y) / (HANGING[0] - HANGING[1]), 0, 1)
    z = z - AXIS_FREE * below * np.clip(1 - np.hypot(x, z) / AXIS_FREE, 0, 1)
    turn = TURNED * below * (np.hypot(x, z) / GIRTH - 1)
    moved = points.copy()
    moved[low, 0], moved[low, 2] = (
        POLE[0] + x * np.cos(turn) + z * np.sin(turn),
        POLE[1] + z * np.cos(turn) - x * np.sin(turn),
    )
    return moved


def _directions(seen: SeenHair) -> Floats:
    """Unit directions of strands on the map, float32 [R, C, 2]: share along the columns, and along the rows."""
    strand, agreement = seen.strands
    size = agreement.shape
    depth = solid(cv2.resize(seen.depth, size, interpolation=cv2.INTER_NEAREST))
    weight = seen.votes * (depth > 0)
    near = cv2.GaussianBlur(weight, (0, 0), CALM_PX)
    calm = cv2.GaussianBlur(depth * weight, (0, 0), CALM_PX) / np.maximum(near, 1e-3)
    chosen = weight > 0.3
    calm = np.where(near > 1e-3, calm, seen.camera.radius).astype(np.float32)
    points = places_of(seen.camera, calm, np.arange(calm.size))[0].reshape(*size, 3)
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
