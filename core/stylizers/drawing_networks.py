"""The networks of the bundled prior: diffusers' UNet2DConditionModel and ControlNetModel, and a table of concepts.

The UNet sees, beside the noisy latents, those of the unstyled picture (the guide); the ControlNet sees them and the
depth. They predict what a sketch in the style (`first_sketch`, and over it `finer_sketch`) lacks. The clean latents
lie between the sketch with that and the noisy latents, which are believed by how little noise they hold (Karras et al.
2022, section 5). What a regression finds is nothing to learn.

They predict it for all styles at once, in channels of their own, and the words choose: where eyes, mouth and ears are
is the same for all, and is learned from all drawings of a view in one step.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from core.stylizers.diffusers_classes import diffusers_classes
from core.stylizers.drawing_codec import FACTOR, DrawingCodec
from core.stylizers.finer_sketch import FinerSketch
from core.stylizers.first_sketch import FirstSketch, drawn_on
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.vocabulary import CONCEPTS, NUMBERS, SLOTS, STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from core.stylizers.vocabulary import Concept

DEPTH_FOLD = 2
"""Depth numbers a side for each latent pixel."""
SPREAD = 0.5
"""How far a drawing's latents are from the first sketch's, on the whole."""


@dataclass(frozen=True)
class DrawingConfig:
    """Sizes of the networks.

    Attributes:
        channels: of the latents.
        widths: channels of the UNet's levels, finest first; each but the last halves the sides. Words are attended to
            at the coarsest alone, between the way down and the way up.
        control: channels of the depth on its way to the latents' size, in the ControlNet; each but the first halves
            the sides.
        words: width of a token.
        groups: of the group norms.
        features: random ones of the first sketch.
        finer: random ones of the finer sketch.
        picture_px: side of the pictures it is trained on.
    """

    channels: int = 20
    widths: tuple[int, ...] = (64, 96, 128, 160)
    control: tuple[int, ...] = (16, 32)
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


class DrawingDenoiser(nn.Module):
    """Clean latents, given noisy ones, concepts, depth and guide."""

    def __init__(self, config: DrawingConfig) -> None:
        super().__init__()
        self.channels = config.channels
        self.words = ConceptTable(config.words, 4 * config.widths[0])
        self.codec = DrawingCodec(config.channels).requires_grad_(requires_grad=False)
        self.sketch = FirstSketch(config.channels, DEPTH_FOLD**2, config.features)
        self.finer = FinerSketch(config.finer)
        self.white: Tensor
        self.register_buffer("white", torch.zeros(1, config.channels, 1, 1))
        levels = len(config.widths)
        classes = diffusers_classes()
        self.unet = classes.unet(
            sample_size=config.picture_px // FACTOR,
            # noisy latents, guide, and whether there is one
            in_channels=2 * config.channels + 1,
            out_channels=len(STYLES) * config.channels,
            layers_per_block=1,
            block_out_channels=config.widths,
            down_block_types=("DownBlock2D",) * levels,
            up_block_types=("UpBlock2D",) * levels,
            cross_attention_dim=config.words,
            attention_head_dim=4,
            norm_num_groups=config.groups,
            resnet_time_scale_shift="scale_shift",
            class_embed_type="identity",
        )
        self.control = classes.control.from_unet(
            self.unet,
            conditioning_channels=1,
            conditioning_embedding_out_channels=config.control,
            load_weights_from_unet=False,
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

        Lines are drawn over it where guide and depth are there: by what is drawn they are found. One row of conditions
        may stand for all.
        """
        first = self.sketch.drawn(conditions, styles, self.white.float())
        known = conditions[:, -2:, :1, :1].amin(1, keepdim=True) > 0.5
        if not bool(known.any()):
            return first
        white = self.white.float()
        here = drawn_on(conditions, white)
        seen = self.finer.seen(*self.guide_and_depth(conditions))
        finer = self.codec.encoded(self.finer.drawn(seen, self.pictures_of(first), styles, _of_pixels(here)))
        return torch.where(known, torch.lerp(white.expand_as(finer), finer, here), first)

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

    def forward(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        shares: Tensor,
        conditions: Tensor,
        sketch: Tensor | None = None,
        control_scale: float = 1.0,
    ) -> Tensor:
        """Predicted clean latents [B, C, h, w].

        Args:
            noisy: [B, C, h, w].
            timesteps: int64 [B].
            shares: [B, slots, concepts], see `shares_of`; every style is filled, see `with_style`.
            conditions: see `conditions`.
            sketch: [B, C, h, w], what `sketched` makes of conditions and styles, where that is known already.
            control_scale: how far the ControlNet is listened to, 0..1.
        """
        styles = shares[:, 0, : len(STYLES)]
        with torch.no_grad():
            if sketch is None:
                sketch = self.sketched(conditions.float(), styles.float()).to(conditions.dtype)
            guess, reach, _ = self.guessed(noisy, timesteps, styles, conditions, sketch)
        changes = self.changes(noisy, timesteps, shares, conditions, control_scale)
        return guess + reach * torch.einsum("bs,bschw->bchw", styles.to(changes), changes)

    def guessed(
        self, noisy: Tensor, timesteps: Tensor, styles: Tensor, conditions: Tensor, sketch: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What is likeliest with no network; how far a change of the sketch by its error moves that; how far it errs.

        All are [B, C, h, w]. It lies between a sketch that errs, and latents that are noisy. For the arguments see
        `forward`.
        """
        error = self.sketch.uncertain(conditions.float(), styles.float(), self.white.float()).to(noisy)
        signal = signal_at(timesteps, noisy)
        trust = error / (error + (1 - signal) / signal)
        guess = torch.lerp(sketch, noisy / signal.sqrt(), trust)
        return guess, error.sqrt() * (1 - trust), (error * (1 - trust)).sqrt()

    def changes(
        self, noisy: Tensor, timesteps: Tensor, shares: Tensor, conditions: Tensor, control_scale: float = 1.0
    ) -> Tensor:
        """What the networks add to the sketch of each style [B, styles, C, h, w], in units of how far it errs.

        Like finer sketches they need guide and depth: where one of them is missing, nothing is added. For the arguments
        see `forward`.
        """
        tokens, summary = self.words(shares.to(conditions.dtype))
        signal = signal_at(timesteps, noisy)
        # as much of it as can be believed: where all is noise, it would only drown the guide
        seen = noisy * signal.sqrt() * SPREAD**2 / (signal * SPREAD**2 + 1 - signal)
        guide, folded, has_guide, has_depth = conditions.split([self.channels, DEPTH_FOLD**2, 1, 1], 1)
        asked: dict[str, Any] = {
            "sample": torch.cat([seen, guide, has_guide], 1),
            "timestep": timesteps,
            "encoder_hidden_states": tokens,
            "class_labels": summary,
        }
        if control_scale > 0 and bool(has_depth.any()):
            told = self.control(**asked, controlnet_cond=F.pixel_shuffle(folded, DEPTH_FOLD))
            heard = control_scale * has_depth[:, :, :1, :1]
            asked["down_block_additional_residuals"] = [heard * found for found in told.down_block_res_samples]
            asked["mid_block_additional_residual"] = heard * told.mid_block_res_sample
        together: Tensor = self.unet(**asked).sample
        changes: Tensor = (together * has_guide * has_depth).unflatten(1, (len(STYLES), self.channels))
        return changes

    def with_style(self, noisy: Tensor, timesteps: Tensor, shares: Tensor, conditions: Tensor) -> Tensor:
        """Shares whose open styles are filled by what the noisy latents look like; for the arguments see `forward`."""
        opened = shares[:, 0].sum(-1) < 0.5
        if not bool(opened.any()):
            return shares
        filled, seen = shares.clone(), noisy[opened].float()
        signal = signal_at(timesteps[opened], seen)
        odds = self.sketch.odds(seen, signal, conditions[opened].float(), self.white.float())
        filled[opened, 0, : len(STYLES)] = odds.to(shares.dtype)
        return filled


def _of_pixels(here: Tensor) -> Tensor:
    """Bool [B, H, W]: pixels that latents [B, 1, h, w] which are 1 have a part in."""
    return F.interpolate(F.max_pool2d(here, 3, 1, 1), scale_factor=FACTOR)[:, 0] > 0


def signal_at(timesteps: Tensor, like: Tensor) -> Tensor:
    """Share of the signal's variance [B, 1, 1, 1] at timesteps [B], on the device and of the type of `like`."""
    return NoiseSchedule.stable_diffusion().signal.to(like)[timesteps].view(-1, 1, 1, 1)
