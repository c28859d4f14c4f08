"""The codec of the bundled prior: pictures to latents and back, linear and lapped.

It is one strided convolution each way, its windows twice as large as their stride: it keeps 20 of 48 numbers, loses no
line, costs nothing, and a gradient at its latents becomes one at the pixels without the pitfalls of a deep encoder. A
small AutoencoderKL would have taken most of the processor time there was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

FACTOR = 4
"""Picture pixels per latent pixel."""
WINDOW = 2 * FACTOR
"""Side of the codec's windows."""


class DrawingCodec(nn.Module):
    """Pictures to latents and back, linearly; white is zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.analysis = nn.Parameter(torch.zeros(channels, 3, WINDOW, WINDOW))
        self.synthesis = nn.Parameter(torch.zeros(channels, 3, WINDOW, WINDOW))
        self.scale: Tensor
        self.shift: Tensor
        self.register_buffer("scale", torch.ones(1, channels, 1, 1))
        self.register_buffer("shift", torch.zeros(1, channels, 1, 1))

    def encoded(self, pictures: Tensor) -> Tensor:
        """Latents [B, C, H / 4, W / 4], about of unit variance, of pictures [B, 3, H, W], 0..1."""
        padded = F.pad(pictures - 1, (FACTOR // 2,) * 4, mode="replicate")
        return (F.conv2d(padded, self.analysis, stride=FACTOR) - self.shift) * self.scale

    def decoded(self, latents: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], about 0..1, not clipped."""
        padded = F.pad(latents / self.scale + self.shift, (1,) * 4, mode="replicate")
        cut = FACTOR + FACTOR // 2
        return F.conv_transpose2d(padded, self.synthesis, stride=FACTOR)[..., cut:-cut, cut:-cut] + 1
