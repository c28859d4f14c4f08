"""The inside of an opened mouth, drawn over the skin that was stretched across it, where nothing stands before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS
from core.rendering.places import at_size
from core.rendering.raster import rasterised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.mouth_inside import MouthInside

    Floats = NDArray[np.float32]

FINE = 3
"""Samples along the side of a pixel."""
ROWS = 8
BIAS, SOFT = 0.012, 0.008
"""How far something may stand before the lips' edges and not hide what is between them, and how softly it does."""
DARK, TONGUE = np.array([0.10, 0.035, 0.035], np.float32), np.array([0.34, 0.12, 0.12], np.float32)
TOOTH = np.array([0.89, 0.84, 0.75], np.float32)
TALL, MOST = 0.0105, 0.62
"""Of the teeth that are seen, world units, and the share of the opening that they take at most."""
EDGES = (0.0, 0.0145, 0.0265, 0.0375)
"""Between teeth: distances from the middle, world units."""
GROOVE, GROOVE_WIDE = 0.16, 0.0012
HALF_ROW = 0.045
"""Distance from the middle at which teeth lie in the dark, world units."""
LIP_SHADE = 0.0035
"""Below the upper lip, in which teeth are shaded by it, world units."""


def with_mouth_inside(frame: Frame, mouth: MouthInside) -> Frame:
    """A frame of a head with the inside of its mouth.

    Args:
        frame: of the head.
        mouth: what is seen between its lips.
    """
    size = frame.rgb.shape[0]
    count = len(mouth.upper)
    down = np.linspace(0, 1, ROWS, dtype=np.float32)[:, None, None]
    points = ((1 - down) * mouth.upper + down * mouth.lower).reshape(-1, 3)
    uv, depth = frame.camera.project(points)
    if not (depth > 0).all():
        return frame
    low = np.maximum(np.floor(uv.min(axis=0) * size) - 3, 0).astype(int)
    high = np.minimum(np.ceil(uv.max(axis=0) * size) + 3, size).astype(int)
    side = int((high - low).max())
    if (high <= low).any():
        return frame
    i, j = np.mgrid[: ROWS - 1, : count - 1]
    a = i * count + j
    faces = np.stack([np.stack([a, a + count, a + 1], -1), np.stack([a + 1, a + count, a + count + 1], -1)], 2)
    faces = faces.reshape(-1, 3).astype(np.int32)
    fine = FINE if side < 150 else 1
    cover = rasterised((uv * size - low) * fine, faces, side * fine, depth)
    gap = np.linalg.norm(mouth.lower - mouth.upper, axis=1)
    fall = (down[..., 0] * gap).reshape(-1)
    across = np.tile((mouth.upper[:, 0] + mouth.lower[:, 0]) / 2 - np.mean(mouth.upper[[0, -1], 0]), ROWS)
    values = np.stack([across, fall, np.tile(gap, ROWS)], axis=1).astype(np.float32)
    colour = np.zeros((side * fine, side * fine, 3), np.float32)
    colour[cover.covered] = _inside(cover.interpolated(values, faces), mouth)

    surface = at_size(frame.depth, size)[low[1] : low[1] + side, low[0] : low[0] + side]
    wall = np.zeros((side, side), np.float32)
    wall[: surface.shape[0], : surface.shape[1]] = surface
    wall = cv2.resize(wall, (side * fine,) * 2, interpolation=cv2.INTER_LINEAR)
    open_to = np.clip((wall - np.where(cover.covered, cover.depth, 0) + BIAS) / SOFT + 1 / 2, 0, 1)
    opacity = np.where(cover.covered, open_to, 0).astype(np.float32)
    laid = cv2.resize(np.dstack([colour * opacity[..., None], opacity]), (side, side), interpolation=cv2.INTER_AREA)
    laid = cv2.GaussianBlur(laid, (3, 3), 0)[: surface.shape[0], : surface.shape[1]]

    rgb = frame.rgb.copy()
    place = slice(low[1], low[1] + laid.shape[0]), slice(low[0], low[0] + laid.shape[1])
    rgb[place] = np.clip(rgb[place] * (1 - laid[..., 3:]) + 255 * laid[..., :3] + 0.5, 0, 255).astype(np.uint8)
    return replace(frame, rgb=rgb, labels=_labelled(frame, laid[..., 3], low))


def _inside(places: Floats, mouth: MouthInside) -> Floats:
    """Colours [P, 3] at places [P, 3]: how far from the middle, how far below the upper edge, how far to the lower."""
    across, fall, gap = places.T
    share = np.clip(fall / np.maximum(gap, 1e-5), 0, 1)
    deep = np.clip((share - 0.55) / 0.45, 0, 1)[:, None] * np.clip(gap / 0.013, 0, 1)[:, None]
    colour = DARK + (TONGUE - DARK) * deep * deep
    if mouth.teeth:
        distance = np.abs(across)
        tall = np.minimum(TALL * (1 - 0.25 * (distance / HALF_ROW) ** 2), MOST * gap)
        groove = np.zeros_like(distance)
        for edge in EDGES:
            groove = np.maximum(groove, np.exp(-(((distance - edge) / GROOVE_WIDE) ** 2)))
        # corners of teeth are round
        there = np.clip((tall - 0.0012 * groove - fall) / 0.0011 + 1 / 2, 0, 1)
        light = np.clip(1.02 - (distance / HALF_ROW) ** 2, 0.12, 1) * (1 - GROOVE * groove)
        light = light * np.clip(0.62 + 0.38 * fall / LIP_SHADE, 0, 1)
        colour = colour + (TOOTH * light[:, None] - colour) * there[:, None]
    return np.asarray(colour * mouth.light, np.float32)


def _labelled(frame: Frame, opacity: Floats, low: NDArray[np.int_]) -> NDArray[np.uint8] | None:
    """Labels [h, w] that know the inside of the mouth."""
    if frame.labels is None:
        return None
    size, few = len(frame.rgb), len(frame.labels)
    whole = np.zeros((size, size), np.float32)
    whole[low[1] : low[1] + opacity.shape[0], low[0] : low[0] + opacity.shape[1]] = opacity
    share = cv2.resize(whole, (few, few), interpolation=cv2.INTER_AREA)
    return np.where(share > 1 / 2, np.uint8(PARTS.index("mouth")), frame.labels).astype(np.uint8)
