"""GOAE's and triplane_edit's way through EG3D's generator: coarse blocks first, then the rest from changed features.

The weights are EG3D's; only the order of calls differs. Stage one gives the planes at 32 pixels and the features they
come from; an encoder (AFA) changes these features, and stage two goes on with them, its first block taking latent 7 as
it would in one go. Planes that were fused from several heads are rendered with the latents of one of them.
"""

from dataclasses import dataclass

from torch import Tensor

from core.generators.eg3d import EG3DNetwork
from core.generators.stylegan2 import Noise

STAGE_PX = 32
"""Size of the last block of stage one in the published forks."""


@dataclass(frozen=True, eq=False)
class Coarse:
    """What stage one gives.

    Attributes:
        planes: the planes so far, as one picture [B, 3C, s, s].
        features: what the next block goes on with, [B, N, s, s].
    """

    planes: Tensor
    features: Tensor


def coarse_stage(network: EG3DNetwork, latents: Tensor, stage_px: int = STAGE_PX, noise: Noise = "const") -> Coarse:
    """Blocks up to `stage_px` from latents [B, L, W]."""
    features, planes = network.backbone.synthesis.stage(latents, until_px=stage_px, noise=noise)
    return Coarse(planes, features)


def fine_stage(network: EG3DNetwork, coarse: Coarse, latents: Tensor, noise: Noise = "const") -> Tensor:
    """Planes [B, 3, C, 1, H, W] of what stage one gave, changed or not, and all latents [B, L, W]."""
    _, planes = network.backbone.synthesis.stage(latents, coarse.features, coarse.planes, noise=noise)
    return network.as_planes(planes)
