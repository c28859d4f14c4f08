"""Frames as the bytes that textures take; plain numpy, shared with the canvas that works without OpenGL."""

import numpy as np
from numpy.typing import NDArray

from core.frame import Frame


def premultiplied(frame: Frame) -> NDArray[np.uint8]:
    """Return uint8 [H, W, 4]: the frame's colour without its white ground, premultiplied by alpha.

    A colour darker than white allows for its alpha cannot be: at outlines, where alpha is coarser than the picture, it
    would leave a dark fringe. There alpha is raised to what the colour asks for, up to three times.
    """
    alpha = np.rint(np.clip(frame.alpha, 0, 1) * 255).astype(np.uint8)
    red, green, blue = frame.rgb[..., 0], frame.rgb[..., 1], frame.rgb[..., 2]
    asked = 255 - np.minimum(np.minimum(red, green), blue)
    most = np.minimum(alpha, 85) * np.uint8(3)
    alpha = np.maximum(alpha, np.minimum(asked, most))[..., None]
    ground = 255 - alpha
    # all in uint8, where numpy is fast: max(rgb - ground, 0), never brighter than its alpha
    bare = np.minimum(frame.rgb - np.minimum(frame.rgb, ground), alpha)
    return np.concatenate((bare, alpha), axis=-1)


def grown_depth(depth: NDArray[np.float32], side: int = 128, rings: int = 3) -> NDArray[np.float32]:
    """Return a depth map of at most `side` pixels whose outline has grown by a few pixels.

    The grown rim carries the soft outline of hair, whose own depth is unsure.
    """
    step = max(1, -(-max(depth.shape) // side))
    grown = np.ascontiguousarray(depth[::step, ::step])
    for _ in range(rings):
        padded = np.pad(grown, 1)
        total = np.zeros_like(grown)
        count = np.zeros_like(grown)
        rows, columns = grown.shape
        for row, column in ((0, 1), (2, 1), (1, 0), (1, 2)):
            beside = padded[row : row + rows, column : column + columns]
            total += beside
            count += beside > 0
        grown = np.where((grown == 0) & (count > 0), total / np.maximum(count, 1), grown).astype(np.float32)
    return grown
