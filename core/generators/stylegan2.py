"""StyleGAN2's layers at any width, in plain torch: mapping, modulated convolution, resampling, synthesis blocks.

Modules hold parameters under their official names and nothing else; a forward pass changes nothing. Weights are stored
at unit variance and scaled when used (equalised learning rate). B batch, I O channels, W latent width.

Long because one family of layers belongs together; every class is small.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Noise = Literal["const", "none", "random"]
"""Where the noise of a layer comes from: the stored picture, nowhere, or torch's generator, in the published order."""
LEAK, GAIN = 0.2, 2**0.5
"""Slope of the leaky rectifier and the gain that keeps its output at unit variance."""
FIR = (1.0, 3.0, 3.0, 1.0)


def fir_filter() -> Tensor:
    """The low-pass filter of all resampling, [4, 4], summing to one."""
    # in Python's numbers: on the meta device, where networks are made that get their weights from a file, torch's
    # arithmetic brings in its compiler, which takes seconds and crashes beside some OpenGL drivers
    return torch.tensor([[row * column / sum(FIR) ** 2 for column in FIR] for row in FIR])


def doubled(picture: Tensor) -> Tensor:
    """Picture [B, C, H, W] at twice the size, filtered by `fir_filter`, with zeros around it.

    Two taps of (1, 3, 3, 1) meet each new pixel, so this is bilinear interpolation of the zero-padded picture.
    """
    padded = F.pad(picture, (1, 1, 1, 1))
    return F.interpolate(padded, scale_factor=2.0, mode="bilinear", align_corners=False)[..., 2:-2, 2:-2]


def activated(x: Tensor, bias: Tensor, clamp: float | None = None) -> Tensor:
    """Bias, leaky rectifier and its gain, on channels [B, C, ...]."""
    x = F.leaky_relu(x + bias.view(-1, *[1] * (x.ndim - 2)), LEAK) * GAIN
    return x if clamp is None else x.clamp(-clamp, clamp)


def second_moment_normalised(x: Tensor) -> Tensor:
    """Vectors [B, N] at unit root mean square."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def modulated_convolution(
    x: Tensor, weight: Tensor, styles: Tensor, fir: Tensor | None = None, *, demodulate: bool = True
) -> Tensor:
    """Convolution whose input channels are scaled by styles and whose output is brought back to unit variance.

    Activations are scaled instead of weights: the same function, one dense convolution for the whole batch.

    Args:
        x: [B, I, H, W].
        weight: [O, I, k, k].
        styles: [B, I].
        fir: low-pass filter [4, 4] with which to double the picture; None keeps its size.
        demodulate: whether to divide by the norm of the styled weights.

    Returns:
        [B, O, H, W], or [B, O, 2H, 2W] with a filter.
    """
    y = x * styles[:, :, None, None]
    if fir is None:
        y = F.conv2d(y, weight, padding=weight.shape[-1] // 2)
    else:
        # the transposed convolution runs twice as fast with its channels last
        y = y.contiguous(memory_format=torch.channels_last)
        y = F.conv_transpose2d(y, weight.transpose(0, 1), stride=2).contiguous()
        # doubling spreads each pixel over four: the filter's gain of four brings the brightness back
        y = F.conv2d(y, (fir * 4).expand(y.shape[1], 1, -1, -1), padding=1, groups=y.shape[1])
    if demodulate:
        norm = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).rsqrt()
        y = y * norm[:, :, None, None]
    return y


class Dense(nn.Module):
    """Fully connected layer with equalised learning rate; linear unless `active`."""

    def __init__(
        self, inputs: int, outputs: int, *, active: bool = False, learning_rate: float = 1.0, bias: float = 0.0
    ) -> None:
        super().__init__()
        # in place, for the same reason as in `fir_filter`
        self.weight = nn.Parameter(torch.randn(outputs, inputs).div_(learning_rate))
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.active = active
        self.weight_gain = learning_rate / inputs**0.5
        self.bias_gain = learning_rate

    def forward(self, x: Tensor) -> Tensor:
        """[B, I] -> [B, O]."""
        y = x @ (self.weight * self.weight_gain).T
        bias = self.bias * self.bias_gain
        return activated(y, bias) if self.active else y + bias


class Mapping(nn.Module):
    """Noise [B, Z] and a condition [B, N] -> a latent [B, W]."""

    w_avg: Tensor

    def __init__(
        self,
        noise_size: int,
        condition_size: int,
        latent_size: int,
        layers: int = 2,
        *,
        learning_rate: float = 0.01,
        last_active: bool = True,
    ) -> None:
        super().__init__()
        self.layers = layers
        self.embed = Dense(condition_size, latent_size)
        sizes = [noise_size + latent_size, *[latent_size] * layers]
        for index in range(layers):
            active = last_active or index < layers - 1
            layer = Dense(sizes[index], sizes[index + 1], active=active, learning_rate=learning_rate)
            self.add_module(f"fc{index}", layer)
        self.register_buffer("w_avg", torch.zeros(latent_size))

    def forward(self, noise: Tensor, condition: Tensor) -> Tensor:
        """See the class."""
        x = torch.cat([second_moment_normalised(noise), second_moment_normalised(self.embed(condition))], dim=1)
        for index in range(self.layers):
            x = self.get_submodule(f"fc{index}")(x)
        return x

    def truncated(self, latent: Tensor, truncation: float) -> Tensor:
        """Latents [B, W] drawn towards the mean: 1 leaves them alone, 0 gives the mean."""
        return latent if truncation == 1 else self.w_avg.lerp(latent, truncation)


class SynthesisLayer(nn.Module):
    """Modulated 3 x 3 convolution, noise, activation; doubles the picture when `up`."""

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(
        self, inputs: int, outputs: int, latent_size: int, size_px: int, *, up: bool = False, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.up, self.clamp = up, clamp
        self.affine = Dense(latent_size, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("resample_filter", fir_filter())
        self.register_buffer("noise_const", torch.randn(size_px, size_px))

    def forward(self, x: Tensor, latent: Tensor, noise: Noise = "const") -> Tensor:
        """[B, I, H, W] and latent [B, W] -> [B, O, H, W], twice the size when `up`."""
        y = modulated_convolution(x, self.weight, self.affine(latent), self.resample_filter if self.up else None)
        # after demodulation: the noise has the same strength in every channel
        if noise == "const":
            y = y + self.noise_const * self.noise_strength
        elif noise == "random":
            y = y + torch.randn(len(y), 1, *y.shape[2:], device=y.device) * self.noise_strength
        return activated(y, self.bias, self.clamp)


class ToPicture(nn.Module):
    """1 x 1 modulated convolution without demodulation: features -> picture (official name: torgb)."""

    def __init__(self, inputs: int, outputs: int, latent_size: int, *, clamp: float | None = None) -> None:
        super().__init__()
        self.clamp = clamp
        self.weight_gain = inputs**-0.5
        self.affine = Dense(latent_size, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """[B, I, H, W] and latent [B, W] -> [B, O, H, W]."""
        styles = self.affine(latent) * self.weight_gain
        y = modulated_convolution(x, self.weight, styles, demodulate=False) + self.bias[:, None, None]
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


class SynthesisBlock(nn.Module):
    """One resolution of the pyramid ("skip" architecture): two layers and their share of the picture.

    Without inputs it starts from a learned constant and has one layer. Without `up` neither features nor picture are
    doubled, as in the first block of a super-resolution by two.
    """

    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        latent_size: int,
        size_px: int,
        picture_channels: int,
        *,
        up: bool = True,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.up = up
        self.register_buffer("resample_filter", fir_filter())
        if inputs == 0:
            self.const: nn.Parameter | None = nn.Parameter(torch.randn(outputs, size_px, size_px))
            self.conv0: SynthesisLayer | None = None
        else:
            self.const = None
            self.conv0 = SynthesisLayer(inputs, outputs, latent_size, size_px, up=up, clamp=clamp)
        self.conv1 = SynthesisLayer(outputs, outputs, latent_size, size_px, clamp=clamp)
        self.torgb = ToPicture(outputs, picture_channels, latent_size, clamp=clamp)

    @property
    def layers(self) -> int:
        """Layers that take a latent of their own; the picture's is the next block's first."""
        return 1 if self.conv0 is None else 2

    def forward(
        self, x: Tensor | None, picture: Tensor | None, latents: Tensor, noise: Noise = "const"
    ) -> tuple[Tensor, Tensor]:
        """Features, picture and latents [B, layers + 1, W] -> features and picture of this block's size."""
        upcoming = iter(latents.unbind(1))
        if self.conv0 is None:
            assert self.const is not None
            x = self.const[None].expand(len(latents), -1, -1, -1)
        else:
            assert x is not None
            x = self.conv0(x, next(upcoming), noise)
        x = self.conv1(x, next(upcoming), noise)
        share: Tensor = self.torgb(x, next(upcoming))
        if picture is not None:
            share = share + (doubled(picture) if self.up else picture)
        return x, share


class Synthesis(nn.Module):
    """Latents [B, L, W] -> picture [B, P, size, size]: blocks b4, b8, ... of doubling size."""

    def __init__(
        self,
        latent_size: int,
        size_px: int,
        picture_channels: int,
        channel_base: int = 32768,
        channel_max: int = 512,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.sizes_px = [4 << step for step in range((size_px // 4).bit_length())]
        inputs = 0
        for block_px in self.sizes_px:
            outputs = min(channel_base // block_px, channel_max)
            block = SynthesisBlock(inputs, outputs, latent_size, block_px, picture_channels, clamp=clamp)
            self.add_module(f"b{block_px}", block)
            inputs = outputs

    @property
    def latent_count(self) -> int:
        """L: one latent a layer, and one more for the last picture."""
        return 2 * len(self.sizes_px)

    def forward(self, latents: Tensor, noise: Noise = "const") -> Tensor:
        """See the class."""
        return self.stage(latents, noise=noise)[1]

    def stage(
        self,
        latents: Tensor,
        x: Tensor | None = None,
        picture: Tensor | None = None,
        *,
        until_px: int | None = None,
        noise: Noise = "const",
    ) -> tuple[Tensor, Tensor]:
        """Some of the blocks: what the published forks that stop half way compute in two calls.

        Args:
            latents: [B, L, W], all of them whatever the blocks.
            x: features of an earlier stage; None begins at the first block.
            picture: picture of that stage.
            until_px: size of the last block; None goes to the end.
            noise: where the layers' noise comes from.

        Returns:
            Features and picture of the last block.
        """
        begun_px = 0 if x is None else x.shape[-1]
        first = 0
        for size_px in self.sizes_px:
            block = self.get_submodule(f"b{size_px}")
            assert isinstance(block, SynthesisBlock)
            if begun_px < size_px <= (until_px or size_px):
                x, picture = block(x, picture, latents[:, first : first + block.layers + 1], noise)
            first += block.layers
        assert x is not None
        assert picture is not None
        return x, picture
