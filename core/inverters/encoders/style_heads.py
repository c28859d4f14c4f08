"""What pSp-like encoders share beside the body: the heads that squeeze a feature map into one latent, and the pyramid.

Richardson et al. 2021, "Encoding in Style".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

from core.inverters.encoders.equalised import EqualLinear
from core.state_shapes import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAK = 0.01
"""Slope of the heads' leaky rectifiers; StyleGAN's own is 0.2."""


class StyleHead(nn.Module):
    """Halving convolutions until one pixel is left, then a linear layer: a feature map becomes a latent."""

    def __init__(self, inputs: int, latent_size: int, depth: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, latent_size, 3, stride=2, padding=1), nn.LeakyReLU(LEAK)]
            inputs = latent_size
        self.convs = nn.Sequential(*layers)
        self.linear = EqualLinear(latent_size, latent_size)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] with sides of at most 2^depth -> [B, latent_size]."""
        latent: Tensor = self.linear(self.convs(x).flatten(1))
        return latent


def enlarged_sum(coarse: Tensor, fine: Tensor) -> Tensor:
    """The coarse level of a pyramid at the size of the fine one, plus the fine one; [B, C, H, W] both."""
    return F.interpolate(coarse, fine.shape[-2:], mode="bilinear", align_corners=True) + fine


def head_depths(state: Mapping[str, Tensor], prefix: str) -> tuple[int, ...]:
    """How many convolutions each of the heads `prefix`0, `prefix`1, ... of a state dict has."""
    heads = count_of(state, prefix, ".convs.0.weight")
    # every second entry is an activation, without weights
    return tuple(sum(f"{prefix}{head}.convs.{2 * i}.weight" in state for i in range(32)) for head in range(heads))
