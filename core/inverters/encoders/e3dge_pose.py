"""The volume discriminator of StyleSDF (Or-El et al. 2022), which E3DGE reads poses with: a small picture -> angles.

S-Lab License 1.0 as part of E3DGE, non-commercial; StyleSDF's own licence forbids commercial use too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.inverters.encoders.equalised import LEAK
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "StyleSDF's volume discriminator"


@dataclass(frozen=True)
class E3dgePoseConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        channels: of the picture.
        widths: channels after the first layer and after each block; each block halves the picture, down to 2 pixels.
        outputs: the realness and the angles.
    """

    channels: int = 3
    widths: tuple[int, ...] = (128, 256, 400, 400, 400, 400)
    outputs: int = 3

    @property
    def picture_px(self) -> int:
        """Side of the pictures."""
        return 1 << len(self.widths)

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> E3dgePoseConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        first, channels = shape_of(state, "convs.0.conv.weight", 4, TITLE)[:2]
        last = ".conv2.conv.conv.weight"
        count = sum(name.endswith(last) for name in state)
        blocks = (shape_of(state, f"convs.{index + 1}{last}", 4, TITLE)[0] for index in range(max(count, 1)))
        return E3dgePoseConfig(
            channels=channels,
            widths=(first, *blocks),
            outputs=shape_of(state, "final_conv.conv.weight", 4, TITLE)[0],
        )


class PlacedConvolution(nn.Module):
    """Convolution that also sees where it is: two more channels run from -1 to 1, down the rows and along them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs + 2, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H, W]."""
        height, width = x.shape[-2:]
        rows = torch.linspace(-1, 1, height, dtype=x.dtype, device=x.device)
        columns = torch.linspace(-1, 1, width, dtype=x.dtype, device=x.device)
        place = torch.stack([rows[:, None].expand(height, width), columns.expand(height, width)])
        convolved: Tensor = self.conv(torch.cat([x, place.expand(len(x), -1, -1, -1)], dim=1))
        return convolved


class LeakyBias(nn.Module):
    """A bias and a leaky rectifier, without StyleGAN's gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> the same shape."""
        return F.leaky_relu(x + self.bias[:, None, None], LEAK)


class ActiveConvolution(nn.Module):
    """A convolution and its activation, under the names of the published weights."""

    def __init__(self, conv: nn.Module, width: int) -> None:
        super().__init__()
        self.conv = conv
        self.activation = LeakyBias(width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H, W]."""
        active: Tensor = self.activation(self.conv(x))
        return active


class LinearConvolution(nn.Module):
    """A convolution without an activation, under the names of the published weights."""

    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H, W]."""
        convolved: Tensor = self.conv(x)
        return convolved


class HalvingBlock(nn.Module):
    """Two placed convolutions and an average pool beside a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = ActiveConvolution(PlacedConvolution(inputs, outputs), outputs)
        self.conv2 = ActiveConvolution(PlacedConvolution(outputs, outputs), outputs)
        self.skip = None if inputs == outputs else LinearConvolution(nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H / 2, W / 2]."""
        small = F.avg_pool2d(x, 2)
        shortcut = small if self.skip is None else self.skip(small)
        residual: Tensor = F.avg_pool2d(self.conv2(self.conv1(x)), 2)
        return (residual + shortcut) / 2**0.5


class E3dgePoseNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: E3dgePoseConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        first = ActiveConvolution(nn.Conv2d(config.channels, widths[0], 1, bias=False), widths[0])
        blocks = (HalvingBlock(widths[index], widths[index + 1]) for index in range(len(widths) - 1))
        self.convs = nn.ModuleList([first, *blocks])
        self.final_conv = LinearConvolution(nn.Conv2d(widths[-1], config.outputs, 2))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures [B, 3, 64, 64], -1..1 -> how real they are, [B, 1], and azimuth and elevation in radians, [B, 2]."""
        x = pictures
        for layer in self.convs:
            x = layer(x)
        answers: Tensor = self.final_conv(x).flatten(1)
        return answers[:, :1], answers[:, 1:]
