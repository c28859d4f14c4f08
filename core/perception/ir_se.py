"""Improved residual blocks with squeeze and excitation: the body of ArcFace's IR-SE50 and of every pSp-like encoder.

Under the names of the published state dicts. Deng et al. 2019 (ArcFace), Hu et al. 2018 (squeeze and excitation).
Modules do not change in a forward pass, except that batch norms in train mode follow their batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

STAGES_50 = ((64, 3), (128, 4), (256, 14), (512, 3))
"""Width and number of blocks of each stage of the 50-layer body; the first block of a stage halves the picture."""
SE_REDUCTION = 16


class SqueezeExcitation(nn.Module):
    """Scales each channel by what the whole picture says of it."""

    def __init__(self, width: int, reduction: int = SE_REDUCTION) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, width // reduction, 1, bias=False)
        self.fc2 = nn.Conv2d(width // reduction, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> the same shape."""
        scale: Tensor = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))).sigmoid()
        return x * scale


class ResidualBlock(nn.Module):
    """Norm, convolution, PReLU, convolution, norm, and usually squeeze and excitation, beside a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int = 1, *, excited: bool = True) -> None:
        super().__init__()
        self.stride = stride
        # a shortcut without weights has no entry in the state dict
        self.shortcut_layer = (
            None
            if inputs == width
            else nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, width, 3, padding=1, bias=False),
            nn.PReLU(width),
            nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            *([SqueezeExcitation(width)] if excited else []),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H / stride, W / stride], rounded up."""
        # without weights every stride-th pixel is kept
        shortcut = x[..., :: self.stride, :: self.stride] if self.shortcut_layer is None else self.shortcut_layer(x)
        residual: Tensor = self.res_layer(x)
        return residual + shortcut


def input_layer(channels: int, width: int) -> nn.Sequential:
    """What stands before the body: [B, channels, H, W] -> [B, width, H, W]."""
    return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width))


def body(inputs: int, stages: Sequence[tuple[int, int]] = STAGES_50) -> nn.Sequential:
    """The blocks of all stages, numbered through; each stage halves the picture in its first block."""
    blocks = []
    for width, depth in stages:
        for index in range(depth):
            blocks.append(ResidualBlock(inputs, width, stride=1 if index else 2))
            inputs = width
    return nn.Sequential(*blocks)


def tapped(blocks: nn.Sequential, x: Tensor, taps: Collection[int]) -> dict[int, Tensor]:
    """The outputs of the blocks numbered `taps`; what comes after the last of them does not run."""
    outputs = {}
    for index in range(max(taps) + 1):
        x = blocks[index](x)
        if index in taps:
            outputs[index] = x
    return outputs


def stages_from_state(state: Mapping[str, Tensor], prefix: str = "body.") -> tuple[tuple[int, int], ...]:
    """Width and number of blocks of each stage of the body that a state dict holds, by the blocks' output widths.

    Raises:
        KeyError: there is no body under that prefix.
    """
    stages: list[tuple[int, int]] = []
    last = ".res_layer.3.weight"
    count = sum(name.startswith(prefix) and name.endswith(last) for name in state)
    for index in range(max(count, 1)):
        width = state[f"{prefix}{index}{last}"].shape[0]
        if stages and stages[-1][0] == width:
            stages[-1] = width, stages[-1][1] + 1
        else:
            stages.append((width, 1))
    return tuple(stages)
