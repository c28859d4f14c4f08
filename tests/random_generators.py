"""The published families at tiny widths with random weights: no heads, but every shape and gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import torch

from core.generators.eg3d import EG3D, EG3DConfig
from core.generators.panohead import PanoHead, PanoHeadConfig
from core.generators.panohead_stylised import StylisedPanoHead
from core.generators.stylesdf import StyleSDF, StyleSDFConfig
from core.generators.tuning import weights_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.protocols import Generator

Made = TypeVar("Made", PanoHead, EG3D)
TINY_PANOHEAD = PanoHeadConfig(
    noise_size=8, latent_size=16, plane_px=16, plane_channels=4, channel_base=256, channel_max=8, decoder_width=8,
    neural_px=16, upscaling="2X",
)  # fmt: skip
TINY_EG3D = EG3DConfig(
    noise_size=8, latent_size=16, plane_px=16, plane_channels=4, channel_base=64, channel_max=8, decoder_width=8,
    decoder_channels=4, neural_px=16, upscaling="2X",
)  # fmt: skip
TINY_STYLESDF = StyleSDFConfig(
    width=16, depth=3, latent_size=24, mapping_layers=2, decoder_widths=(12, 8), neural_px=16, samples=12
)


def random_panohead() -> PanoHead:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return _solid(PanoHead(TINY_PANOHEAD))


def random_stylised() -> StylisedPanoHead:
    return StylisedPanoHead(TINY_PANOHEAD, random_panohead().network)


def random_eg3d(config: EG3DConfig = TINY_EG3D) -> EG3D:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return _solid(EG3D(config))


def random_stylesdf(config: StyleSDFConfig = TINY_STYLESDF) -> StyleSDF:
    """Its surface lies about where the network's first weights say: near the origin."""
    with torch.random.fork_rng():
        torch.manual_seed(4)
        made = StyleSDF(config)
    made.network.requires_grad_(False)
    weights = weights_of(made.network)
    for name, weight in weights.items():
        if "pts_linears" in name and name.endswith(("gamma.weight", "beta.weight", "linears.0.weight")):
            weight.mul_(0.2)
    weights["renderer.sigmoid_beta"].fill_(0.01)
    return made


def _solid(made: Made) -> Made:
    """With a solid body to look at."""
    made.network.requires_grad_(False)
    weights_of(made.network)["decoder.net.2.bias"][0] = 12.0
    return made


RANDOM: dict[str, Callable[[], Generator]] = {
    "panohead": random_panohead,
    "panohead_stylised": random_stylised,
    "eg3d": random_eg3d,
    "stylesdf": random_stylesdf,
}
"""From the name of a family to a generator of it."""
