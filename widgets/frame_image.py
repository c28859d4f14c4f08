"""What the shaders do to a frame, on the processor: tint a part, soften the edges, move to a new camera, enlarge."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame
from widgets.gl.pixels import premultiplied
from widgets.scene import EDGE_FADE, Colour

Pixels = NDArray[np.uint8]
Weights = NDArray[np.float32]

_GRID = 96
_INVERSIONS = 3
_MOST_PX = 2048


def tinted(frame: Frame, highlight: int, accent: Colour) -> Pixels:
    """Return premultiplied pixels [H, W, 4] of a frame with one part tinted and outlined; 0 tints none."""
    rgba = premultiplied(frame)
    if not highlight or frame.labels is None:
        return rgba
    size = (rgba.shape[1], rgba.shape[0])
    weight = cv2.resize((frame.labels == highlight).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    rim = _smoothstep(0.12, 0.5, weight) * (1 - _smoothstep(0.5, 0.9, weight))
    amount = np.maximum(0.22 * _smoothstep(0.3, 0.7, weight), 0.8 * rim)[..., None]
    colour = np.asarray(accent, np.float32) * rgba[..., 3:]
    rgba[..., :3] = rgba[..., :3] * (1 - amount) + colour * amount
    return rgba


def with_soft_sides(rgba: Pixels) -> Pixels:
    """Return premultiplied pixels faded out at the left and the right edge."""
    width = rgba.shape[1]
    inward = np.minimum(np.arange(width), np.arange(width)[::-1]) / (EDGE_FADE * width)
    return (rgba * _smoothstep(0.0, 1.0, inward.astype(np.float32))[None, :, None]).astype(np.uint8)


def enlarged(rgba: Pixels, side: int) -> Pixels:
    """Return premultiplied pixels at `side`, crisp where that is larger."""
    side = min(side, _MOST_PX)
    if side <= rgba.shape[0]:
        return rgba
    larger = np.asarray(cv2.resize(rgba, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
    larger[..., :3] = np.minimum(larger[..., :3], larger[..., 3:])
    return larger


def moved(rgba: Pixels, frame: Frame, camera: Camera) -> Pixels:
    """Return pixels of a frame as another camera would roughly see them.

    Each point of a coarse grid is lifted by the frame's depth and projected again; the field of shifts is then followed
    backwards, so that nothing tears and no hole opens.
    """
    rows = np.arange(_GRID) * frame.depth.shape[0] // _GRID
    columns = np.arange(_GRID) * frame.depth.shape[1] // _GRID
    depth = frame.depth[rows][:, columns].astype(np.float64)
    old = frame.camera
    # the outline of a head lies about as far away as its middle
    depth[depth <= 0] = -float(old.position @ old.forward)
    at = (np.arange(_GRID) + 0.5) / _GRID
    u, v = np.meshgrid(at, at)
    points = np.stack([(u - 0.5) / old.focal * depth, (v - 0.5) / old.focal * depth, depth], -1).reshape(-1, 3)
    seen, in_front = camera.project(points @ old.world_from_camera[:3, :3].T + old.position)
    seen[in_front <= 0] = 0.5
    here = np.stack([u, v], -1).astype(np.float32)
    shift = cv2.GaussianBlur((seen.reshape(_GRID, _GRID, 2) - here).astype(np.float32), (3, 3), 0)
    source = here - shift
    for _ in range(_INVERSIONS):
        grid = source * _GRID - 0.5
        there = cv2.remap(shift, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        source = here - there
    height, width = rgba.shape[:2]
    wanted = cv2.resize(source, (width, height), interpolation=cv2.INTER_LINEAR)
    wanted = wanted * np.asarray((width, height), np.float32) - np.float32(0.5)
    edge = cv2.BORDER_CONSTANT
    return np.asarray(cv2.remap(rgba, wanted, None, cv2.INTER_LINEAR, borderMode=edge), np.uint8)


def _smoothstep(low: float, high: float, value: Weights) -> Weights:
    amount: Weights = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return amount * amount * (3 - 2 * amount)
