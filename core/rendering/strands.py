"""Hair drawn with its strands: a texture around the head, looked up by the place that each pixel shows.

A head model paints hair softly. The strands are laid around the axis of the head, running down; where hair turns
upwards, at the crown, there is no down, and they fade.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.hair_strands import HairStrands
from core.rendering.paint import ROW, at_size

GIRTH = 0.22
"""Distance from the axis at which a texture's pixel has its own size, world units: the head's mean radius."""
STRETCH = 1.8
"""How much longer a texture's pixel is than wide: windows of a photo hold short pieces of strands."""
CROWN = (0.05, 0.12)
"""Distances from the axis at which strands are not seen yet, and entirely."""

Floats = NDArray[np.float32]


def with_strands(
    rgb: NDArray[np.uint8], hair: Floats, depth: Floats, camera: Camera, strands: HairStrands
) -> NDArray[np.uint8]:
    """A picture whose hair has strands.

    Args:
        rgb: uint8 [S, S, 3].
        hair: float32 [h, h], 0..1: how much of each pixel is hair.
        depth: float32 [h, h], along the camera's z; 0 where there is nothing.
        camera: of the picture.
        strands: the texture.
    """
    size = rgb.shape[0]
    share = cv2.resize(cv2.GaussianBlur(hair, (3, 3), 0), (size, size), interpolation=cv2.INTER_LINEAR).ravel()
    along_z = at_size(depth, size).ravel()
    chosen = np.flatnonzero((share > 0.02) & (along_z > 0))
    if not len(chosen):
        return rgb
    origins, directions = camera.rays(size, size)
    directions = directions[chosen]
    points = origins[chosen] + directions * (along_z[chosen] / (directions @ camera.forward))[:, None]
    out = np.hypot(points[:, 0], points[:, 2])
    shown = np.clip((out - CROWN[0]) / (CROWN[1] - CROWN[0]), 0, 1) * share[chosen]
    # a whole number of repeats around the head, so that there is no seam
    repeats = max(1, round(2 * math.pi * GIRTH / (strands.pixel * strands.detail.shape[1])))
    column = np.arctan2(points[:, 0], points[:, 2]) / (2 * math.pi) * repeats * strands.detail.shape[1]
    row = -points[:, 1] / (strands.pixel * STRETCH)
    change = np.exp(_read(strands.detail.astype(np.float32), row, column) * shown)
    finished = rgb.reshape(-1, 3).copy()
    finished[chosen] = np.clip(finished[chosen] * change[:, None] + 0.5, 0, 255).astype(np.uint8)
    return finished.reshape(rgb.shape)


def _read(texture: Floats, row: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
    """A texture that repeats both ways, at positions [N] in pixels."""
    height, width = texture.shape
    wide = np.pad(texture, ((0, 1), (0, 1)), mode="wrap")
    at = np.zeros((2, -(-len(row) // ROW) * ROW), np.float32)  # OpenCV refuses longer rows
    at[:, : len(row)] = column % width, row % height
    columns, rows = at.reshape(2, -1, ROW)
    found = cv2.remap(wide, columns, rows, cv2.INTER_LINEAR)
    return np.asarray(found.ravel()[: len(row)], np.float64)
