"""Ears that no photo shows from the side, with the form that ears have.

A head model puts a flap where an ear is, and labels it. What lies within is much the same in
everybody, so it is drawn as the relief of `face_ears`, laid on the flap upright but for the ear's lean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.mask import PARTS
from core.rendering.face_ears import REACH, SIDE_PX, relief
from core.rendering.places import remapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float32]

FEWEST_NODES = 150
"""Of the grid that an ear must have."""
STRAY = 0.09
"""Distance from the middle of an ear's nodes beyond which they belong to something else, world units."""
LEAN = 0.24
"""By which angle the top of an ear lies behind its bottom, radians."""
HEIGHT, WIDTH = (0.108, 0.135), 0.62
"""Bounds of an ear's height, world units: hair may hide its top; and its width to its height."""
SIDEWAYS = (0.1, 0.45)
"""Sideways coordinate of a normal from which, and up to which, a surface is an ear's outer side."""
DEPTH, RIDGES, SMOOTHNESS = 0.48, 0.4, 1
"""Strength of the relief, natural logarithms, how much of it lightens, for ridges do not glow, and which of its
smoothnesses is drawn."""


@dataclass(frozen=True, eq=False)
class Ear:
    """Where one ear is.

    Attributes:
        side: 1 is the person's left ear, -1 the right one.
        middle: height and depth, world y and z.
        half: half its height, world units.
    """

    side: int
    middle: tuple[float, float]
    half: float

    def shade(self, points: NDArray[np.float64], normals: Floats) -> Floats:
        """What the ear's form changes at points [N, 3] with normals [N, 3], natural logarithms [N]."""
        y, z = points[:, 1] - self.middle[0], points[:, 2] - self.middle[1]
        up = (math.cos(LEAN) * y - math.sin(LEAN) * z) / self.half
        forward = (math.sin(LEAN) * y + math.cos(LEAN) * z) / (self.half * WIDTH)
        low, high = SIDEWAYS
        outer = np.clip((normals[:, 0] * self.side - low) / (high - low), 0, 1) * (points[:, 0] * self.side > 0)
        place = np.stack([forward, -up], axis=1) / REACH
        chosen = np.flatnonzero((np.abs(place) < 1).all(axis=1) & (outer > 0))
        shade = np.zeros(len(points), np.float32)
        if len(chosen):
            at = ((place[chosen] + 1) / 2 * SIDE_PX - 0.5).astype(np.float32)
            inside = np.clip((REACH - np.hypot(forward[chosen], up[chosen])) / (REACH - 1), 0, 1)
            form = remapped(np.ascontiguousarray(relief()[SMOOTHNESS][..., 0]), at)
            shade[chosen] = DEPTH * np.where(form > 0, RIDGES * form, form) * outer[chosen] * inside
        return shade


def ears_of(grid: FieldGrid) -> tuple[Ear, ...]:
    """The ears that a head has, as far as its labels tell."""
    if grid.labels is None:
        return ()
    chosen = ((grid.labels == PARTS.index("ears")) & grid.known).nonzero().cpu().numpy()
    places = chosen[:, ::-1] * np.array(grid.spacing) - np.array(grid.half_sides)
    found = []
    for side in (-1, 1):
        own = places[places[:, 0] * side > 0]
        if len(own) < FEWEST_NODES:
            continue
        own = own[np.linalg.norm(own - np.median(own, axis=0), axis=1) < STRAY]
        if len(own) < FEWEST_NODES:
            continue
        up = math.cos(LEAN) * own[:, 1] - math.sin(LEAN) * own[:, 2]
        forward = math.sin(LEAN) * own[:, 1] + math.cos(LEAN) * own[:, 2]
        low, high = np.percentile(up, (2, 98))
        height = float(np.clip(high - low, *HEIGHT))
        at_up, at_forward = low + height / 2, np.percentile(forward, (3, 97)).mean()
        y = math.cos(LEAN) * at_up + math.sin(LEAN) * at_forward
        z = math.cos(LEAN) * at_forward - math.sin(LEAN) * at_up
        found.append(Ear(side, (float(y), float(z)), height / 2))
    return tuple(found)
