"""The networks of the bundled prior: a linear lapped codec, diffusers' UNet2DConditionModel, and a table of concepts.

The codec is one strided convolution each way, its windows twice as large as their stride: it keeps 16 numbers of 192,
costs nothing, and a gradient at its latents becomes one at the pixels without the pitfalls of a deep encoder. A small
AutoencoderKL would have taken most of the processor time there was.

The UNet sees, beside the noisy latents, those of the unstyled picture (the guide) and the depth, folded to the latents'
size: conditions as further input channels are learned from far fewer pictures than by a ControlNet. It predicts how the
clean latents differ from a guess, in units of how far that errs: between a first sketch in the style (`first_sketch`)
and the noisy latents themselves, by how sure either is. What a regression finds is nothing to learn.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from core.stylizers.diffusers_classes import diffusers_classes
from core.stylizers.first_sketch import FirstSketch
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.vocabulary import CONCEPTS, NUMBERS, SLOTS, STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from core.stylizers.vocabulary import Concept

FACTOR = 8
"""Picture pixels per latent pixel."""
WINDOW = 2 * FACTOR
"""Side of the codec's windows."""
DEPTH_FOLD = 2
"""Depth numbers a side for each latent pixel."""


@dataclass(frozen=True)
class DrawingConfig:
    """Sizes of the networks.

    Attributes:
        channels: of the latents.
        widths: channels of the UNet's levels, finest first; each but the last halves the sides, and the finest has no
            attention.
        words: width of a token.
        groups: of the group norms.
        features: random ones of the first sketch.
        picture_px: side of the pictures it is trained on.
    """

    channels: int = 32
    widths: tuple[int, ...] = (64, 128, 192)
    words: int = 128
    groups: int = 16
    features: int = 1024
    picture_px: int = 128

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> DrawingConfig:
        """From what `to_json` gave."""
        known = {field.name for field in fields(DrawingConfig)}
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list | tuple) else v for k, v in values.items() if k in known
        }
        return DrawingConfig(**plain)


class ConceptTable(nn.Module):
    """Concepts as tokens: one for each slot, learned for each concept and for a slot that is left open."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(len(CONCEPTS), width) * 0.5)
        self.open = nn.Parameter(torch.randn(len(SLOTS), width) * 0.5)
        self.joined = nn.Sequential(nn.Linear(len(SLOTS) * width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [B, slots, E] and their summary [B, E] of shares [B, slots, concepts], see `shares_of`."""
        said = shares.sum(-1, keepdim=True)
        tokens = shares @ self.rows + (1 - said) * self.open
        summary: Tensor = self.joined(tokens.flatten(1))
        return tokens, summary


def shares_of(said: Sequence[Sequence[Concept]]) -> Tensor:
    """Concepts of B prompts as shares [B, slots, concepts]: those of one slot share it, an open slot has none."""
    shares = torch.zeros(len(said), len(SLOTS), len(CONCEPTS))
    for row, concepts in zip(shares, said, strict=True):
        for concept in concepts:
            row[SLOTS.index(concept.slot), NUMBERS[concept.name]] = 1
    return shares / shares.sum(-1, keepdim=True).clamp(min=1)


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
        """Latents [B, C, H / 8, W / 8], about of unit variance, of pictures [B, 3, H, W], 0..1."""
        padded = F.pad(pictures - 1, (FACTOR // 2,) * 4, mode="replicate")
        return (F.conv2d(padded, self.analysis, stride=FACTOR) - self.shift) * self.scale

    def decoded(self, latents: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], about 0..1, not clipped."""
        padded = F.pad(latents / self.scale + self.shift, (1,) * 4, mode="replicate")
        cut = FACTOR + FACTOR // 2
        return F.conv_transpose2d(padded, self.synthesis, stride=FACTOR)[..., cut:-cut, cut:-cut] + 1


class DrawingDenoiser(nn.Module):
    """Clean latents, given noisy ones, concepts, depth and guide."""

    def __init__(self, config: DrawingConfig) -> None:
        super().__init__()
        self.channels = config.channels
        lower = len(config.widths) - 1
        self.words = ConceptTable(config.words)
        self.sketch = FirstSketch(config.channels, config.channels + DEPTH_FOLD**2, config.features)
        self.white: Tensor
        self.register_buffer("white", torch.zeros(1, config.channels, 1, 1))
        # one more channel says whether there is a guide, and one whether there is a depth
        self.unet = diffusers_classes().unet(
            sample_size=config.picture_px // FACTOR,
            in_channels=3 * config.channels + DEPTH_FOLD**2 + 2,
            out_channels=config.channels,
            layers_per_block=1,
            block_out_channels=config.widths,
            down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * lower,
            up_block_types=("CrossAttnUpBlock2D",) * lower + ("UpBlock2D",),
            cross_attention_dim=config.words,
            attention_head_dim=4,
            norm_num_groups=config.groups,
            class_embed_type="projection",
            projection_class_embeddings_input_dim=config.words,
        )

    def conditions(self, like: Tensor, depth: Tensor | None, guide: Tensor | None) -> Tensor:
        """Input channels [B, C + 6, h, w] of depth [B, 1, H, W] and guide [B, C, h, w].

        Where there is no guide, white paper stands for it; where there is no depth, zeros.
        """
        count, _, height, width = like.shape
        there = [like.new_full((count, 1, height, width), float(given is not None)) for given in (guide, depth)]
        if guide is None:
            guide = self.white.expand(count, -1, height, width)
        folded = like.new_zeros(count, DEPTH_FOLD**2, height, width)
        if depth is not None:
            small = F.adaptive_avg_pool2d(depth.to(like), (DEPTH_FOLD * height, DEPTH_FOLD * width))
            folded = F.pixel_unshuffle(small * 2 - 1, DEPTH_FOLD)
        return torch.cat([guide.to(like), folded, *there], 1)

    def forward(self, noisy: Tensor, timesteps: Tensor, shares: Tensor, conditions: Tensor) -> Tensor:
        """Predicted clean latents [B, C, h, w].

        Args:
            noisy: [B, C, h, w].
            timesteps: int64 [B].
            shares: [B, slots, concepts], see `shares_of`; where the style is left open, its odds are taken for it.
            conditions: see `conditions`.
        """
        with torch.no_grad(), torch.autocast(noisy.device.type, enabled=False):
            kind, exact = conditions.dtype, conditions.float()
            shares = self._with_style(noisy.float(), timesteps, shares.float(), exact)
            styles = shares[:, 0, : len(STYLES)]
            sketch, error = self.sketch.drawn(exact, styles), self.sketch.uncertain(exact, styles, self.white.float())
        tokens, summary = self.words(shares.to(kind))
        change: Tensor = self.unet(
            torch.cat([noisy, conditions, sketch.to(kind)], 1),
            timesteps,
            encoder_hidden_states=tokens,
            class_labels=summary,
        ).sample
        # with no network: what is likeliest between a sketch that errs so far, and latents that are so noisy
        signal = NoiseSchedule.stable_diffusion().signal.to(noisy)[timesteps].view(-1, 1, 1, 1)
        trust = error / (error + (1 - signal) / signal)
        likeliest = sketch + trust * (noisy.float() / signal.sqrt() - sketch)
        return likeliest + (error * (1 - trust)).sqrt() * change

    def _with_style(self, noisy: Tensor, timesteps: Tensor, shares: Tensor, conditions: Tensor) -> Tensor:
        """Shares whose open styles are filled by what the noisy latents look like."""
        opened = shares[:, 0].sum(-1) < 0.5
        if not bool(opened.any()):
            return shares
        signal = NoiseSchedule.stable_diffusion().signal.to(noisy)[timesteps[opened]]
        filled = shares.clone()
        filled[opened, 0, : len(STYLES)] = self.sketch.odds(noisy[opened], signal, conditions[opened])
        return filled
