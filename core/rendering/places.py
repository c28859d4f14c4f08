"""The places in the world that pixels show, and pictures that are read at positions between their pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.camera import Camera

ROW = 4096
"""Positions that are looked up in one row."""
CENTRE = np.array([0.0, 0.03, -0.02])
"""Of the ball that tells where hair faces, world units."""
BUMPS, STEP = 0.028, 0.03
"""Size of the bumps that strands run over, in picture sides, and their height, world units."""
SMALLER = 4
"""By which the picture of what bumps hide is smaller: it is smooth."""
STEEP = (0.05, 0.09)
"""Differences of depth, world units, over three pixels of a frame's depth from which a surface bears less of a texture,
and none."""
SHARP = 4.0
"""How narrow the borders between the three sides of a texture are."""

Floats = NDArray[np.float32]


def places_of(
    camera: Camera, depth: Floats, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """World points [N, 3] that chosen pixels of a depth picture [S, S] show, and unit directions [N, 3] to them.

    Args:
        camera: of the picture.
        depth: along the camera's z; it must be positive at the chosen pixels.
        chosen: numbers of pixels, row by row.
    """
    directions = _ways(camera, *depth.shape)[chosen]
    along = depth.ravel()[chosen] / (directions @ camera.forward)
    return camera.position + directions * along[:, None], directions


@lru_cache(maxsize=2)
def _ways(camera: Camera, height: int, width: int) -> NDArray[np.float64]:
    """Unit directions [H * W, 3] of a camera's pixels; every layer of a frame asks for the same ones."""
    return camera.rays(height, width)[1]


def remapped(picture: Floats, at: Floats) -> Floats:
    """A picture [H, W, ...] at positions [N, 2] in pixels, [N, ...]; 0 outside."""
    rows = -(-len(at) // ROW)  # OpenCV refuses longer rows
    padded = np.full((rows * ROW, 2), -2, np.float32)
    padded[: len(at)] = at
    grid = padded.reshape(rows, ROW, 2)
    channels = picture.reshape(*picture.shape[:2], -1)
    # nor does it take more than four channels
    pieces = [np.ascontiguousarray(channels[..., first : first + 4]) for first in range(0, channels.shape[2], 4)]
    found = [
        cv2.remap(piece, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderValue=0.0).reshape(len(padded), -1)
        for piece in pieces
    ]
    whole = np.concatenate(found, axis=1)[: len(at)]
    return np.asarray(whole.reshape(len(at), *picture.shape[2:]), np.float32)


def tiled(texture: Floats, row: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
    """A texture [H, W] that repeats both ways, at positions [N] in pixels."""
    height, width = texture.shape
    wide = np.pad(texture, ((0, 1), (0, 1)), mode="wrap")
    at = np.stack([column % width, row % height], axis=1).astype(np.float32)
    return np.asarray(remapped(wide, at), np.float64)


def triplanar(
    texture: Floats, points: NDArray[np.float64], texel: float, facing: Floats | None = None
) -> NDArray[np.float64]:
    """A texture [H, W] that repeats both ways, laid on the head from three sides, at world points [N, 3].

    The sides are mixed by where it faces, so that there is no pole and no seam. Where they mix, the mean of two is
    calmer than either, and takes its contrast back (Heitz and Neyret 2018).

    Args:
        texture: of mean 0.
        points: on the head.
        texel: size of its pixels, world units.
        facing: where the surface faces there, [N, 3]; None takes a ball.
    """
    out = np.abs(points - CENTRE if facing is None else facing)
    out = out / np.maximum(out.max(axis=1, keepdims=True), 1e-6)
    weights = out**SHARP
    weights /= weights.sum(axis=1, keepdims=True)
    found, at = np.zeros(len(points)), points / texel
    for axis, (row, column) in enumerate(((1, 2), (2, 0), (1, 0))):
        found += weights[:, axis] * tiled(texture, -at[:, row] + 97 * axis, at[:, column] + 31 * axis)
    return np.asarray(found / np.sqrt((weights**2).sum(axis=1)), np.float64)


def at_size(depth: Floats, size_px: int) -> Floats:
    """Depth at the picture's size, float32 [S, S]; it goes on a little beyond its rim."""
    calm = unspeckled(depth)
    return np.asarray(cv2.resize(calm, (size_px, size_px), interpolation=cv2.INTER_LINEAR), np.float32)


def unspeckled(depth: Floats) -> Floats:
    """Depth [h, w] that goes on a little beyond its rim, and without single pixels far off."""
    # foggy surfaces have such when few samples were taken
    return np.asarray(cv2.medianBlur(solid(depth), 3), np.float32)


def solid(depth: Floats) -> Floats:
    """Depth whose empty pixels next to the head take its depth, so that interpolation at the rim stays on it."""
    filled = depth.copy()
    for _ in range(2):
        known = (filled > 0).astype(np.float32)
        near, total = cv2.blur(known, (3, 3)), cv2.blur(filled, (3, 3))
        grow = (known == 0) & (near > 0)
        filled[grow] = total[grow] / near[grow]
    return filled


def calmed(depth: Floats, hair: Floats) -> Floats:
    """Depth [S, S] of hair without its bumps, on which strands would lie like lines of height on a map.

    Args:
        depth: along the camera's z.
        hair: [S, S], 0..1, how much of a pixel is hair.
    """
    size = len(depth)
    small = (size // SMALLER,) * 2
    weight = hair * (depth > 0)
    near = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    far = cv2.resize(depth * weight, small, interpolation=cv2.INTER_AREA)
    sigma = small[0] * BUMPS
    near, far = (cv2.resize(cv2.GaussianBlur(one, (0, 0), sigma), (size, size)) for one in (near, far))
    smooth = far / np.maximum(near, 1e-6)
    # one lock before another stays before it
    same = np.clip(2 - np.abs(smooth - depth) / STEP, 0, 1) * (near > 1e-3)
    return np.asarray(depth + same * (smooth - depth), np.float32)


def steady(depth: Floats, size_px: int) -> Floats:
    """Where a surface is steady enough to bear a texture, 0..1 [S, S]: not where it ends before another one.

    Args:
        depth: of a frame, along the camera's z.
        size_px: S.
    """
    flat = np.clip((STEEP[1] - steps_of(depth)) / (STEEP[1] - STEEP[0]), 0, 1).astype(np.float32)
    return np.asarray(
        cv2.resize(cv2.blur(flat, (3, 3)), (size_px, size_px), interpolation=cv2.INTER_LINEAR), np.float32
    )


def steps_of(depth: Floats) -> Floats:
    """By how much depth [h, w] of a frame differs over three pixels, world units."""
    whole, kernel = solid(depth), np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(whole, kernel) - cv2.erode(whole, kernel), np.float32)
