"""Frames for tests of the window: a sphere with two parts, seen exactly, without any renderer."""

from __future__ import annotations

import numpy as np

from core.camera import Camera
from core.frame import Frame, Quality

RADIUS = 0.2
SKIN, HAIR = 1, 2


def sphere_frame(camera: Camera | None = None, side: int = 96, quality: Quality = Quality.EXACT) -> Frame:
    """A sphere about the origin: its upper half is orange hair, its lower half blue skin."""
    camera = camera or Camera.orbit()
    origins, directions = camera.rays(side, side)
    half = (origins * directions).sum(1)
    inside = half**2 - ((origins**2).sum(1) - RADIUS**2)
    hit = inside > 0
    along = -half - np.sqrt(np.maximum(inside, 0))
    points = origins + along[:, None] * directions
    depth = np.where(hit, (directions @ camera.forward) * along, 0).astype(np.float32)
    upper = points[:, 1] > 0
    rgb = np.full((side * side, 3), 255, np.uint8)
    rgb[hit & upper] = (230, 120, 40)
    rgb[hit & ~upper] = (40, 90, 220)
    labels = np.where(hit, np.where(upper, HAIR, SKIN), 0).astype(np.uint8)
    return Frame(
        rgb.reshape(side, side, 3),
        hit.astype(np.float32).reshape(side, side),
        depth.reshape(side, side),
        labels.reshape(side, side),
        camera,
        quality,
    )
