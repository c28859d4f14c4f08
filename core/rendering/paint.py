"""Paint that sticks to a head: looked up for every pixel of a finished picture by the place that the pixel shows.

A layer was painted from one camera, whose depth tells which surface it lies on. A pixel's own depth gives its point in
the world, that point's place in the layer's picture gives the paint, and the layer's depth there tells whether the
point was seen. Nothing about the head changes, so paint is as sharp as it was drawn and costs no fitting.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.edit import Paint

ROW = 4096
"""Positions that are looked up in one row."""
SKIN_DEEP = 0.02
"""How far a point may lie from the surface that was painted, world units: the depth is coarse, and edits move skin."""


def painted(
    rgb: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    depth: NDArray[np.float32],
    camera: Camera,
    layers: tuple[Paint, ...],
) -> NDArray[np.uint8]:
    """A picture with paint on.

    Args:
        rgb: uint8 [S, S, 3], on white.
        alpha: float32 [S, S].
        depth: float32 [h, w], along the camera's z; 0 where there is nothing. May be smaller than the picture.
        camera: of the picture.
        layers: first to last.
    """
    if not layers:
        return rgb
    size = rgb.shape[0]
    chosen = np.flatnonzero(alpha.ravel() > 0)
    if not len(chosen):
        return rgb
    origins, directions = camera.rays(size, size)
    forward = camera.world_from_camera[:3, 2]
    directions = directions[chosen]
    along = _at_size(depth, size).ravel()[chosen] / (directions @ forward)
    points = origins[chosen] + directions * along[:, None]
    share = alpha.ravel()[chosen, None]
    behind = 1 - share
    seen = rgb.reshape(-1, 3)[chosen].astype(np.float32) / 255
    for layer in layers:
        uv, distance = layer.camera.project(points)
        colour, cover = _laid_on(layer, uv, distance)
        cover = cover * layer.strength
        seen = seen + cover * (colour * share + behind - seen)
    finished = rgb.reshape(-1, 3).copy()
    finished[chosen] = np.clip(seen * 255 + 0.5, 0, 255).astype(np.uint8)
    return finished.reshape(rgb.shape)


def _laid_on(
    layer: Paint, uv: NDArray[np.float64], distance: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours [N, 3], 0..1, and cover [N, 1] of a layer at places of its picture, 0 where its camera saw another."""
    side = layer.picture.shape[0]
    at = np.nan_to_num(uv, nan=-1.0).astype(np.float32)
    thick = layer.picture[..., 3:].astype(np.float32) / 255
    # colours of unpainted pixels must not bleed into the rim of a stroke
    premultiplied = np.concatenate([layer.picture[..., :3] / np.float32(255) * thick, thick], axis=2)
    place = at * side - np.float32(0.5)
    found = _looked_up(premultiplied, place)
    rows, columns = layer.depth.shape
    scale = np.array([columns, rows], np.float32)
    surface = _solid(layer.depth)
    here = at * scale - np.float32(0.5)
    depth = _looked_up(surface, here)
    visible = (depth > 0) & (distance > 0) & (np.abs(distance - depth) < SKIN_DEEP)
    cover = found[:, 3:] * visible[:, None]
    colour = found[:, :3] / np.maximum(found[:, 3:], 1e-6)
    return np.asarray(colour, np.float32), np.asarray(cover, np.float32)


def _looked_up(picture: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture [H, W, ...] at positions [N, 2] in pixels, [N, ...]; 0 outside."""
    rows = -(-len(at) // ROW)  # OpenCV refuses longer rows
    padded = np.full((rows * ROW, 2), -2, np.float32)
    padded[: len(at)] = at
    grid = padded.reshape(rows, ROW, 2)
    found = cv2.remap(picture, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderValue=0.0)
    return np.asarray(found.reshape(rows * ROW, *picture.shape[2:])[: len(at)], np.float32)


def _at_size(depth: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """Depth at the picture's size, float32 [S, S]; it goes on a little beyond its rim."""
    return np.asarray(cv2.resize(_solid(depth), (size_px, size_px), interpolation=cv2.INTER_LINEAR), np.float32)


def _solid(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Depth whose empty pixels next to the head take its depth, so that interpolation at the rim stays on it."""
    filled = depth.copy()
    for _ in range(2):
        known = (filled > 0).astype(np.float32)
        near, total = cv2.blur(known, (3, 3)), cv2.blur(filled, (3, 3))
        grow = (known == 0) & (near > 0)
        filled[grow] = total[grow] / near[grow]
    return filled
