"""The form that a frame's depth shows: where each pixel's surface faces, and how deep it lies in a hollow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.nearest_pixel import nearest_known
from core.rendering.places import places_of, solid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera

    Floats = NDArray[np.float32]

APART = 0.03
"""Difference of depth, world units, beyond which neighbours are not smoothed together."""
HOLLOWS = (0.012, 0.035)
"""Radii of the hollows that are looked for, world units."""
DEEPEST = 0.02
"""What lies deeper below its surroundings, world units, lies behind them, and in no hollow."""

EDGEWISE = (0.35, 0.75)
"""Cosines between surface and view between which hollows begin to be told."""


@dataclass(frozen=True, eq=False)
class Form:
    """What a depth picture tells of a surface.

    Attributes:
        normals: float32 [h, w, 3], unit, outwards, world axes.
        hollow: float32 [h, w], how far a pixel lies below its surroundings, in radii of the hollow; negative on ridges.
        light: float32 [h, w], what the head's shape leaves of light, natural logarithms, see `HeadLight`; 0 where
            nobody has told it.
    """

    normals: Floats
    hollow: Floats
    light: Floats | float = 0.0


def form_of(depth: Floats, camera: Camera) -> Form:
    """The form of a depth picture [h, h] along the camera's z, 0 where there is nothing."""
    size = len(depth)
    known = depth > 0
    if not known.any():
        return Form(np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32))
    filled = cv2.medianBlur(_everywhere(solid(depth)), 3)
    calm = cv2.bilateralFilter(cv2.bilateralFilter(filled, 5, APART, 1.5), 5, APART, 1.5)
    points, directions = places_of(camera, calm, np.arange(size * size))
    picture = points.reshape(size, size, 3).astype(np.float32)
    normals = np.cross(np.gradient(picture, axis=0), np.gradient(picture, axis=1))
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    away = (normals * directions.reshape(size, size, 3)).sum(axis=2, keepdims=True) > 0
    normals = np.where(away, -normals, normals)
    pixel = float(np.median(depth[known])) / camera.focal / size
    hollow = np.zeros((size, size), np.float32)
    for radius in HOLLOWS:
        hollow += _below(calm, known, radius / pixel) / np.float32(radius)
    # towards the outline every surface falls away
    facing = -(normals * directions.reshape(size, size, 3)).sum(axis=2)
    squarely = np.clip((facing - EDGEWISE[0]) / (EDGEWISE[1] - EDGEWISE[0]), 0, 1)
    return Form(normals.astype(np.float32), (hollow * squarely).astype(np.float32))


def _below(depth: Floats, known: NDArray[np.bool_], sigma: float) -> Floats:
    """How far pixels lie behind the mean of those around that belong to the same surface, [h, w]."""
    near = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
    mean = cv2.GaussianBlur(depth * known, (0, 0), sigma) / np.maximum(near, 1e-3)
    # what stands far before or behind is another surface
    like = np.where(known, np.clip(depth - mean, -DEEPEST, DEEPEST), 0)
    drift = cv2.GaussianBlur(like, (0, 0), 2 * sigma) / np.maximum(
        cv2.GaussianBlur(known.astype(np.float32), (0, 0), 2 * sigma), 1e-3
    )
    return np.asarray((like - drift) * known, np.float32)


def _everywhere(depth: Floats) -> Floats:
    """Depth whose empty pixels have that of the nearest other one."""
    return np.asarray(depth.ravel()[nearest_known(depth > 0)], np.float32)
