"""The networks of the bundled prior: a linear lapped codec, diffusers' UNet2DConditionModel, and a table of concepts.

The codec is one strided convolution each way, its windows twice as large as their stride: it keeps 20 of 48
numbers, loses no line, costs nothing, and a gradient at its latents becomes one at the pixels without the
pitfalls of a deep encoder. A small AutoencoderKL would have taken most of the processor time there was.

The UNet sees, beside the noisy latents, those of the unstyled picture (the guide) and the depth, folded to the latents'
size: conditions as further input channels are learned from far fewer pictures than by a ControlNet. It predicts how the
clean latents differ from a guess between a sketch in the style (`first_sketch`, and over it `finer_sketch`) and the
noisy latents, which are believed by how little noise they hold (Karras et al. 2022, section 5). What a regression finds
is nothing to learn. Longer than usual: the denoiser needs all that stands before it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from core.stylizers.diffusers_classes import diffusers_classes
from core.stylizers.finer_sketch import FinerSketch
from core.stylizers.first_sketch import FirstSketch, drawn_on
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.vocabulary import CONCEPTS, NUMBERS, SLOTS, STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from core.stylizers.vocabulary import Concept

FACTOR = 4
"""Picture pixels per latent pixel."""
WINDOW = 2 * FACTOR
"""Side of the codec's windows."""
DEPTH_FOLD = 2
"""Depth numbers a side for each latent pixel."""
SPREAD = 0.5
"""How far a drawing's latents are from the first sketch's, on the whole."""


@dataclass(frozen=True)
class DrawingConfig:
    """Sizes of the networks.

    Attributes:
        channels: of the latents.
        widths: channels of the UNet's levels, finest first; each but the last halves the sides, and the coarsest alone
            has attention.
        words: width of a token.
        groups: of the group norms.
        features: random ones of the first sketch.
        finer: random ones of the finer sketch.
        picture_px: side of the pictures it is trained on.
    """

    channels: int = 20
    widths: tuple[int, ...] = (64, 112, 160)
    words: int = 128
    groups: int = 16
    features: int = 1280
    finer: int = 700
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

    def __init__(self, width: int, summed: int) -> None:
        """Begin with random concepts.

        Args:
            width: E, of a token.
            summed: S, of the summary of all.
        """
        super().__init__()
        self.rows = nn.Parameter(torch.randn(len(CONCEPTS), width))
        self.open = nn.Parameter(torch.randn(len(SLOTS), width))
        # of unit variance, or it would take hundreds of steps until the styles are told apart
        self.joined = nn.Sequential(
            nn.Linear(len(SLOTS) * width, summed), nn.SiLU(), nn.Linear(summed, summed), nn.LayerNorm(summed)
        )

    def forward(self, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [B, slots, E] and their summary [B, S] of shares [B, slots, concepts], see `shares_of`."""
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
        """Latents [B, C, H / 4, W / 4], about of unit variance, of pictures [B, 3, H, W], 0..1."""
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
        upper = len(config.widths) - 1
        self.words = ConceptTable(config.words, 4 * config.widths[0])
        self.codec = DrawingCodec(config.channels).requires_grad_(requires_grad=False)
        self.sketch = FirstSketch(config.channels, DEPTH_FOLD**2, config.features)
        self.finer = FinerSketch(config.finer)
        self.white: Tensor
        self.register_buffer("white", torch.zeros(1, config.channels, 1, 1))
        # one more channel says whether there is a guide, and one whether there is a depth
        self.unet = diffusers_classes().unet(
            sample_size=config.picture_px // FACTOR,
            in_channels=3 * config.channels + DEPTH_FOLD**2 + 2,
            out_channels=config.channels,
            layers_per_block=1,
            block_out_channels=config.widths,
            down_block_types=("DownBlock2D",) * upper + ("CrossAttnDownBlock2D",),
            up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * upper,
            cross_attention_dim=config.words,
            attention_head_dim=4,
            norm_num_groups=config.groups,
            resnet_time_scale_shift="scale_shift",
            class_embed_type="identity",
        )
        # before anything is learned there is the sketch
        nn.init.zeros_(self.unet.conv_out.weight)

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

    def sketched(self, conditions: Tensor, styles: Tensor) -> Tensor:
        """What is drawn before noise is looked at, [B, C, h, w], in mixtures of styles [B, styles].

        Lines are drawn over it where guide and depth are there: by what is drawn they are found.
        """
        first = self.sketch.drawn(conditions, styles, self.white.float())
        known = conditions[:, -2:, :1, :1].amin(1, keepdim=True) > 0.5
        if not bool(known.any()):
            return first
        seen = self.finer.seen(*self.guide_and_depth(conditions))
        finer = self.codec.encoded(self.finer.drawn(seen, self.pictures_of(first), styles))
        white = self.white.float()
        on_paper = torch.lerp(white.expand_as(finer), finer, drawn_on(conditions, white))
        return torch.where(known, on_paper, first)

    def guide_and_depth(self, conditions: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures [B, 3, H, W] and depths [B, 1, H, W], 0..1, that conditions were made of."""
        depth = F.pixel_shuffle(conditions[:, self.channels : -2], DEPTH_FOLD) / 2 + 0.5
        size = [side * FACTOR for side in conditions.shape[-2:]]
        whole = F.interpolate(depth, size=size, mode="bilinear", align_corners=False)
        return self.pictures_of(conditions[:, : self.channels]), whole

    def pictures_of(self, latents: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], 0..1."""
        pictures: Tensor = self.codec.decoded(latents).clamp(0, 1)
        return pictures

    def forward(self, noisy: Tensor, timesteps: Tensor, shares: Tensor, conditions: Tensor) -> Tensor:
        """Predicted clean latents [B, C, h, w].

        Args:
            noisy: [B, C, h, w].
            timesteps: int64 [B].
            shares: [B, slots, concepts], see `shares_of`; where the style is left open, its odds are taken for it.
            conditions: see `conditions`.
        """
        with torch.no_grad():
            exact, white = conditions.float(), self.white.float()
            shares = self._with_style(noisy.float(), timesteps, shares.float(), exact)
            styles = shares[:, 0, : len(STYLES)]
            sketch = self.sketched(exact, styles).to(conditions.dtype)
            error = self.sketch.uncertain(exact, styles, white).to(conditions.dtype)
        tokens, summary = self.words(shares.to(conditions.dtype))
        signal = signal_at(timesteps, noisy)
        # at unit variance, however much noise there is
        seen = noisy / (signal * SPREAD**2 + 1 - signal).sqrt()
        change: Tensor = self.unet(
            torch.cat([seen, conditions, sketch], 1), timesteps, encoder_hidden_states=tokens, class_labels=summary
        ).sample
        # with no network: what is likeliest between a sketch that errs so far, and latents that are so noisy
        trust = error / (error + (1 - signal) / signal)
        return torch.lerp(sketch, noisy / signal.sqrt(), trust) + (error * (1 - trust)).sqrt() * change

    def _with_style(self, noisy: Tensor, timesteps: Tensor, shares: Tensor, conditions: Tensor) -> Tensor:
        """Shares whose open styles are filled by what the noisy latents look like."""
        opened = shares[:, 0].sum(-1) < 0.5
        if not bool(opened.any()):
            return shares
        filled = shares.clone()
        signal = signal_at(timesteps[opened], noisy)
        odds = self.sketch.odds(noisy[opened], signal, conditions[opened], self.white.float())
        filled[opened, 0, : len(STYLES)] = odds
        return filled


def signal_at(timesteps: Tensor, like: Tensor) -> Tensor:
    """Share of the signal's variance [B, 1, 1, 1] at timesteps [B], on the device and of the type of `like`."""
    return NoiseSchedule.stable_diffusion().signal.to(like)[timesteps].view(-1, 1, 1, 1)
