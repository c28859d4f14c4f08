"""Second training stage of `mini`: rendered patches, with super-resolution, against the data's pictures.

A patch of the neural picture is marched with samples close to the known surface and a few in front of it, upscaled, and
compared with the picture by L1 and LPIPS. The upscaler and the fine level of the planes start here. Rays that are known
to see nothing, far from any silhouette, are mostly taken at their word: a patch costs half as much without them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.generators.mini_network import MiniNetwork, raw_density_from_occupancy, sample_planes
from core.mask import PARTS
from core.rendering.marching import EMPTY, composite
from core.training.dataset import DETAILS, HeadViews
from core.trigrid import PlaneAxes

NEAREST, FARTHEST = 2.25, 3.15  # ray depths that hold the head from any camera of the data set


@dataclass(frozen=True)
class PatchConfig:
    """Sizes and weights of the stage.

    Attributes:
        patch_px: p, side of the patch in neural pixels; each covers `ratio` picture pixels a side.
        near_samples: samples of a ray within `near_reach` of the known surface.
        far_samples: samples of a ray anywhere, so that nothing may float in front.
        near_reach: world units.
        empty_rays: share of the rays in the open background that are marched nevertheless.
        about_details: share of the patches that are centred on a facial detail, where the view shows one.
        colour: weight of the L1 between upscaled patch and picture.
        raw: weight of the L1 between composited colour and the shrunk picture.
        perceptual: weight of LPIPS.
        silhouette: weight of the L1 between alpha and the head's mask.
        part: weight of the label's cross-entropy.
    """

    patch_px: int = 64
    near_samples: int = 8
    far_samples: int = 4
    near_reach: float = 0.04
    empty_rays: float = 0.15
    about_details: float = 0.4
    colour: float = 1.0
    raw: float = 0.5
    perceptual: float = 0.7
    silhouette: float = 0.3
    part: float = 0.03


@dataclass(frozen=True, eq=False)
class Patch:
    """What the data says about a patch.

    Attributes:
        picture: float32 [1, 3, ratio * p, ratio * p], 0..1.
        labels: int64 [p, p].
        origin: float32 [3].
        rays: int64 [R], the pixels that are marched; the others are empty.
        directions: float32 [R, 3], with unit length along the camera's axis.
        depths: float32 [R, S], where to sample, ascending.
        place: first row and column in the data's picture.
    """

    picture: Tensor
    labels: Tensor
    rays: Tensor
    origin: Tensor
    directions: Tensor
    depths: Tensor
    place: tuple[int, int]


def drawn_patch(
    head: HeadViews,
    view: int,
    rays: NDArray[np.float32],
    config: PatchConfig,
    rng: np.random.Generator,
    ratio: int = 2,
) -> Patch:
    """A random patch of a view, more often about the face or hair than at the border.

    Args:
        head: whose views.
        view: index of the view.
        rays: `pixel_rays` of the pictures' size.
        config: sizes.
        rng: source of randomness.
        ratio: picture pixels a side that a neural pixel covers.
    """
    size, side = head.rgb.shape[1], ratio * config.patch_px
    centre = rng.normal(0.47, 0.16, 2) * size
    if rng.random() < config.about_details:
        details = np.argwhere(DETAILS[head.label[view]])
        if len(details):
            centre = details[rng.integers(len(details))] + rng.normal(0, side / 6, 2)
    centre = np.clip(centre, side // 2, size - side // 2)
    top, left = (ratio * ((centre - side // 2) // ratio)).astype(int)  # patches begin where neural pixels do
    window = slice(top, top + side), slice(left, left + side)
    labels = head.label[view][window][::ratio, ::ratio]
    reach_px = 4 * ratio + 1
    dilated = cv2.dilate((head.label[view][window] > 0).astype(np.uint8), np.ones((reach_px, reach_px), np.uint8))
    near_head = dilated[::ratio, ::ratio] > 0
    chosen = np.flatnonzero(near_head | (rng.random(near_head.shape) < config.empty_rays))
    depth = head.depth[view][window].astype(np.float32)[::ratio, ::ratio].ravel()[chosen]
    pose = head.world_from_camera[view]
    square = rays.reshape(size, size, 3)[window]
    blocks = square.reshape(config.patch_px, ratio, config.patch_px, ratio, 3)
    middle = blocks.mean((1, 3), dtype=np.float32).reshape(-1, 3)[chosen]
    count = len(depth)
    step = 2 * config.near_reach / config.near_samples
    near = -config.near_reach + step * (np.arange(config.near_samples) + rng.random((count, config.near_samples)))
    reach = (FARTHEST - NEAREST) / config.far_samples
    far = NEAREST + reach * (np.arange(config.far_samples) + rng.random((count, config.far_samples)))
    near = np.where(depth[:, None] > 0, depth[:, None] + near, NEAREST + rng.random(near.shape) * (FARTHEST - NEAREST))
    return Patch(
        torch.from_numpy(head.rgb[view][window].astype(np.float32) / 255).permute(2, 0, 1)[None],
        torch.from_numpy(labels.astype(np.int64)),
        torch.from_numpy(chosen),
        torch.from_numpy(pose[:3, 3].astype(np.float32)),
        torch.from_numpy((middle @ pose[:3, :3].T).astype(np.float32)),
        torch.from_numpy(np.sort(np.concatenate([near, far], 1), 1).astype(np.float32)),
        (int(top), int(left)),
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
    marched = torch.cat([features, weights.sum(1, keepdim=True)], 1)
    square = marched.new_zeros(side * side, marched.shape[1]).index_copy(0, patch.rays, marched)
    square = square.T.reshape(1, -1, side, side)
    return square[:, :-1], square[:, -1:]


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
