"""Stacked hourglass features (Newell et al. 2016) as PIFu has them (Saito et al. 2019): picture -> feature map.

Under the names of PIFu's filter, which E3DGE took over. Norms are of groups of channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = 32
STEM_WIDTHS = (64, 128, 128)
"""Channels after the first convolution and after the two blocks that follow; the third block gives the full width."""


class FanBlock(nn.Module):
    """Three convolutions whose outputs, half, a quarter and a quarter of the channels, stand side by side."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        half, quarter = width // 2, width // 4
        self.conv1 = convolution(inputs, half)
        self.conv2 = convolution(half, quarter)
        self.conv3 = convolution(quarter, quarter)
        self.bn1 = nn.GroupNorm(GROUPS, inputs)
        self.bn2 = nn.GroupNorm(GROUPS, half)
        self.bn3 = nn.GroupNorm(GROUPS, quarter)
        # made in every block, called only where the shortcut needs other channels, and there under two names
        self.bn4 = nn.GroupNorm(GROUPS, inputs)
        self.downsample = (
            None if inputs == width else nn.Sequential(self.bn4, nn.ReLU(), nn.Conv2d(inputs, width, 1, bias=False))
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H, W]."""
        first = self.conv1(F.relu(self.bn1(x)))
        second = self.conv2(F.relu(self.bn2(first)))
        third = self.conv3(F.relu(self.bn3(second)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.cat([first, second, third], dim=1) + shortcut


class Hourglass(nn.Module):
    """Down and up again `depth` times, with a branch that stays at each size."""

    def __init__(self, depth: int, width: int) -> None:
        super().__init__()
        self.depth = depth
        # registered from the outside in, as the published weights are listed
        for level in range(depth, 0, -1):
            self.add_module(f"b1_{level}", FanBlock(width, width))
            self.add_module(f"b2_{level}", FanBlock(width, width))
            if level == 1:
                self.add_module("b2_plus_1", FanBlock(width, width))
        for level in range(1, depth + 1):
            self.add_module(f"b3_{level}", FanBlock(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, H, W]; sides are multiples of 2^depth."""
        return self.at_level(self.depth, x)

    def at_level(self, level: int, x: Tensor) -> Tensor:
        """What is done at the size of that level, and below it; 1 is the innermost."""
        kept = self.get_submodule(f"b1_{level}")(x)
        low = self.get_submodule(f"b2_{level}")(F.avg_pool2d(x, 2))
        low = self.at_level(level - 1, low) if level > 1 else self.get_submodule("b2_plus_1")(low)
        low = self.get_submodule(f"b3_{level}")(low)
        enlarged = F.interpolate(low, scale_factor=2.0, mode="bicubic", align_corners=True)
        summed: Tensor = kept + enlarged
        return summed


class HourglassFilter(nn.Module):
    """A stem that takes a quarter of the picture's side, then hourglasses, each correcting the one before."""

    def __init__(self, channels: int, width: int, stacks: int, depth: int) -> None:
        super().__init__()
        self.stacks = stacks
        first, second, third = STEM_WIDTHS
        self.conv1 = nn.Conv2d(channels, first, 7, 2, padding=3)
        self.bn1 = nn.GroupNorm(GROUPS, first)
        self.conv2 = FanBlock(first, second)
        self.conv3 = FanBlock(second, third)
        self.conv4 = FanBlock(third, width)
        for index in range(stacks):
            self.add_module(f"m{index}", Hourglass(depth, width))
            self.add_module(f"top_m_{index}", FanBlock(width, width))
            self.add_module(f"conv_last{index}", nn.Conv2d(width, width, 1))
            self.add_module(f"bn_end{index}", nn.GroupNorm(GROUPS, width))
            self.add_module(f"l{index}", nn.Conv2d(width, width, 1))
            if index < stacks - 1:
                self.add_module(f"bl{index}", nn.Conv2d(width, width, 1))
                self.add_module(f"al{index}", nn.Conv2d(width, width, 1))

    def forward(self, pictures: Tensor) -> Sequence[Tensor]:
        """Features [B, C, H / 4, W / 4] after each hourglass, of pictures [B, channels, H, W]."""
        x = F.relu(self.bn1(self.conv1(pictures)))
        x = self.conv4(self.conv3(F.avg_pool2d(self.conv2(x), 2)))
        outputs = []
        for index in range(self.stacks):
            inner = self.named(f"top_m_{index}", self.named(f"m{index}", x))
            inner = F.relu(self.named(f"bn_end{index}", self.named(f"conv_last{index}", inner)))
            outputs.append(self.named(f"l{index}", inner))
            if index < self.stacks - 1:
                x = x + self.named(f"bl{index}", inner) + self.named(f"al{index}", outputs[-1])
        return outputs

    def named(self, name: str, x: Tensor) -> Tensor:
        """What the layer of that name makes of x."""
        y: Tensor = self.get_submodule(name)(x)
        return y


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3 x 3, of the same size, without a bias."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
