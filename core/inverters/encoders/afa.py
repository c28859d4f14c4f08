"""GOAE's adaptive feature alignment (Yuan et al. 2023): what a reconstruction missed modulates EG3D's features.

The weights are released without a licence and were learnt from EG3D and FFHQ, which are for non-commercial use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch.nn.functional as F
from torch import Tensor, nn

from core.inverters.encoders.cross_attention import ATTENTION_HEADS, CrossAttention
from core.inverters.encoders.equalised import EqualConvolution, ScaledLeakyReLU
from core.perception import ir_se
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "GOAE feature alignment"


@dataclass(frozen=True)
class AfaConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        stages: width and blocks of each stage of the body.
        width: channels of the generator's features, and of both cross attentions.
        attention_heads: of both.
        attention_hidden: hidden units of both.
    """

    stages: tuple[tuple[int, int], ...] = ((64, 3), (128, 3), (256, 3))
    width: int = 512
    attention_heads: int = ATTENTION_HEADS
    attention_hidden: int = 1024

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> AfaConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell all that differs between files
        shape_of(state, "body.0.res_layer.3.weight", 4, TITLE)
        hidden, width = shape_of(state, "cross_att_gamma.linear1.weight", 2, TITLE)
        return AfaConfig(stages=ir_se.stages_from_state(state), width=width, attention_hidden=hidden)


class AfaNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: AfaConfig) -> None:
        super().__init__()
        self.config = config
        narrow, deep, width = config.stages[0][0], config.stages[-1][0], config.width
        self.input_layer = ir_se.input_layer(3, narrow)
        self.body = ir_se.body(narrow, config.stages)
        # the convolutions stand at 0 and 2 in the state dict
        self.output_layer = nn.Sequential(
            EqualConvolution(deep, width, 3), ScaledLeakyReLU(), EqualConvolution(width, width, 3)
        )
        self.cross_att_gamma = CrossAttention(width, config.attention_heads, config.attention_hidden)
        self.cross_att_beta = CrossAttention(width, config.attention_heads, config.attention_hidden)

    def modulation(self, difference: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """By what features are to be multiplied, and what is to be added to them.

        Args:
            difference: [B, 3, H, W], the reconstruction minus the picture, both -1..1; 512 pixels in the release.
            features: [B, C, h, w] of the generator.

        Returns:
            Two tensors like `features`.
        """
        tokens = normalised_tokens(self.output_layer(self.body(self.input_layer(difference))))
        queries = normalised_tokens(features)
        gamma, beta = self.cross_att_gamma(queries, tokens), self.cross_att_beta(queries, tokens)
        return gamma.transpose(1, 2).view_as(features), beta.transpose(1, 2).view_as(features)

    def forward(self, pictures: Tensor, reconstructions: Tensor, features: Tensor) -> Tensor:
        """Aligned features [B, C, h, w]; see `modulation`."""
        gamma, beta = self.modulation(reconstructions - pictures, features)
        return gamma * features + beta


def normalised_tokens(features: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, H * W, C], each token at zero mean and unit variance."""
    return F.layer_norm(features.flatten(2).transpose(1, 2), features.shape[1:2])
