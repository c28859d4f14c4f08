"""E3DGE's alignment module E_ADA (Lan et al. 2023, after HFGI, Wang et al. 2022): a residual follows an edited view.

A small U-Net of residual blocks. S-Lab License 1.0: non-commercial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception.ir_se import ResidualBlock, input_layer
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "E3DGE's alignment module"
SIDES_PX: Final = (64, 128, 256)
"""To which maps are enlarged on the way up, whatever the picture's size: the pictures have 256 pixels."""


@dataclass(frozen=True)
class E3dgeAlignmentConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        channels: of the input, residual and target together.
        widths: of the four levels, from fine to coarse.
        outputs: channels of the aligned residual.
    """

    channels: int = 6
    widths: tuple[int, ...] = (16, 32, 48, 64)
    outputs: int = 3

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> E3dgeAlignmentConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        first, channels = shape_of(state, "conv_layer1.0.weight", 4, TITLE)[:2]
        coarser = (shape_of(state, f"conv_layer{level}.0.res_layer.3.weight", 4, TITLE)[0] for level in (2, 3, 4))
        return E3dgeAlignmentConfig(
            channels=channels,
            widths=(first, *coarser),
            outputs=shape_of(state, "dconv_layer3.2.res_layer.3.weight", 4, TITLE)[0],
        )


class E3dgeAlignmentNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: E3dgeAlignmentConfig) -> None:
        super().__init__()
        self.config = config
        first, second, third, fourth = config.widths
        self.conv_layer1 = input_layer(config.channels, first)
        self.conv_layer2 = blocks(first, (second,) * 3, stride=2)
        self.conv_layer3 = blocks(second, (third,) * 3, stride=2)
        self.conv_layer4 = blocks(third, (fourth,) * 3, stride=2)
        self.dconv_layer1 = blocks(fourth + third, (fourth, second, second))
        self.dconv_layer2 = blocks(second * 2, (second, first, first))
        self.dconv_layer3 = blocks(first * 2, (first, config.outputs, config.outputs))

    def forward(self, pictures: Tensor) -> Tensor:
        """The aligned residual [B, 3, 256, 256] of a residual and its target, [B, 6, 256, 256] in -1..1."""
        fine = self.conv_layer1(pictures)
        middle = self.conv_layer2(fine)
        coarse = self.conv_layer3(middle)
        x: Tensor = self.conv_layer4(coarse)
        ascent = zip((self.dconv_layer1, self.dconv_layer2, self.dconv_layer3), (coarse, middle, fine), strict=True)
        for (layer, skip), side_px in zip(ascent, SIDES_PX, strict=True):
            enlarged = F.interpolate(x, (side_px, side_px), mode="bilinear", align_corners=False)
            x = layer(torch.cat([enlarged, skip], dim=1))
        return x


def blocks(inputs: int, widths: tuple[int, ...], stride: int = 1) -> nn.Sequential:
    """Residual blocks of these widths one after another; the first has the stride."""
    made = []
    for index, width in enumerate(widths):
        made.append(ResidualBlock(inputs, width, 1 if index else stride, excited=False))
        inputs = width
    return nn.Sequential(*made)
