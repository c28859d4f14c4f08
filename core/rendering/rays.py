"""Rays and the depths at which a first pass samples them.

Two sources of rays: a `Camera` of this program, and the pose and intrinsics with which the published generators
were trained, whose arithmetic (pixel centres, float32) is kept so that their numbers are reproduced.
"""

import torch
from torch import Tensor

from core.camera import Camera


def camera_rays(camera: Camera, picture_px: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """Rays through the pixel centres of a square picture, row by row.

    Returns:
        Origins float32 [R, 3], unit directions float32 [R, 3], and for each ray the length along the camera's z of
        one unit of ray, [R].
    """
    origins, directions = camera.rays(picture_px, picture_px)
    forward = directions @ camera.forward
    return (
        torch.from_numpy(origins).to(device, torch.float32),
        torch.from_numpy(directions).to(device, torch.float32),
        torch.from_numpy(forward).to(device, torch.float32),
    )


def pose_rays(world_from_camera: Tensor, intrinsics: Tensor, picture_px: int) -> tuple[Tensor, Tensor]:
    """Rays of a published generator's camera, its skew included.

    Args:
        world_from_camera: [B, 4, 4], OpenCV axes.
        intrinsics: [B, 3, 3], in picture widths.
        picture_px: side of the picture.

    Returns:
        Origins and unit directions, each [B, R, 3].
    """
    at = (torch.arange(picture_px, dtype=torch.float32, device=intrinsics.device) + 0.5) * (1 / picture_px)
    v, u = (axis.reshape(1, -1) for axis in torch.meshgrid(at, at, indexing="ij"))
    fx, fy, cx, cy, skew = (intrinsics[:, i, j, None] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2), (0, 1)))
    x = (u - cx + cy * skew / fy - skew * v / fy) / fx
    y = (v - cy) / fy
    in_camera = torch.stack([x, y, torch.ones_like(x), torch.ones_like(x)], dim=-1)
    origins = world_from_camera[:, None, :3, 3]
    directions = (in_camera @ world_from_camera.transpose(1, 2))[..., :3] - origins
    return origins.expand_as(directions), torch.nn.functional.normalize(directions, dim=2)


def box_limits(origins: Tensor, directions: Tensor, box_side: float) -> tuple[Tensor, Tensor]:
    """Where rays [..., 3] enter and leave a cube about the origin, each [..., 1]; (-1, -2) where they miss it."""
    half = box_side / 2
    first, second = (-half - origins) / directions, (half - origins) / directions
    start = torch.minimum(first, second).amax(-1, keepdim=True)
    end = torch.maximum(first, second).amin(-1, keepdim=True)
    hit = start <= end
    return torch.where(hit, start, -torch.ones_like(start)), torch.where(hit, end, torch.full_like(end, -2.0))


def filled_limits(start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """Limits in which rays that missed the box get those of the others.

    The published renderer fills the missing *ends* with the greatest *start*; the weights were trained with that
    slip, so it stays.
    """
    hit = end > start
    if not bool(hit.any()):
        return start, end
    return torch.where(hit, start, start[hit].min()), torch.where(hit, end, start[hit].max())


def stratified_depths(
    start: float | Tensor,
    end: float | Tensor,
    samples: int,
    jitter: float | Tensor = 0.5,
    *,
    in_disparity: bool = False,
) -> Tensor:
    """Depths of the first pass, one in each of `samples` cells.

    The cells start at `samples` points from start to end inclusive, so the last cell begins at the end and its
    sample lies past it, as in the published renderer.

    Args:
        start: where rays begin, a number or [..., 1].
        end: where they end, a number or [..., 1].
        samples: S.
        jitter: place in each cell, 0..1: one number for all or [..., S].
        in_disparity: space the samples evenly in 1 / depth.

    Returns:
        [..., S], or [S] from numbers alone.
    """
    like = next((value for value in (start, end, jitter) if isinstance(value, Tensor)), torch.zeros(()))
    steps = torch.arange(samples, dtype=torch.float32, device=like.device) / (samples - 1)
    if in_disparity:
        at = torch.linspace(0, 1, samples, device=like.device) + jitter / (samples - 1)
        return 1 / (1 / start * (1 - at) + 1 / end * at)
    if isinstance(start, Tensor) or isinstance(end, Tensor):
        return start + steps * (end - start) + jitter * ((end - start) / (samples - 1))
    return torch.linspace(start, end, samples, device=like.device) + jitter * ((end - start) / (samples - 1))
