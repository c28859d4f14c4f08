"""Where a camera sees worn glasses: artists and who takes glasses off a photo must know, and no field tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.eyewear_shapes import BIAS, NOWHERE
from core.rendering.places import at_size
from core.rendering.raster import rasterised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.eyewear import Eyewear
    from core.frame import Frame

    Floats = NDArray[np.float32]
    Bits = NDArray[np.bool_]

FINE = 2
"""Samples along the side of a pixel that artists ask about."""
GROUND = 7
"""Window that is as wide as the edges of lenses without a rim, in such samples, doubled."""
COARSE_BIAS = 0.012
"""How far a head may stand before what artists still see, world units, for the depth of their frames is coarse."""
WORN = 0.5
"""Strength from which glasses are worn."""


def silhouettes(
    camera: Camera, eyewear: Eyewear, size: int, surface: Floats | None = None, bias: float = BIAS
) -> tuple[Bits, Bits]:
    """Where a camera's picture of some size shows the frame and the lenses, bool [S, S] each.

    Args:
        camera: whose picture.
        eyewear: the glasses.
        size: S, pixels.
        surface: depth [h, h] of a head that hides what lies behind it, 0 where there is none; None hides nothing.
        bias: how far behind that surface something is still seen, world units.
    """
    groups = ((eyewear.frame_points, eyewear.frame_faces), (eyewear.lens_points, eyewear.lens_faces))
    places = [camera.project(points) for points, _ in groups]
    window, corner = _window(np.concatenate([uv for uv, _ in places]) * size, size)
    side = max(window[0].stop - window[0].start, window[1].stop - window[1].start)
    before = np.zeros((size, size), np.float32) if surface is None else wall_of(surface, size)
    wall = np.where(before[window] > 0, before[window] + bias, NOWHERE)
    found = []
    for (uv, depth), (_, faces) in zip(places, groups, strict=True):
        cover = rasterised(uv * size - corner, faces, side, depth)
        seen = np.zeros((size, size), np.bool_)
        here = (slice(window[0].stop - window[0].start), slice(window[1].stop - window[1].start))
        seen[window] = cover.covered[here] & (cover.depth[here] < wall)
        found.append(seen)
    return found[0], found[1]


def _window(places: NDArray[np.float64], size: int) -> tuple[tuple[slice, slice], NDArray[np.int64]]:
    """Rows and columns of a picture of some size that show places [N, 2], and the column and row where they begin."""
    before = places[np.isfinite(places).all(1)]
    low = np.clip(np.floor(before.min(0)) if len(before) else np.zeros(2), 0, size - 1).astype(np.int64)
    high = np.clip(np.ceil(before.max(0)) if len(before) else np.ones(2), low + 1, size).astype(np.int64)
    return (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))), low


def frames_seen(frame: Frame, eyewear: Eyewear | None, size_px: int) -> Floats | None:
    """Share of each pixel that is frame or dark lens, and nothing hides it: float32 [S, S], 0..1.

    Clear lenses are left out, but for the edges of those without a rim: what is seen through them is drawn as what it
    is.

    Args:
        frame: of the head, which tells what is before them.
        eyewear: what it wears; without any the answer is None.
        size_px: S.
    """
    if eyewear is None or eyewear.strength < WORN:
        return None
    side = FINE * size_px
    seen, glass = silhouettes(frame.camera, eyewear, side, frame.depth, COARSE_BIAS)
    if eyewear.form.lens_opacity > 0:
        seen = seen | glass
    elif eyewear.form.rimless:
        whole = silhouettes(frame.camera, eyewear, side)[1].astype(np.uint8)
        seen = seen | (glass & (cv2.erode(whole, np.ones((GROUND, GROUND))) == 0))
    return np.asarray(cv2.resize(seen.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_AREA), np.float32)


def wall_of(depth: Floats, size: int) -> Floats:
    """Depth [h, w] at a picture's size, [S, S]; 0 where there is nothing, with no depths between something and it."""
    known = cv2.resize((depth > 0).astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.where(known > 1 / 2, at_size(depth, size), 0).astype(np.float32)
