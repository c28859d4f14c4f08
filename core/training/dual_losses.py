"""What the offset branch is trained by: the input view, points of the field, and other views of the same head.

Pictures are compared as patches of 64 x 64 rays that the super-resolution doubles once, the size of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.generators.mini_network import sample_planes
from core.inverters.encoder_faces import WIDEST_YAW_RADIANS
from core.inverters.perceptual import multiplies_half
from core.losses import embedding_norm, lpips
from core.perception.head_pose import canonical_face
from core.perception.identity import chip_from_mesh, cut_chips, identity_net
from core.training.crew import placed
from core.training.field import LABELS
from core.training.patches import PatchConfig, drawn_patch, rendered_patch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.generators.mini_network import MiniNetwork
    from core.perception.lpips import Backbone
    from core.training.dataset import HeadViews
    from core.training.dual_items import DualItem


@dataclass(frozen=True)
class DualWeights:
    """Weights of the terms; the first three and the last are the paper's.

    Attributes:
        perceptual: LPIPS (VGG) of a view.
        squared: mean squared difference of its colours.
        identity: distance of the faces' embeddings.
        silhouette: L1 between alpha and mask.
        occupancy: L1 between solid and empty points and how solid they are.
        colour: L1 of the colours of points on the surface.
        part: cross-entropy of their labels.
        small: mean square of the offset.
        adversary: of the discriminator's opinion.
    """

    perceptual: float = 0.8
    squared: float = 1.0
    identity: float = 0.5
    silhouette: float = 0.3
    occupancy: float = 1.6
    colour: float = 1.0
    part: float = 0.02
    small: float = 0.002
    adversary: float = 0.001


@dataclass(frozen=True)
class DualSizes:
    """How much of an item is looked at in a step.

    Attributes:
        patch: of the pictures.
        points: of the field, in each view that is looked at.
    """

    patch: PatchConfig = field(default_factory=lambda: PatchConfig(near_samples=7, far_samples=3, empty_rays=0.1))
    points: int = 1500


@dataclass(frozen=True, eq=False)
class RenderedView:
    """A patch of one view: what was made, what it should be.

    Attributes:
        picture: [1, 3, 2 * p, 2 * p] doubled by the super-resolution.
        wanted: the same of the data.
        features: [1, 4, p, p] composited colour and alpha.
        alpha: [1, 1, p, p].
        solid: [p, p] whether the data shows the head.
        place: first row and column of the patch in the data's picture.
    """

    picture: Tensor
    wanted: Tensor
    features: Tensor
    alpha: Tensor
    solid: Tensor
    place: tuple[int, int]


def rendered_view(
    network: MiniNetwork,
    planes: Tensor,
    item: DualItem,
    view: int,
    rays: NDArray[np.float32],
    random: np.random.Generator,
    sizes: DualSizes,
) -> RenderedView:
    """A random patch of one of the item's views, from planes [1, 3, C, D, H, W]."""
    patch = placed(drawn_patch(item.views, view, rays, sizes.patch, random), planes.device)
    features, alpha = rendered_patch(network, planes, patch, sizes.patch)
    with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
        picture, _ = network.upscaler.doubled(features, alpha)
    shown = torch.cat([features[:, :3] + 1 - alpha, alpha], 1)
    return RenderedView(picture.float(), item.tint.of(patch.picture, 1), shown, alpha, patch.labels > 0, patch.place)


def view_terms(seen: RenderedView, weights: DualWeights, backbone: Backbone) -> dict[str, Tensor]:
    """LPIPS, L2 and outline of a patch, weighted."""
    with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
        distance = lpips(seen.picture.clamp(0, 1), seen.wanted, backbone=backbone)
    return {
        "perceptual": weights.perceptual * distance.float().mean(),
        "squared": weights.squared * (seen.picture - seen.wanted).square().mean(),
        "silhouette": weights.silhouette * (seen.alpha[0, 0] - seen.solid.float()).abs().mean(),
    }


def identity_term(seen: RenderedView, item: DualItem, weights: DualWeights) -> Tensor | None:
    """Distance of the faces of the photo and of the photo with a patch of it laid in; None where no face is seen."""
    yaw, pitch = item.camera.yaw_radians, item.camera.pitch_radians
    if abs(yaw) > WIDEST_YAW_RADIANS:
        return None
    photo = item.look.photo
    size, side = photo.shape[-1], seen.picture.shape[-1]
    top, left = seen.place
    frame = (left, size - left - side, top, size - top - side)
    inside = F.pad(torch.ones_like(seen.picture), frame)
    laid = F.pad(seen.picture, frame) + photo * (1 - inside)
    chip = chip_from_mesh(canonical_face().expected(yaw, pitch) * size, size, size)
    ours, theirs = identity_net(laid.device)(cut_chips(torch.cat([laid, photo]), chip))
    return weights.identity * embedding_norm((ours - theirs.detach())[None]).mean()


def field_terms(
    network: MiniNetwork,
    planes: Tensor,
    item: DualItem,
    views: list[int],
    rays: NDArray[np.float32],
    random: np.random.Generator,
    sizes: DualSizes,
    weights: DualWeights,
) -> dict[str, Tensor]:
    """Occupancy, colour and part of points that some views know, weighted; planes [1, 3, C, D, H, W]."""
    drawn = [item.views.field_points(view, sizes.points, rays, random) for view in views]
    count = [len(points.labels) for points in drawn]
    solid = torch.from_numpy(np.concatenate([p.points[:n] for p, n in zip(drawn, count, strict=True)]))
    empty = torch.from_numpy(np.concatenate([p.points[n:] for p, n in zip(drawn, count, strict=True)]))
    colours = item.tint.of(torch.from_numpy(np.concatenate([p.colours for p in drawn])), 1)
    labels = torch.from_numpy(np.concatenate([p.labels for p in drawn]))
    solid, empty, colours, labels = (x.to(planes.device) for x in (solid, empty, colours, labels))
    points = torch.cat([solid, empty])
    axes = item.trigrid.axes.value
    cells = sample_planes(planes, points[None], axes, item.trigrid.box_side)[0]
    logit, decoded = network.decoder.occupancy_and_features(cells)
    inside = (points.abs().amax(-1) < network.config.half_extent).float()
    wanted = (torch.arange(len(points), device=points.device) < len(solid)).float()
    shown = inside[: len(solid)]
    on = decoded[: len(solid)]
    part = F.cross_entropy(on[:, LABELS], labels, reduction="none")
    # not the cross-entropy: where shape can only be guessed it asks for the mean of all guesses, which is fog
    occupancy = (torch.sigmoid(logit) - wanted).abs()
    return {
        "occupancy": weights.occupancy * (occupancy * inside).mean(),
        "colour": weights.colour * ((on[:, :3] - colours).abs().mean(1) * shown).mean(),
        "part": weights.part * (part * shown).mean(),
    }


def even_odds(views: HeadViews) -> NDArray[np.float64]:
    """Odds [V] of views other than the input: as many from behind as from the side and the front."""
    position = views.world_from_camera[:, :3, 3].astype(np.float64)
    frontal = position[:, 2] / np.linalg.norm(position, axis=1)
    sector = np.digitize(frontal, [-0.5, 0.5])
    odds = 1 / np.bincount(sector, minlength=3)[sector]
    return np.asarray(odds / odds.sum())
