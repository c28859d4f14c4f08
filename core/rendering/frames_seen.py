"""Where a picture shows the frame or the dark lenses of worn glasses: no field's parts know of them, and artists must.

Clear lenses are left out: what is seen through them is drawn as what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.places import at_size
from core.rendering.raster import rasterised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.eyewear import Eyewear
    from core.frame import Frame

FINE = 2
"""Samples along the side of a pixel."""
GROUND = 7
"""Window that is as wide as the edges of lenses without a rim, in such samples, doubled."""
BIAS = 0.012
"""How far the head may stand before a frame that is still seen, world units, for its depth is coarse."""
WORN = 0.5
"""Strength from which glasses are worn."""


def frames_seen(frame: Frame, eyewear: Eyewear | None, size_px: int) -> NDArray[np.float32] | None:
    """Share of each pixel that is frame or dark lens, and nothing hides it: float32 [S, S], 0..1.

    Args:
        frame: of the head, which tells what is before them.
        eyewear: what it wears; without any the answer is None.
        size_px: S.
    """
    if eyewear is None or eyewear.strength < WORN:
        return None
    side = FINE * size_px
    points, faces = eyewear.frame_points, eyewear.frame_faces
    if eyewear.form.lens_opacity > 0:
        faces = np.concatenate([faces, eyewear.lens_faces + len(points)])
        points = np.concatenate([points, eyewear.lens_points])
    uv, depth = frame.camera.project(points)
    wire = rasterised(uv * side, faces, side, depth)
    covered, nearest = wire.covered, wire.depth
    if eyewear.form.rimless:
        uv, depth = frame.camera.project(eyewear.lens_points)
        glass = rasterised(uv * side, eyewear.lens_faces, side, depth)
        ground = glass.covered & (cv2.erode(glass.covered.astype(np.uint8), np.ones((GROUND, GROUND))) == 0)
        covered, nearest = covered | ground, np.minimum(nearest, np.where(ground, glass.depth, np.inf))
    near = nearest.reshape(size_px, FINE, size_px, FINE).min((1, 3))
    share = cv2.resize(covered.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_AREA)
    surface = at_size(frame.depth, size_px)
    return np.where((surface == 0) | (near < surface + BIAS), share, 0).astype(np.float32)
