"""A picture good enough to drag with, in tens of milliseconds on a CPU, from what has been computed before.

Rays end where the density grid stops half of their light; the point they reach takes its colour from finished frames
that saw it, and where none did from the grid. No network runs. R rays.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.camera import Camera
from core.frame import Frame, Quality
from core.rendering.occupancy import FieldGrid
from core.rendering.tracing import CLEAR, RAYS_UNIT, pixel_directions, trace

PICTURE_PX = 256
"""Side of the traced picture; larger frames are scaled up from it."""
AGREE = 0.015
"""Difference in depth, world units, beyond which a finished frame saw something else."""
KEYS_USED = 2
"""Finished frames that a preview takes colours from."""
KEY_ANGLE_RADIANS = math.radians(40)
"""A frame from further around than this sees the surface too aslant."""


@dataclass(frozen=True, eq=False)
class KeyView:
    """A finished frame, ready to lend its colours.

    Attributes:
        camera: where it was seen from.
        quality: the work that went into it.
        rgb: float32 [3, H, W], 0..1.
        depth: float32 [h, w] along the camera's z; 0 where there is nothing, or the edge of something.
    """

    camera: Camera
    quality: Quality
    rgb: Tensor
    depth: Tensor

    @staticmethod
    def from_frame(frame: Frame) -> "KeyView":
        """The frame as tensors."""
        rgb = torch.from_numpy(frame.rgb).movedim(-1, 0).float() / 255
        depth = torch.from_numpy(frame.depth)[None, None]
        # at an edge the colours of what lies before and behind it mix
        farthest, nearest = F.max_pool2d(depth, 3, 1, padding=1), -F.max_pool2d(-depth, 3, 1, padding=1)
        inner = torch.where(farthest - nearest < AGREE * 2, depth, torch.zeros(()))[0, 0]
        return KeyView(frame.camera, frame.quality, rgb, inner)

    def angle_to(self, camera: Camera) -> float:
        """Angle between the two viewing directions."""
        return math.acos(max(-1.0, min(1.0, float(self.camera.forward @ camera.forward))))

    def colours_at(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """RGB [R, 3] of world points [R, 3], and how far to trust it, [R]: 0 where the frame did not see the point."""
        pose = torch.from_numpy(self.camera.camera_from_world).float()
        seen = points @ pose[:3, :3].T + pose[:3, 3]
        at = (seen[:, :2] * (2 * self.camera.focal) / seen[:, 2:].clamp(min=1e-3))[None, None]
        rgb = F.grid_sample(self.rgb[None], at, mode="bilinear", padding_mode="border", align_corners=False)
        # the nearest depth, not a mean of two surfaces
        depth = F.grid_sample(self.depth[None, None], at, mode="nearest", padding_mode="zeros", align_corners=False)
        off = (seen[:, 2] - depth[0, 0, 0]).abs()
        return rgb[0, :, 0].T, (2 - 2 * off / AGREE).clamp(0, 1)


def preview(grid: FieldGrid, keys: list[KeyView], camera: Camera, size_px: int) -> Frame:
    """Draw a head from its grid and from frames finished before.

    Args:
        grid: the head's density, colours and labels.
        keys: finished frames of the same head.
        camera: where from.
        size_px: side of the picture; depth and labels are at most `PICTURE_PX` wide.

    Returns:
        A frame on white.
    """
    picture_px = min(PICTURE_PX, -(-size_px // RAYS_UNIT) * RAYS_UNIT)
    directions, along_z = pixel_directions(camera, picture_px)
    hits = trace(grid, camera, picture_px)
    drawn = (hits.alpha > CLEAR).nonzero()[:, 0]
    points = torch.from_numpy(np.array(camera.position)).float() + hits.depth[drawn, None] * directions[drawn]
    colour = surface_colours(grid, keys, camera, points)

    alpha = hits.alpha[drawn, None]
    rgb = torch.full((picture_px**2, 3), 255, dtype=torch.uint8)
    rgb = rgb.index_copy(0, drawn, ((colour * alpha + 1 - alpha) * 255 + 0.5).byte())
    # bytes with their channels last, which is how they lie here, are scaled the fastest
    picture = scaled(rgb.view(1, picture_px, picture_px, 3).movedim(-1, 1), size_px)
    drawn_alpha = torch.where(hits.alpha > CLEAR, hits.alpha, torch.zeros(()))
    coverage = scaled(drawn_alpha.view(1, 1, picture_px, picture_px), size_px)
    solid = hits.alpha >= 1 / 2
    depth = torch.where(solid, hits.depth * along_z, torch.zeros(())).view(picture_px, picture_px)
    parts = grid.label_at(points)
    if parts is not None:
        # a point just before the known nodes: look a little further in
        deeper = grid.label_at(points + max(grid.spacing) * directions[drawn])
        parts = torch.where(parts > 0, parts, parts if deeper is None else deeper)
    labels: np.ndarray[tuple[int, int], np.dtype[np.uint8]] | None = None
    if parts is not None:
        flat = torch.zeros(picture_px**2, dtype=torch.uint8).index_copy(0, drawn, parts * solid[drawn])
        labels = flat.view(picture_px, picture_px).numpy()
    return Frame(
        rgb=picture[0].movedim(0, -1).contiguous().numpy(),
        alpha=coverage[0, 0].numpy(),
        depth=depth.numpy(),
        labels=labels,
        camera=camera,
        quality=Quality.PREVIEW,
    )


def scaled(picture: Tensor, size_px: int) -> Tensor:
    """Picture [1, C, H, W] at another size; not antialiased, which a moving picture does not need."""
    if picture.shape[-1] == size_px:
        return picture
    return F.interpolate(picture, size=(size_px, size_px), mode="bilinear", align_corners=False)


def surface_colours(grid: FieldGrid, keys: list[KeyView], camera: Camera, points: Tensor) -> Tensor:
    """RGB [R, 3] of surface points [R, 3]: from the closest frames that saw them, else from the grid."""
    colour = grid.colour_at(points)
    close = [key for key in keys if key.angle_to(camera) < KEY_ANGLE_RADIANS]
    # the farthest first: nearer ones paint over it; among equals the finer frame is the last
    close.sort(key=lambda key: (-key.angle_to(camera), key.quality))
    for key in close[-KEYS_USED:]:
        seen, trust = key.colours_at(points)
        trust = trust * min(1.0, 2 - 2 * key.angle_to(camera) / KEY_ANGLE_RADIANS)
        colour = torch.lerp(colour, seen, trust[:, None])
    return colour
