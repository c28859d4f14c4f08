"""PanoHead as the fork computes it that stylises it by likelihood distillation; its checkpoints hold a whole generator.

Weights and their names are PanoHead's; the fork draws them differently. Heads stand before no background of the
model's own: features stay over black, and white is put only under the small picture, before the super-resolution. The
mask is the weight itself, empty rays end at the least depth looked at instead of the greatest, and the point that each
ray reaches is handed out too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.generators.backbone_sizes import loaded
from core.generators.panohead import PanoHead, PanoHeadConfig, PanoHeadNetwork
from core.generators.superresolution import over_white
from core.protocols import GeneratorInfo

LEAST_WEIGHT = 1e-8
"""The fork divides depths by no less weight than this."""


@dataclass(frozen=True, eq=False)
class StylisedPictures:
    """What the fork's synthesis draws from composited features; pictures run -1..1.

    Attributes:
        raw: [B, 3, h, w].
        finished: [B, 3, H, W].
    """

    raw: Tensor
    finished: Tensor


def stylised_pictures(
    network: PanoHeadNetwork, features: Tensor, alpha: Tensor, latents: Tensor, *, white: bool
) -> StylisedPictures:
    """The small and the finished picture.

    Args:
        network: PanoHead's, with stylised weights.
        features: composited over black, [B, F, h, w].
        alpha: the rays' weights, [B, 1, h, w].
        latents: [B, L, W].
        white: whether the small picture is put on white; the features never are, as published.
    """
    raw = network.raw_picture(features, latents)
    if white:
        raw = raw * alpha + (1 - alpha)
    return StylisedPictures(raw, network.superresolution(raw, features, latents))


def stylised_depth(depth: Tensor, alpha: Tensor, depths: Tensor) -> Tensor:
    """Depth as the fork gives it.

    Args:
        depth: mean depth of each ray [R], infinite where nothing is seen, as `march_rays` gives it.
        alpha: the rays' weights [R].
        depths: all depths looked at; the depth is clamped to them.
    """
    return (_weighted(depth, alpha) / alpha.clamp(min=LEAST_WEIGHT)).clamp(depths.min(), depths.max())


def reached_points(origins: Tensor, directions: Tensor, depth: Tensor, alpha: Tensor) -> Tensor:
    """Weighted mean of the points that rays look at, [R, 3]; not divided by the weight, as published.

    Args:
        origins: [R, 3].
        directions: [R, 3], unit.
        depth: mean depth [R], infinite where nothing is seen.
        alpha: the rays' weights [R].
    """
    return alpha[:, None] * origins + _weighted(depth, alpha)[:, None] * directions


def _weighted(depth: Tensor, alpha: Tensor) -> Tensor:
    return torch.where(alpha > 0, depth * alpha, torch.zeros_like(depth))


class StylisedPanoHead(PanoHead):
    """Implements `core.protocols.PlaneGenerator` for stylised weights."""

    def __init__(
        self, config: PanoHeadConfig, network: PanoHeadNetwork | None = None, info: GeneratorInfo | None = None
    ) -> None:
        super().__init__(config, network, info)
        if info is None:
            self.info = replace(self.info, name="panohead_stylised", title="PanoHead, stylised")

    @staticmethod
    def from_state_dict(state: Mapping[str, Tensor], config: PanoHeadConfig) -> "StylisedPanoHead":
        """The generator of a stylised checkpoint, which must name every weight.

        Raises:
            CheckpointError: names or shapes are not those of the config.
        """
        return StylisedPanoHead(config, loaded(lambda: PanoHeadNetwork(config), state, "stylised PanoHead"))

    def picture(self, features: Tensor, alpha: Tensor, latents: Tensor) -> Tensor:
        """See the protocol. White is put under the small picture as in the fork, and under the finished one."""
        return over_white(stylised_pictures(self.network, features, alpha, latents, white=True).finished, alpha)
