"""StyleSDF's decoder: rendered features -> finished picture, StyleGAN2 in another hand's names (rosinality's).

The layers compute what `stylegan2` has; only the names, the place of the noise buffers and the unused biases differ.
B batch, W latent width.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from core.generators.stylegan2 import (
    Dense,
    activated,
    doubled,
    fir_filter,
    modulated_convolution,
    second_moment_normalised,
)


class Kernel(nn.Module):
    """Holder of a resampling filter [4, 4], stored with the gain of doubling."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", fir_filter() * 4)


class NoiseWeight(nn.Module):
    """Holder of a layer's noise strength [1]."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class ActivationBias(nn.Module):
    """Holder of the bias [C] before an activation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))


class Modulated(nn.Module):
    """Modulated convolution, weight [1, O, I, k, k]."""

    def __init__(
        self, inputs: int, outputs: int, latent_size: int, size: int, *, up: bool = False, demodulate: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, size, size))
        if up:
            self.blur = Kernel()
        self.modulation = Dense(latent_size, inputs, bias=1.0)
        self.up, self.demodulate = up, demodulate
        self.gain = (inputs * size * size) ** -0.5

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """[B, I, H, W] and latent [B, W] -> [B, O, H, W], twice the size when `up`."""
        # the filter's gain is applied where it is used
        fir = self.blur.kernel / 4 if self.up else None
        return modulated_convolution(
            x, self.weight[0] * self.gain, self.modulation(latent), fir, demodulate=self.demodulate
        )


class StyledLayer(nn.Module):
    """Modulated 3 x 3 convolution, noise, activation."""

    def __init__(self, inputs: int, outputs: int, latent_size: int, *, up: bool = False) -> None:
        super().__init__()
        # held but unused, as in the published checkpoints
        self.bias = nn.Parameter(torch.zeros(1, outputs, 1, 1))
        self.conv = Modulated(inputs, outputs, latent_size, 3, up=up)
        self.noise = NoiseWeight()
        self.activate = ActivationBias(outputs)

    def forward(self, x: Tensor, latent: Tensor, noise: Tensor) -> Tensor:
        """See `Modulated`; noise [1, 1, H, W]."""
        return activated(self.conv(x, latent) + self.noise.weight * noise, self.activate.bias)


class PictureLayer(nn.Module):
    """Features -> a share of the picture, added to the smaller picture before it."""

    def __init__(self, inputs: int, latent_size: int, *, up: bool = True) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        if up:
            self.upsample = Kernel()
        self.conv = Modulated(inputs, 3, latent_size, 1, demodulate=False)

    def forward(self, x: Tensor, latent: Tensor, picture: Tensor | None = None) -> Tensor:
        """Features [B, I, H, W], latent [B, W] and a picture half as large -> [B, 3, H, W]."""
        share: Tensor = self.conv(x, latent) + self.bias
        return share if picture is None else share + doubled(picture)


class Noises(nn.Module):
    """The stored noise of each layer, [1, 1, H, W]."""

    def __init__(self, sizes_px: Sequence[int]) -> None:
        super().__init__()
        for index, size_px in enumerate(sizes_px):
            self.register_buffer(f"noise_{index}", torch.randn(1, 1, size_px, size_px))

    def __getitem__(self, index: int) -> Tensor:
        return self.get_buffer(f"noise_{index}")


class Normalised(nn.Module):
    """First layer of the mapping: codes at unit root mean square."""

    def forward(self, code: Tensor) -> Tensor:
        """[B, W] -> [B, W]."""
        return second_moment_normalised(code)


class SdfDecoder(nn.Module):
    """Features [B, N, h, w] and latents [B, L, W] -> picture [B, 3, H, W], -1..1.

    Also the mapping from the renderer's code to the decoder's (`style`).
    """

    def __init__(
        self,
        features: int,
        code_size: int,
        latent_size: int,
        mapping_layers: int,
        widths: Sequence[int],
        neural_px: int,
    ) -> None:
        super().__init__()
        mapping = [
            Dense(code_size if index == 0 else latent_size, latent_size, active=True, learning_rate=0.01)
            for index in range(mapping_layers)
        ]
        self.style = nn.Sequential(Normalised(), *mapping)
        self.conv1 = StyledLayer(features, widths[0], latent_size)
        self.to_rgb1 = PictureLayer(widths[0], latent_size, up=False)
        pairs = list(pairwise(widths))
        self.convs = nn.ModuleList(
            StyledLayer(inputs, outputs, latent_size, up=first)
            for narrow, wide in pairs
            for inputs, outputs, first in ((narrow, wide, True), (wide, wide, False))
        )
        self.to_rgbs = nn.ModuleList(PictureLayer(outputs, latent_size) for _, outputs in pairs)
        self.noises = Noises([neural_px << (index + 1) // 2 for index in range(2 * len(pairs) + 1)])

    @property
    def latent_count(self) -> int:
        """L: one latent a layer, and one more for the last picture."""
        return len(self.convs) + 2

    def forward(self, features: Tensor, latents: Tensor) -> Tensor:
        """See the class. A picture's share takes the first latent of the next size."""
        x = self.conv1(features, latents[:, 0], self.noises[0])
        picture: Tensor = self.to_rgb1(x, latents[:, 1])
        for index, to_picture in enumerate(self.to_rgbs):
            first = 2 * index
            for number in (first, first + 1):
                x = self.convs[number](x, latents[:, number + 1], self.noises[number + 1])
            picture = to_picture(x, latents[:, first + 3], picture)
        return picture
