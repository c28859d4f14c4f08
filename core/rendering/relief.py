"""What shape a picture shows, for super-resolutions that draw: how light falls on it, and where in the world it is.

A composite of features knows colours and parts, but neither where a surface faces nor where it lies. A style fitted to
drawings asks for both: marble is all light, its veins stand still in the world. Both are read off the depth, with a
lamp that stands still too, and take the places of the last features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.nearest_pixel import nearest_known
from core.rendering.rays import camera_rays

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera

    Floats = NDArray[np.float32]

LAMP = np.array([0.32, 0.62, 0.72], np.float32) / np.float32(1.0024)
"""Where the light comes from, world axes: before the head, above, somewhat to its left."""
WRAP = 0.3
"""How far light reaches around."""
SHARPNESS = 14.0
"""Of the lamp's reflection (Blinn)."""
CHANNELS = 6
"""Matte light, reflected light, how squarely the surface is seen, and the place: x, y, z over `REACH`."""
REACH = 0.3
"""World units."""
GREY = (0.299, 0.587, 0.114)
SOLID = 0.5
"""Alpha from which a pixel has a surface of its own."""
APART = 0.03
"""Difference of depth, world units, beyond which neighbours are not smoothed together."""
SMOOTH_PX = 1.0


def with_relief(features: Tensor, alpha: Tensor, depth: Tensor, camera: Camera, *, shown: bool = False) -> Tensor:
    """Features [1, F, h, w] whose last `CHANNELS` tell of the shape, premultiplied like the others.

    Args:
        features: composited.
        alpha: [1, 1, h, w].
        depth: [1, 1, h, w] along the ray.
        camera: of the picture.
        shown: the matte light takes the place of all three colours, and their lightness that of the light.
    """
    shape = torch.from_numpy(relief(depth[0, 0].cpu().numpy(), alpha[0, 0].cpu().numpy(), camera)).to(features)
    return laid_on(features, shape.movedim(-1, 0)[None] * alpha, shown=shown)


def laid_on(features: Tensor, shape: Tensor, *, shown: bool) -> Tensor:
    """Features [B, F, h, w] with a premultiplied relief [B, CHANNELS, h, w]; see `with_relief`."""
    colours, kept = features[:, :3], features[:, 3:-CHANNELS]
    if shown:
        lightness = torch.einsum("c,bchw->bhw", features.new_tensor(GREY), colours)[:, None]
        colours, shape = shape[:, :1].expand_as(colours), torch.cat([lightness, shape[:, 1:]], 1)
    return torch.cat([colours, kept, shape], 1)


def relief(depth: Floats, alpha: Floats, camera: Camera) -> Floats:
    """Float32 [h, w, CHANNELS] of a depth picture [h, w] along the rays; where alpha is small, that of what is near."""
    size = len(depth)
    sure = alpha > SOLID
    if not sure.any():
        return np.zeros((size, size, CHANNELS), np.float32)
    filled = np.asarray(depth.ravel()[nearest_known(sure)], np.float32)
    calm = cv2.bilateralFilter(cv2.medianBlur(filled, 3), 5, APART, 2.0)
    origins, flat_directions, _ = (values.numpy() for values in camera_rays(camera, size))
    directions = flat_directions.reshape(size, size, 3)
    points = (origins.reshape(size, size, 3) + directions * calm[..., None]).astype(np.float32)
    smooth = cv2.GaussianBlur(points, (0, 0), SMOOTH_PX)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    normals = _unit(np.cross(down, across))
    matte = np.clip((normals @ LAMP + WRAP) / (1 + WRAP), 0, 1)
    shine = np.clip((normals * _unit(LAMP - directions)).sum(-1), 0, 1) ** SHARPNESS
    facing = np.clip(-(normals * directions).sum(-1), 0, 1)
    return np.concatenate([np.stack([matte, shine, facing], -1), points / REACH], -1).astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), np.float32)
