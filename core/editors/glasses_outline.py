"""How the outline of glasses differs from a superellipse: the raised corners of a cat's eye, an aviator's drop.

From the middle of a lens rays go out to where glasses end. Where a ray runs into a temple or the bridge its neighbours
tell, and small differences are the raster's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.eyewear import Rgb

    Floats = NDArray[np.float32]

RAYS = 24
REACH, STEPS = (0.6, 1.5), 37
"""Where rays are looked at, in radii of the superellipse."""
PULL = 0.10
"""Of the superellipse on each step away from it, in places of the raster."""
LIMITS = (0.78, 1.28)
GOES_ON = 0.4
"""How much of a ray's last third is glasses where it runs into a temple or the bridge."""
BRIDGE, HINGE, MOST_BESIDE = 0.75, 0.3, 1.04
"""Angles about the inner and the outer end within which what goes on is bridge or temple, and what is let through."""
LEAST = 0.06
"""Difference of some radius from which the superellipse does not do."""
TWO_TONES, RIMLESS = 0.34, 0.13
"""Difference of the rims' halves from which they have two colours, and of rims and skin below which there are none."""


def drawn_out(worth: Floats, x: Floats, y: Floats, outline: Mapping[str, float]) -> tuple[float, ...]:
    """Factors of the radii of a superellipse, as `core.eyewear.GlassesForm` has them; none where it does by itself.

    Args:
        worth: [H, W], above 0 where there are glasses and below 0 where there are none.
        x: [H, W], of a regular raster, outwards.
        y: [H, W], upwards.
        outline: the superellipse, by the names of `GlassesForm`'s fields and "centre_x" and "centre_y".
    """
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    cos, sin = np.cos(angle), np.sin(angle)
    power = outline["squareness"]
    height = np.where(sin > 0, outline["upper"], outline["lower"])
    radius = ((np.abs(cos) / outline["half_width"]) ** power + (np.abs(sin) / height) ** power) ** (-1 / power)
    share = np.linspace(*REACH, STEPS)
    out = share[None] * radius[:, None]
    at_x, at_y = outline["centre_x"] + out * cos[:, None], outline["centre_y"] + out * sin[:, None]
    column, row = (at_x - x[0, 0]) / (x[0, 1] - x[0, 0]), (at_y - y[0, 0]) / (y[1, 0] - y[0, 0])
    seen = cv2.remap(
        worth, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    found = share[(seen.cumsum(axis=1) - PULL * np.abs(share - 1) * STEPS).argmax(axis=1)].clip(*LIMITS)
    beside = np.abs(angle - np.pi) < BRIDGE
    hinge = np.minimum(angle, 2 * np.pi - angle) < HINGE
    found = np.where(beside | hinge, np.minimum(found, MOST_BESIDE), found)
    known = (seen[:, -STEPS // 3 :] > 0).mean(axis=1) < GOES_ON
    if known.sum() < RAYS // 2:
        return ()
    turns = np.concatenate([angle[known] + turn for turn in (-2 * np.pi, 0, 2 * np.pi)])
    found = np.interp(angle, turns, np.tile(found[known], 3))
    found = (np.roll(found, 1) + 2 * found + np.roll(found, -1)) / 4
    return tuple(round(float(one), 3) for one in found) if np.abs(found - 1).max() > LEAST else ()


def lower_tone(above: Rgb, below: Rgb) -> Rgb | None:
    """The colour of the lower half of rims where it is another one."""
    return below if float(np.linalg.norm(np.subtract(above, below))) > TWO_TONES else None


def has_no_rim(rim: Floats, skin: Floats) -> bool:
    """Whether what runs around the lenses looks like the skin [3] beside it."""
    return float(np.linalg.norm(rim - skin)) < RIMLESS
