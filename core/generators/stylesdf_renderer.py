"""StyleSDF's cameras, rays and integration, as published; E3DGE's are the same.

Its world is smaller than the studio's: cameras stand one unit from the origin, with OpenGL's axes (y up, looking along
-z), a field of view given by its half, and rays that are as long as their depth along the view. The studio draws its
heads with its own renderer; this one is for the numbers of the published code. B batch, S samples a ray, W width.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.generators.stylesdf_siren import Siren

HALF_FOV_DEGREES = 6.0
HALF_RANGE = 0.12
"""Rays begin and end this far before and behind the origin."""
FARTHEST = 1e10
"""Length of the stretch behind the last sample."""


@dataclass(frozen=True, eq=False)
class SdfCameras:
    """Cameras as StyleSDF and E3DGE write them.

    Attributes:
        poses: world from camera, [B, 3, 4], OpenGL axes. StyleSDF calls these extrinsics.
        focal: in pixels, [B, 1, 1].
        near: [B, 1, 1].
        far: [B, 1, 1].
        picture_px: side of the picture that the focal length is meant for.
    """

    poses: Tensor
    focal: Tensor
    near: Tensor
    far: Tensor
    picture_px: int

    @staticmethod
    def around(
        locations: Tensor,
        picture_px: int,
        half_fov_degrees: float = HALF_FOV_DEGREES,
        half_range: float = HALF_RANGE,
    ) -> "SdfCameras":
        """Cameras on the unit sphere that look at the origin.

        Args:
            locations: azimuth and elevation [B, 2], radians; positive is towards +x and up.
            picture_px: side of the picture.
            half_fov_degrees: half of the field of view.
            half_range: how far before and behind the origin rays begin and end.
        """
        azimuth, elevation = locations.unbind(1)
        back = torch.stack([elevation.cos() * azimuth.sin(), elevation.sin(), elevation.cos() * azimuth.cos()], dim=1)
        up = torch.tensor([[0.0, 1.0, 0.0]], device=locations.device).expand_as(back)
        right = F.normalize(torch.linalg.cross(up, back), eps=1e-5)
        rotation = torch.stack([right, F.normalize(torch.linalg.cross(back, right), eps=1e-5), back], dim=2)
        ones = torch.ones(len(locations), 1, 1, device=locations.device)
        focal = 0.5 * picture_px / math.tan(math.radians(half_fov_degrees))
        poses = torch.cat([rotation, back[:, :, None]], dim=2)
        return SdfCameras(poses, ones * focal, ones - half_range, ones + half_range, picture_px)

    @property
    def extrinsics(self) -> Tensor:
        """Camera from world, [B, 3, 4]: what E3DGE calls extrinsics."""
        turned = self.poses[:, :, :3].transpose(1, 2)
        return torch.cat([turned, -turned @ self.poses[:, :, 3:]], dim=2)

    @property
    def intrinsics(self) -> Tensor:
        """E3DGE's intrinsics [B, 3, 3]: x and y come out in -1..1."""
        scale = self.focal[:, 0, 0] * (2 / self.picture_px)
        return torch.diag_embed(torch.stack([scale, scale, torch.ones_like(scale)], dim=1))

    @property
    def calibs(self) -> Tensor:
        """Intrinsics times extrinsics, [B, 4, 4]."""
        last = torch.tensor([0.0, 0, 0, 1], device=self.poses.device).expand(len(self.poses), 1, 4)
        return torch.cat([self.intrinsics @ self.extrinsics, last], dim=1)

    def rays(self, picture_px: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Origins, directions and the directions in the camera's own axes, each [B, h, w, 3], one long along the view.

        Args:
            picture_px: side of the picture; the focal length is not scaled to it, as published.
        """
        side = picture_px or self.picture_px
        at = torch.linspace(0.5, side - 0.5, side, device=self.poses.device)
        row, column = torch.meshgrid(at, at, indexing="ij")
        x, y = (column - side * 0.5) / self.focal, -(row - side * 0.5) / self.focal
        own = torch.stack([x, y, -torch.ones_like(x)], dim=-1)
        directions = (own[..., None, :] * self.poses[:, None, None, :, :3]).sum(-1)
        return self.poses[:, None, None, :, 3].expand_as(directions), directions, own


@dataclass(frozen=True)
class Marching:
    """Settings of the published renderer; the defaults are those of its inference.

    Attributes:
        samples: S.
        offset_sampling: samples begin their stretches, the last at (1 - 1 / S) of the range, instead of spanning it.
        background: the last sample takes all light that is left.
        static_directions: colours are asked for along the directions in the camera's own axes.
        normalised: points are scaled so that the range of depths is two long.
    """

    samples: int = 24
    offset_sampling: bool = True
    background: bool = True
    static_directions: bool = True
    normalised: bool = True


@dataclass(frozen=True, eq=False)
class SdfPicture:
    """What rays see.

    Attributes:
        rgb: [B, 3, h, w], -1..1.
        features: [B, W, h, w].
        distance: signed distances of all samples, [B, h, w, S, 1].
        points: where rays end, [B, 3, h, w].
        last_weight: how much of each ray the last sample takes, [B, 1, h, w].
    """

    rgb: Tensor
    features: Tensor
    distance: Tensor
    points: Tensor
    last_weight: Tensor


def density(distance: Tensor, beta: Tensor) -> Tensor:
    """Density of signed distances: a sigmoid of width `beta` around the surface, at most 1 / beta."""
    return torch.sigmoid(-distance / beta) / beta


def render(
    siren: Siren, beta: Tensor, codes: Tensor, cameras: SdfCameras, settings: Marching, picture_px: int | None = None
) -> SdfPicture:
    """Draw heads as the published code does.

    Args:
        siren: the field.
        beta: width of the surface, [1].
        codes: [B, W] or [B, D + 1, W].
        cameras: where from.
        settings: how.
        picture_px: side of the picture; None is the cameras'.
    """
    origins, directions, own = cameras.rays(picture_px)
    count = settings.samples
    end = 1 - 1 / count if settings.offset_sampling else 1.0
    share = torch.linspace(0.0, end, count, device=origins.device)
    near, far = cameras.near[..., None], cameras.far[..., None]
    depths = (near * (1 - share) + far * share).expand(*directions.shape[:3], count)
    points = origins[..., None, :] + directions[..., None, :] * depths[..., None]
    scaled = points * 2 / (far - near)[..., None] if settings.normalised else points
    views = F.normalize(own if settings.static_directions else directions, dim=-1)
    raw = siren(torch.cat([scaled, views[..., None, :].expand_as(scaled)], dim=-1), codes)
    rgb, distance, features = raw.tensor_split((3, 4), dim=-1)

    lengths = torch.cat([depths.diff(dim=-1), torch.full_like(depths[..., :1], FARTHEST)], dim=-1)
    lengths = (lengths * directions.norm(dim=-1, keepdim=True))[..., None]
    alpha = 1 - torch.exp(-density(distance, beta) * lengths)
    through = torch.cumprod(torch.cat([torch.ones_like(alpha[..., :1, :]), 1 - alpha + 1e-10], dim=-2), dim=-2)
    weights = alpha * through[..., :-1, :]
    if settings.background:
        rest = weights[..., :-1, :]
        weights = torch.cat([rest, 1 - rest.sum(dim=-2, keepdim=True)], dim=-2)

    def seen(values: Tensor) -> Tensor:
        return (weights * values).sum(dim=-2).movedim(-1, 1)

    return SdfPicture(
        rgb=2 * seen(torch.sigmoid(rgb)) - 1,
        features=seen(features),
        distance=distance,
        points=seen(points),
        last_weight=weights[..., -1, :].movedim(-1, 1),
    )
