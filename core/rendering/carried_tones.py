"""Tones of a part that a photo shows, carried on to where it does not.

What the part would be in even light is spread through the space around it (see `tone_volume`), so that nothing changes
where the photo ends; the light of the photo - the first spherical harmonics, fitted to the part (Ramamoorthi and
Hanrahan 2001) - falls on the surface's own form, which is darker in its hollows. Of the head model's own picture only
the fine shading stays: its colours are whatever the search left there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.form import form_of
from core.rendering.own_shading import fine_shading, own_colours
from core.rendering.places import at_size, places_of
from core.rendering.tone_volume import spread, usual_beyond, value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.frame import Frame
    from core.photo_layer import PhotoLayer
    from core.rendering.form import Form

    Floats = NDArray[np.float32]

SEEDS_PX = 160
"""Side of the picture that tones are taken from."""
INNER_PX, RIM_PX = 5, 3
"""Width of the outline, pixels of the photo's labels, that may show something else, and that hardly shows anything."""
SHOWN = 0.65
"""Cover from which a pixel of the photo is what it seems."""
STEADY, AHEAD = 0.05, 0.12
"""Weight, beside 1 for each pixel, of the usual light: a face seen from the front hardly tells about its sides; and
that light: by how much what faces the way that the photo's part faces is lighter than what is seen edgewise, natural
logarithms. Photographed people stand before a lamp; behind, held-out heads are darker by .1 (necks) to .3 (hair)."""
DIMMEST, BRIGHTEST = -0.3, 0.12
"""Bounds of what the light changes, natural logarithms."""
SHADED = 1.0
"""How far what lies in the shade of a head's shape is darker, where 1 is as dark as `HeadLight` says."""
HOLLOW_MOST, RIDGE_MOST = 0.35, 0.04
"""The most that form darkens, and lightens, natural logarithms: ridges get no more light than what is flat."""
DARKEST, BLOWN = 0.02, 0.9
"""Bounds of a colour 0..1: what is lighter was blown out by a lamp that does not reach around the head."""
EYES = ("eyes", "brows", "glasses")
FAINT = (0.04, 0.3)
"""Alpha from which, and up to which, matter begins to have a colour."""
LEAST_SHARE = 0.02
"""Share of a part in a pixel below which nothing is drawn."""


@dataclass(frozen=True, eq=False)
class Seeds:
    """Pixels of a photo that show a part.

    Attributes:
        chosen: bool [SEEDS_PX, SEEDS_PX].
        picture: float32 [SEEDS_PX, SEEDS_PX, 3], 0..1.
        points: float64 [N, 3], world, row by row.
        normals: float32 [N, 3], unit, outwards.
    """

    chosen: NDArray[np.bool_]
    picture: Floats
    points: NDArray[np.float64]
    normals: Floats

    @property
    def colours(self) -> Floats:
        """Float32 [N, 3], 0..1."""
        return np.asarray(self.picture[self.chosen], np.float32)


@dataclass(frozen=True, eq=False)
class CarriedTones:
    """What a photo says of a part beyond its reach.

    Attributes:
        grid: float32 [C, C, C, 3], natural logarithms of colours 0..1 in even light, by x, y and z about the origin.
        light: float32 [3], by how much each of a normal's coordinates lightens the part, natural logarithms.
        facing: float32 [3], mean normal of what the photo shows, which the light leaves as it is.
        shaded: float32 [3], how much of the shade of the head's shape red, green and blue take.
    """

    grid: Floats
    light: Floats
    facing: Floats
    shaded: Floats

    @staticmethod
    def of(
        seeds: Seeds, shape: Floats | None = None, hue: Sequence[float] = (1, 1, 1), reach: float = math.inf
    ) -> CarriedTones:
        """What pixels of a photo say; at least one.

        Args:
            seeds: the pixels.
            shape: light [N] that the head's shape leaves there, natural logarithms; None asks for none later either.
            hue: how much of that light red, green and blue take.
            reach: how far what is special in a place goes on, world units; farther away the part has its mean tone.
        """
        colours, facing = seeds.colours.clip(min=DARKEST), seeds.normals.mean(axis=0)
        shaded = np.asarray(hue, np.float32) * np.float32(0 if shape is None else SHADED)
        own = (np.zeros(len(colours), np.float32) if shape is None else shape)[:, None] * shaded
        light = _fitted(seeds.normals - facing, (np.log(colours) - own).mean(axis=1), facing)
        # means of colours, not of their logarithms: those would be more colourful
        lit = np.exp(_lit(seeds.normals - facing, light)[:, None] + own)
        even = np.asarray(colours / lit, np.float32)
        grid = spread(seeds.points, even)
        if math.isfinite(reach):
            grid = usual_beyond(grid, seeds.points, even, reach)
        return CarriedTones(np.log(grid.clip(min=DARKEST / 2)), light, facing, shaded)

    def at(self, points: NDArray[np.float64], normals: Floats, shape: Floats) -> Floats:
        """Natural logarithms of the part's colours [N, 3] at points [N, 3] of a surface with normals [N, 3].

        Its `shape` leaves light [N], natural logarithms.
        """
        lit = _lit(normals - self.facing, self.light)
        return value_at(self.grid, points) + lit[:, None] + shape[:, None] * self.shaded


def seeds_of(
    photo: PhotoLayer, part: NDArray[np.bool_], *, least: int, odd: float, edgewise: bool = False
) -> Seeds | None:
    """The pixels of a photo that surely show a part; None where they are too few.

    Args:
        photo: the photo.
        part: bool [h, h], where its labels name the part.
        least: fewest pixels.
        odd: how far, in natural logarithms, a pixel's lightness may lie from the middle one.
        edgewise: also those where the surface turns away, up to the outline.
    """
    size = (SEEDS_PX, SEEDS_PX)
    rim = RIM_PX if edgewise else INNER_PX
    inner = cv2.erode(part.astype(np.uint8), np.ones((rim, rim), np.uint8)).astype(np.float32)
    plain = cv2.resize(inner, size, interpolation=cv2.INTER_AREA)
    from_here = photo.cover_from_here if edgewise else photo.cover
    cover = cv2.resize(from_here, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    depth = cv2.resize(photo.depth, size, interpolation=cv2.INTER_NEAREST)
    picture = cv2.resize(photo.picture, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    chosen = (plain > 0.9) & (cover > SHOWN) & (depth > 0)
    if int(chosen.sum()) < least:
        return None
    light = np.log(picture.mean(axis=2).clip(min=DARKEST))
    chosen &= np.abs(light - np.median(light[chosen])) < odd
    if int(chosen.sum()) < least:
        return None
    points, _ = places_of(photo.camera, depth, np.flatnonzero(chosen))
    return Seeds(chosen, picture, points, form_of(depth, photo.camera).normals[chosen])


@dataclass(frozen=True, eq=False)
class Shown:
    """Pixels of a frame that show a part.

    Attributes:
        frame: the picture.
        chosen: numbers of the pixels, row by row, [N].
        share: float32 [N], how much they show of the part, 0..1.
        points: float64 [N, 3], world.
        normals: float32 [N, 3].
        hollow: float32 [N], see `Form`.
        light: float32 [N], see `Form`.
        own: float32 [N, 3], their colours, without the white behind them.
    """

    frame: Frame
    chosen: NDArray[np.int64]
    share: Floats
    points: NDArray[np.float64]
    normals: Floats
    hollow: Floats
    light: Floats
    own: Floats

    @staticmethod
    def of(frame: Frame, part: Floats, form: Form) -> Shown | None:
        """The pixels of a frame where a part's share, float32 [h, h] like the frame's labels, is not small."""
        size = len(frame.rgb)
        share = shown_share(frame, part).ravel()
        along_z = at_size(frame.depth, size)
        chosen = np.flatnonzero((share > LEAST_SHARE) & (along_z.ravel() > 0) & (frame.alpha.ravel() > LEAST_SHARE))
        if not len(chosen):
            return None
        points, _ = places_of(frame.camera, along_z, chosen)
        light = np.broadcast_to(np.float32(form.light), form.hollow.shape)
        normals, hollow, lit = (
            cv2.resize(values, (size, size), interpolation=cv2.INTER_LINEAR).reshape(size * size, -1)[chosen]
            for values in (form.normals, form.hollow, light)
        )
        own = own_colours(frame, chosen)
        return Shown(frame, chosen, share[chosen], points, normals, hollow[:, 0], lit[:, 0], own)

    def toned(
        self, tones: CarriedTones, change: Floats, *, own: float, hollow: float, hue: Sequence[float] = (1, 1, 1)
    ) -> Frame:
        """The frame with the part in carried tones.

        Args:
            tones: the part's.
            change: further change of lightness, natural logarithms [N].
            own: how far the model's own fine shading is believed.
            hollow: how much darker a hollow as deep as it is wide is, natural logarithms.
            hue: how much of a change of lightness red, green and blue take.
        """
        shade = own * fine_shading(self.frame, self.own, self.chosen, self.share)
        shade = shade - np.clip(hollow * self.hollow, -RIDGE_MOST, HOLLOW_MOST) + change
        tone = tones.at(self.points, self.normals, self.light)
        wanted = np.minimum(np.exp(tone + shade[:, None] * np.asarray(hue)), BLOWN)
        finished = self.frame.rgb.reshape(-1, 3).astype(np.float32)
        alpha = self.frame.alpha.ravel()[self.chosen]
        # what hardly covers the white behind has no colour of its own that could be told
        amount = self.share * alpha * np.clip((alpha - FAINT[0]) / (FAINT[1] - FAINT[0]), 0, 1)
        finished[self.chosen] += 255 * amount[:, None] * (wanted - self.own)
        rgb = np.clip(finished + 0.5, 0, 255).astype(np.uint8).reshape(self.frame.rgb.shape)
        return replace(self.frame, rgb=rgb)


def shown_share(frame: Frame, part: Floats) -> Floats:
    """How much each pixel [S, S] of a frame shows of a part, whose share of its labels' pixels is [h, h]."""
    size = len(frame.rgb)
    return np.asarray(cv2.resize(cv2.blur(part, (3, 3)), (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def clothes(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a photo's labels [h, w] show cloth below the eyes."""
    return np.asarray((labels == PARTS.index("cloth")) & ~above_eyes(labels), np.bool_)


def headwear(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a photo's labels [h, w] show hair, or cloth above the eyes: a cap."""
    cap = (labels == PARTS.index("cloth")) & above_eyes(labels)
    return np.asarray((labels == PARTS.index("hair")) | cap, np.bool_)


def above_eyes(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Rows [h, 1] above the middle of eyes, brows and glasses."""
    rows = np.nonzero(np.isin(labels, [PARTS.index(part) for part in EYES]))[0]
    return np.asarray(np.arange(len(labels))[:, None] < (np.median(rows) if len(rows) else 0))


def _fitted(normals: Floats, lightness: Floats, facing: Floats) -> Floats:
    """By how much each coordinate of normals [N, 3] lightens a part of some lightness [N] that faces that way, [3]."""
    even = lightness - lightness.mean()
    held = STEADY * len(normals)
    usual = AHEAD * facing / max(float(np.linalg.norm(facing)), 1e-6)
    wanted = normals.T @ even + held * usual
    return np.asarray(np.linalg.solve(normals.T @ normals + held * np.eye(3), wanted), np.float32)


def _lit(normals: Floats, light: Floats) -> Floats:
    """What the light changes at normals [N, 3], natural logarithms [N]."""
    return np.asarray(np.clip(normals @ light, DIMMEST, BRIGHTEST), np.float32)
