"""A picture good enough to drag with, in tens of milliseconds on a CPU, from what has been computed before.

Rays end where the density grid stops half of their light; the point they reach takes its colour from finished frames
that saw it, and where none did from the grid. No network runs. R rays.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.camera import Camera
from core.frame import Frame, Quality
from core.rendering.grid_tones import GridTones
from core.rendering.key_view import KeyView
from core.rendering.lent_view import LentView
from core.rendering.occupancy import FieldGrid
from core.rendering.tracing import CLEAR, RAYS_UNIT, pixel_directions, trace

PICTURE_PX = 256
"""Side of the traced picture; larger frames are scaled up from it."""
KEYS_USED, LENT_USED = 2, 1
"""Finished frames that a preview takes colours from, and those of the head as it was before."""
KEY_ANGLE_RADIANS = math.radians(60)
"""A frame from further around than this sees the surface too aslant."""


def preview(
    grid: FieldGrid, keys: Sequence[KeyView | LentView], camera: Camera, size_px: int, tones: GridTones | None = None
) -> Frame:
    """Draw a head from its grid and from frames finished before.

    Args:
        grid: the head's density, colours and labels.
        keys: finished frames of the same head, after those of one like it.
        camera: where from.
        size_px: side of the picture; depth and labels are at most `PICTURE_PX` wide.
        tones: what finished frames make of the grid's colours; None leaves them.

    Returns:
        A frame on white.
    """
    picture_px = min(PICTURE_PX, -(-size_px // RAYS_UNIT) * RAYS_UNIT)
    directions, along_z = pixel_directions(camera, picture_px)
    hits = trace(grid, camera, picture_px)
    drawn = (hits.alpha > CLEAR).nonzero()[:, 0]
    points = torch.from_numpy(np.array(camera.position)).float() + hits.depth[drawn, None] * directions[drawn]
    parts = grid.label_at(points)
    if parts is not None:
        # a point just before the known nodes: look a little further in
        deeper = grid.label_at(points + max(grid.spacing) * directions[drawn])
        parts = torch.where(parts > 0, parts, parts if deeper is None else deeper)
    raw = grid.colour_at(points)
    toned = raw if tones is None else tones.toned(raw, points, parts)
    colour = surface_colours(raw, toned, keys, camera, points)

    alpha = hits.alpha[drawn, None]
    rgb = torch.full((picture_px**2, 3), 255, dtype=torch.uint8)
    rgb = rgb.index_copy(0, drawn, ((colour * alpha + 1 - alpha) * 255 + 0.5).byte())
    # bytes with their channels last, which is how they lie here, are scaled the fastest
    picture = scaled(rgb.view(1, picture_px, picture_px, 3).movedim(-1, 1), size_px)
    drawn_alpha = torch.where(hits.alpha > CLEAR, hits.alpha, torch.zeros(()))
    coverage = scaled(drawn_alpha.view(1, 1, picture_px, picture_px), size_px)
    solid = hits.alpha >= 1 / 2
    depth = torch.where(solid, hits.depth * along_z, torch.zeros(())).view(picture_px, picture_px)
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


def surface_colours(
    raw: Tensor, toned: Tensor, keys: Sequence[KeyView | LentView], camera: Camera, points: Tensor
) -> Tensor:
    """RGB [R, 3] of surface points [R, 3]: from the closest frames that saw them.

    Args:
        raw: what the grid has there.
        toned: the same as finished frames would have it, for where none saw a point.
        keys: as of `preview`.
        camera: of the picture.
        points: of the surface.
    """
    # the farthest first: nearer ones paint over it; among equals the finer frame is the last
    close = sorted(keys, key=lambda key: (-key.angle_to(camera), key.quality))
    close = [key for key in close if key.angle_to(camera) < KEY_ANGLE_RADIANS]
    lent = [key for key in close if isinstance(key, LentView)]
    own = [key for key in close if isinstance(key, KeyView)]
    used: tuple[KeyView | LentView, ...] = (*lent[-LENT_USED:], *own[-KEYS_USED:])
    colour = toned
    for key in used:
        seen, trust = key.colours_at(points, raw)
        trust = trust * min(1.0, 2 - 2 * key.angle_to(camera) / KEY_ANGLE_RADIANS)
        colour = torch.lerp(colour, seen, trust[:, None])
    return colour
