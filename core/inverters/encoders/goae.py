"""GOAE's encoder (Yuan et al. 2023): a face -> W+ latents of EG3D, from the tokens of a Swin Transformer V2.

One latent comes from the deepest tokens. The others are that one plus what queries, made of the tokens before it,
gather from the tokens of the three shallower stages. The weights, also triplane_edit's fine-tuned ones, are released
without a licence and were learnt from EG3D and FFHQ, which are for non-commercial use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn

from core.inverters.encoders.cross_attention import ATTENTION_HEADS, CrossAttention
from core.inverters.encoders.swin_v2 import SwinConfig, SwinV2
from core.state_shapes import count_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "GOAE encoder"
LEVELS: Final = ("coarse", "mid", "fine")


@dataclass(frozen=True)
class GoaeConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        picture_px: side of the pictures.
        patch_px: side of the patch that becomes a token.
        width: of the tokens of the first of four stages; it doubles from stage to stage.
        depths: blocks of each stage.
        heads: attention heads of each stage.
        window: tokens on a window's side, where the stage is large enough.
        pretrained_windows: windows of the model that the trunk's weights began with; the weights do not tell them.
        mlp_ratio: hidden units of the trunk's feed-forward layers, as a multiple of the width.
        bias_width: hidden units of the networks that give the position biases.
        latent_size: W, and the width of the cross attention.
        level_latents: how many latents the coarse, middle and fine tokens refine.
        attention_heads: of all three cross attentions.
        attention_hidden: hidden units of all three.
    """

    picture_px: int = 256
    patch_px: int = 4
    width: int = 128
    depths: tuple[int, ...] = (2, 2, 18, 2)
    heads: tuple[int, ...] = (4, 8, 16, 32)
    window: int = 16
    pretrained_windows: tuple[int, ...] = (12, 12, 12, 6)
    mlp_ratio: float = 4.0
    bias_width: int = 512
    latent_size: int = 512
    level_latents: tuple[int, int, int] = (3, 3, 7)
    attention_heads: int = ATTENTION_HEADS
    attention_hidden: int = 1024

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> GoaeConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell all that differs between files
        width, _, patch_px, _ = shape_of(state, "swin_model.patch_embed.proj.weight", 4, TITLE)
        fine_tokens = shape_of(state, "mapper_mid_to_fine_spatial.2.weight", 2, TITLE)[0]
        first = "swin_model.layers.0.blocks.0."
        window_tokens = shape_of(state, first + "attn.relative_position_index", 2, TITLE)[0]
        stages = [f"swin_model.layers.{stage}.blocks." for stage in range(4)]
        coarse, middle, fine = (
            shape_of(state, f"mapper_query_spatial_{level}.2.weight", 2, TITLE)[0] for level in LEVELS
        )
        return GoaeConfig(
            picture_px=round(fine_tokens**0.5) * patch_px,
            patch_px=patch_px,
            width=width,
            depths=tuple(count_of(state, stage, ".norm1.weight") for stage in stages),
            heads=tuple(shape_of(state, f"{stage}0.attn.logit_scale", 3, TITLE)[0] for stage in stages),
            window=round(window_tokens**0.5),
            mlp_ratio=shape_of(state, first + "mlp.fc1.weight", 2, TITLE)[0] / width,
            bias_width=shape_of(state, first + "attn.cpb_mlp.0.weight", 2, TITLE)[0],
            latent_size=shape_of(state, "mapper_base_channel.2.weight", 2, TITLE)[0],
            level_latents=(coarse, middle, fine),
            attention_hidden=shape_of(state, "cross_att_coarse.linear1.weight", 2, TITLE)[0],
        )

    @property
    def swin(self) -> SwinConfig:
        """The sizes of the trunk."""
        return SwinConfig(
            picture_px=self.picture_px,
            patch_px=self.patch_px,
            width=self.width,
            depths=self.depths,
            heads=self.heads,
            window=self.window,
            pretrained_windows=self.pretrained_windows,
            mlp_ratio=self.mlp_ratio,
            bias_width=self.bias_width,
        )


class GoaeNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: GoaeConfig) -> None:
        super().__init__()
        self.config = config
        swin, size = config.swin, config.latent_size
        places = [swin.side(stage) ** 2 for stage in range(4)]
        fine, middle, coarse, deep = (swin.stage_width(stage) for stage in range(4))
        self.swin_model = SwinV2(swin)
        self.mapper_base_spatial = mapper(places[3], places[3], 1)
        self.mapper_base_channel = mapper(deep, deep, size)
        for level, count in zip(LEVELS, config.level_latents, strict=True):
            self.add_module(f"mapper_query_spatial_{level}", mapper(places[3], places[3], count))
            self.add_module(f"mapper_query_channel_{level}", mapper(deep, deep, size))
        self.mapper_coarse_channel = nn.Sequential(nn.Linear(coarse, size), nn.LeakyReLU())
        self.mapper_mid_channel = nn.Sequential(nn.Linear(middle, size), nn.LeakyReLU())
        self.mapper_fine_channel = nn.Sequential(*mapper(fine, 2 * fine, size), nn.LeakyReLU())
        self.mapper_coarse_to_mid_spatial = nn.Sequential(*mapper(places[2], places[2] * 2, places[1]), nn.LeakyReLU())
        self.mapper_mid_to_fine_spatial = nn.Sequential(*mapper(places[1], places[1] * 2, places[0]), nn.LeakyReLU())
        for level in LEVELS:
            self.add_module(f"cross_att_{level}", CrossAttention(size, config.attention_heads, config.attention_hidden))

    def tokens(self, pictures: Tensor) -> dict[str, Tensor]:
        """What the trunk sees in pictures [B, 3, 256, 256], -1..1.

        Returns:
            "fine", "mid", "coarse": [B, N, C], what enters the first three stages.
            "query", "base": [B, C, N], channels first: what enters the last stage, and what leaves it normalised.
        """
        swin = self.swin_model
        entering = [swin.patch_embed(pictures)]
        for stage in swin.layers:
            entering.append(stage(entering[-1])[1])
        fine, middle, coarse, query, last = entering
        base = swin.norm(last).transpose(1, 2)
        return {"fine": fine, "mid": middle, "coarse": coarse, "query": query.transpose(1, 2), "base": base}

    def mapped(self, features: Tensor, kind: str, level: str = "") -> Tensor:
        """Features [B, C, N] -> latents [B, L, W] by the mappers called `kind` and `level`."""
        suffix = f"_{level}" if level else ""
        placed = self.get_submodule(f"mapper_{kind}_spatial{suffix}")(features)
        # the strongest answer of each channel goes straight on
        placed = placed + features.amax(dim=2, keepdim=True)
        latents: Tensor = self.get_submodule(f"mapper_{kind}_channel{suffix}")(placed.transpose(1, 2))
        return latents

    def base_latent(self, tokens: Mapping[str, Tensor]) -> Tensor:
        """The first latent [B, 1, W], from which the others depart."""
        return self.mapped(tokens["base"], "base")

    def forward(self, pictures: Tensor) -> Tensor:
        """Latents [B, L, W], to be added to the generator's mean, of pictures [B, 3, 256, 256] in -1..1."""
        tokens = self.tokens(pictures)
        coarse = self.mapper_coarse_channel(tokens["coarse"])
        middle = self.mapper_mid_channel(tokens["mid"]) + spread(self.mapper_coarse_to_mid_spatial, coarse)
        fine = self.mapper_fine_channel(tokens["fine"]) + spread(self.mapper_mid_to_fine_spatial, middle)
        base = self.base_latent(tokens)
        latents = [base]
        for level, context in zip(LEVELS, (coarse, middle, fine), strict=True):
            queries = self.mapped(tokens["query"], "query", level)
            latents.append(base + self.get_submodule(f"cross_att_{level}")(queries, context))
        return torch.cat(latents, dim=1)


def mapper(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two linear layers, [..., inputs] -> [..., outputs]."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.LeakyReLU(), nn.Linear(hidden, outputs))


def spread(places: nn.Module, tokens: Tensor) -> Tensor:
    """Tokens [B, N, C] at the places of a finer stage, [B, 4N, C]."""
    finer: Tensor = places(tokens.transpose(1, 2))
    return finer.transpose(1, 2)
