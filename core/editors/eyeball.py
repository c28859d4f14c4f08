"""Eyeballs for a mesh: spheres that look somewhere, with iris and pupil carved in as sculptors do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BALL_POINTS, FRONT = 20_000, 0.3
"""Points on a whole eyeball, and how far forward, in radii, those lie that may be seen."""
LIMBUS, PUPIL = 0.36, 0.15
"""Radii of iris and pupil, in those of the eyeball."""
RING, PIT = (0.08, 0.0012), (0.0020, 0.4)
"""Width of the groove around the iris, in radii of the eyeball, and its depth, world units; depth of the pupil, and how
softly it ends, in radii of the pupil."""


def ball_of(points: Array) -> tuple[Array, float]:
    """Centre [3] and radius of the sphere that points [N, 3] lie on."""
    known = np.column_stack([2 * points, np.ones(len(points))])
    *centre, rest = np.linalg.lstsq(known, (points**2).sum(1), rcond=None)[0]
    return np.array(centre), float(np.sqrt(rest + np.dot(centre, centre)))


def eyeball(centre: Array, radius: float, gaze: Array) -> tuple[Array, Array]:
    """Points [N, 3] and normals [N, 3] of the front of an eyeball that looks along a unit vector [3].

    The rim of the iris and the pupil are carved in, as sculptors do.
    """
    number = np.arange(BALL_POINTS) + 0.5
    polar, around = np.arccos(1 - 2 * number / BALL_POINTS), np.pi * (1 + 5**0.5) * number
    unit = np.stack([np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)], axis=1)
    unit = unit[unit[:, 2] > FRONT]
    out = np.linalg.norm(np.cross(unit, gaze), axis=1)
    ring = RING[1] * np.exp(-(((out - LIMBUS) / RING[0]) ** 2))
    pit = PIT[0] * smooth(PUPIL * (1 + PIT[1]), PUPIL * (1 - PIT[1]), out)
    return centre + unit * (radius - ring - pit)[:, None], unit
