"""The super-resolutions that EG3D and PanoHead share: small picture and features -> finished picture."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import CheckpointError
from core.generators.stylegan2 import Noise, SynthesisBlock, fir_filter

Upscaling = Literal["2X", "4X", "8X", "8XDC"]


@dataclass(frozen=True)
class Upscaler:
    """Sizes of a super-resolution: its input, the width and side of its two blocks, and whether the first doubles."""

    input_px: int
    widths: tuple[int, int]
    sizes_px: tuple[int, int]
    first_up: bool


UPSCALERS: dict[Upscaling, Upscaler] = {
    "2X": Upscaler(64, (128, 64), (64, 128), first_up=False),
    "4X": Upscaler(128, (128, 64), (128, 256), first_up=False),
    "8X": Upscaler(128, (128, 64), (256, 512), first_up=True),
    "8XDC": Upscaler(128, (256, 128), (256, 512), first_up=True),
}


class SuperResolution(nn.Module):
    """Raw picture and features -> finished picture; every layer takes the last latent."""

    def __init__(
        self,
        upscaling: Upscaling,
        channels: int,
        latent_size: int,
        clamp: float | None = 256.0,
        *,
        antialias: bool = True,
    ) -> None:
        super().__init__()
        self.sizes = sizes = UPSCALERS[upscaling]
        self.antialias = antialias
        if upscaling != "8XDC":
            # held but unused, as in the published checkpoints
            self.register_buffer("resample_filter", fir_filter())
        widths = (channels, *sizes.widths)
        self.block0, self.block1 = (
            SynthesisBlock(
                widths[index],
                widths[index + 1],
                latent_size,
                sizes.sizes_px[index],
                3,
                up=index == 1 or sizes.first_up,
                clamp=clamp,
            )
            for index in range(2)
        )

    def forward(self, raw: Tensor, features: Tensor, latents: Tensor, noise: Noise = "none") -> Tensor:
        """Raw picture [B, 3, h, w], features [B, F, h, w] and latents [B, L, W] -> picture [B, 3, H, W]."""
        last = latents[:, -1:].expand(-1, 3, -1)
        x, picture = (scaled(value, self.sizes.input_px, antialias=self.antialias) for value in (features, raw))
        x, picture = self.block0(x, picture, last, noise)
        finished: Tensor = self.block1(x, picture, last, noise)[1]
        return finished


def upscaling_from_official(name: str) -> Upscaling:
    """The super-resolution of that published class name, with or without its module.

    Raises:
        CheckpointError: there is none.
    """
    found = name.rpartition("Hybrid")[2]
    for upscaling in get_args(Upscaling):
        if found == upscaling:
            known: Upscaling = upscaling
            return known
    raise CheckpointError(
        f"This model has a super-resolution of another kind, {name.rpartition('.')[2]}.",
        f"Use one of those whose super-resolution is {', '.join(UPSCALERS)}.",
    )


def scaled(picture: Tensor, size_px: int, *, antialias: bool = True) -> Tensor:
    """Picture [B, C, H, W] at another size, bilinear, antialiased when it shrinks."""
    if picture.shape[-1] == size_px:
        return picture
    return F.interpolate(picture, size=(size_px, size_px), mode="bilinear", align_corners=False, antialias=antialias)


def over_white(picture: Tensor, alpha: Tensor) -> Tensor:
    """A finished picture [B, 3, H, W], -1..1, of a head [B, 1, h, w] as RGB 0..1 before white."""
    solid = scaled(alpha, picture.shape[-1]).clamp(0, 1)
    return ((picture + 1) / 2).clamp(0, 1) * solid + (1 - solid)
