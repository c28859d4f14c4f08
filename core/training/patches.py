"""Second training stage of `mini`: rendered patches, with super-resolution, against the data's pictures.

A patch of the neural picture is marched with samples close to the known surface and a few in front of it, upscaled, and
compared with the picture by L1 and LPIPS. The upscaler starts here; the field is refined at a lower rate.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.generators.mini_network import MiniNetwork, raw_density_from_occupancy, sample_planes
from core.mask import PARTS
from core.rendering.marching import EMPTY, composite
from core.training.dataset import HeadViews
from core.trigrid import PlaneAxes

NEAREST, FARTHEST = 2.25, 3.15  # ray depths that hold the head from any camera of the data set


@dataclass(frozen=True)
class PatchConfig:
    """Sizes and weights of the stage.

    Attributes:
        patch_px: side of the patch in neural pixels; the picture's patch is twice that.
        near_samples: samples of a ray within `near_reach` of the known surface.
        far_samples: samples of a ray anywhere, so that nothing may float in front.
        near_reach: world units.
        colour: weight of the L1 between upscaled patch and picture.
        raw: weight of the L1 between composited colour and the shrunk picture.
        perceptual: weight of LPIPS.
        silhouette: weight of the L1 between alpha and the head's mask.
        part: weight of the label's cross-entropy.
    """

    patch_px: int = 64
    near_samples: int = 10
    far_samples: int = 8
    near_reach: float = 0.04
    colour: float = 1.0
    raw: float = 0.5
    perceptual: float = 0.5
    silhouette: float = 0.3
    part: float = 0.03


@dataclass(frozen=True, eq=False)
class Patch:
    """What the data says about a patch.

    Attributes:
        picture: float32 [1, 3, 2p, 2p], 0..1.
        labels: int64 [p, p].
        origin: float32 [3].
        directions: float32 [p*p, 3], with unit length along the camera's axis.
        depths: float32 [p*p, S], where to sample, ascending.
    """

    picture: Tensor
    labels: Tensor
    origin: Tensor
    directions: Tensor
    depths: Tensor


def drawn_patch(
    head: HeadViews, view: int, rays: NDArray[np.float32], config: PatchConfig, rng: np.random.Generator
) -> Patch:
    """A random patch of a view, more often about the face or hair than at the border."""
    size, side = head.rgb.shape[1], 2 * config.patch_px
    centre = np.clip(rng.normal(0.47, 0.16, 2) * size, side // 2, size - side // 2)
    top, left = (2 * ((centre - side // 2) // 2)).astype(int)  # neural pixels are pairs of picture pixels
    window = slice(top, top + side), slice(left, left + side)
    picture = torch.from_numpy(head.rgb[view][window].astype(np.float32) / 255).permute(2, 0, 1)[None]
    labels = torch.from_numpy(head.label[view][window][::2, ::2].astype(np.int64))
    depth = head.depth[view][window].astype(np.float32)[::2, ::2].ravel()
    pose = head.world_from_camera[view]
    square = rays.reshape(size, size, 3)[window]
    middle = (square[::2, ::2] + square[1::2, 1::2]) / 2
    directions = middle.reshape(-1, 3) @ pose[:3, :3].T
    count = len(depth)
    step = 2 * config.near_reach / config.near_samples
    near = -config.near_reach + step * (np.arange(config.near_samples) + rng.random((count, config.near_samples)))
    reach = (FARTHEST - NEAREST) / config.far_samples
    far = NEAREST + reach * (np.arange(config.far_samples) + rng.random((count, config.far_samples)))
    near = np.where(depth[:, None] > 0, depth[:, None] + near, NEAREST + rng.random(near.shape) * (FARTHEST - NEAREST))
    depths = np.sort(np.concatenate([near, far], 1), 1)
    return Patch(
        picture,
        labels,
        torch.from_numpy(pose[:3, 3].astype(np.float32)),
        torch.from_numpy(directions.astype(np.float32)),
        torch.from_numpy(depths.astype(np.float32)),
    )


def rendered_patch(network: MiniNetwork, planes: Tensor, patch: Patch, config: PatchConfig) -> tuple[Tensor, Tensor]:
    """Composited features [1, F, p, p] and alpha [1, 1, p, p] of a patch, from planes [1, 3, C, D, H, W]."""
    points = patch.origin + patch.directions[:, None] * patch.depths[..., None]
    cells = sample_planes(planes, points.reshape(1, -1, 3), PlaneAxes.PANOHEAD.value, network.config.box_side)
    logit, decoded = network.decoder.occupancy_and_features(cells[0])
    rays, samples = patch.depths.shape
    inside = points.abs().amax(-1) <= network.config.half_extent
    density = torch.where(inside, raw_density_from_occupancy(logit).view(rays, samples), EMPTY)
    features, _, weights = composite(decoded.view(rays, samples, -1), density, patch.depths)
    side = config.patch_px
    alpha = weights.sum(1)
    return features.T.reshape(1, -1, side, side), alpha.reshape(1, 1, side, side)


def patch_losses(
    features: Tensor, alpha: Tensor, upscaled: Tensor, patch: Patch, perceptual: Tensor, config: PatchConfig
) -> dict[str, Tensor]:
    """Weighted terms of the loss, by name."""
    raw = features[:, :3] + 1 - alpha
    shrunk = F.avg_pool2d(patch.picture, 2)
    solid = (patch.labels > 0).float()
    logits = features[0, 3 : 3 + len(PARTS)].permute(1, 2, 0)[patch.labels > 0]
    terms = {
        "colour": config.colour * (upscaled - patch.picture).abs().mean(),
        "raw": config.raw * (raw - shrunk).abs().mean(),
        "perceptual": config.perceptual * perceptual,
        "silhouette": config.silhouette * (alpha[0, 0] - solid).abs().mean(),
    }
    if len(logits):
        terms["part"] = config.part * F.cross_entropy(logits, patch.labels[patch.labels > 0])
    return terms
