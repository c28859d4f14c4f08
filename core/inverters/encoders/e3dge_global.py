"""E3DGE's global encoder E0 (Lan et al. 2023): a face -> latents of StyleSDF's renderer and of its decoder.

pSp's pyramid with one level more. As released, all renderer latents are read from the 32 pixel level, and the decoder
gets one latent for all its layers; its other heads have weights but are never called. S-Lab License 1.0:
non-commercial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn

from core.inverters.encoders.style_heads import StyleHead, enlarged_sum, head_depths
from core.perception import ir_se
from core.state_shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "E3DGE's global encoder"


@dataclass(frozen=True)
class E3dgeGlobalConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        channels: of the picture.
        stages: width and blocks of each stage of the body, four of them.
        renderer_latent_size: width of the renderer's latents.
        renderer_head_depths: halvings in the head of each of them.
        decoder_latent_size: width of the decoder's latent.
        decoder_head_depths: halvings in each of its heads, of which the first alone is used.
    """

    channels: int = 3
    stages: tuple[tuple[int, int], ...] = ir_se.STAGES_50
    renderer_latent_size: int = 256
    renderer_head_depths: tuple[int, ...] = (7,) * 9
    decoder_latent_size: int = 512
    decoder_head_depths: tuple[int, ...] = (7,) * 3 + (8,) * 7

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> E3dgeGlobalConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell all that differs between files
        shape_of(state, "body.0.res_layer.3.weight", 4, TITLE)
        return E3dgeGlobalConfig(
            channels=shape_of(state, "input_layer.0.weight", 4, TITLE)[1],
            stages=ir_se.stages_from_state(state),
            renderer_latent_size=shape_of(state, "styles_pigan.0.linear.weight", 2, TITLE)[0],
            renderer_head_depths=head_depths(state, "styles_pigan."),
            decoder_latent_size=shape_of(state, "styles_stylegan.0.linear.weight", 2, TITLE)[0],
            decoder_head_depths=head_depths(state, "styles_stylegan."),
        )


class E3dgeGlobalNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: E3dgeGlobalConfig) -> None:
        super().__init__()
        self.config = config
        # the pyramid is as wide as the body's last stage
        first, second, third, width = (channels for channels, _ in config.stages)
        self.input_layer = ir_se.input_layer(config.channels, first)
        self.body = ir_se.body(first, config.stages)
        self.styles_pigan = nn.ModuleList(
            StyleHead(width, config.renderer_latent_size, depth) for depth in config.renderer_head_depths
        )
        self.styles_stylegan = nn.ModuleList(
            StyleHead(width, config.decoder_latent_size, depth) for depth in config.decoder_head_depths
        )
        # named after the channels that come in
        self.latlayer64 = nn.Conv2d(first, width, 1)
        self.latlayer128 = nn.Conv2d(second, width, 1)
        self.latlayer256 = nn.Conv2d(third, width, 1)

    def pyramid(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Feature maps [B, C, h, w] of pictures at an eighth, a quarter and half of their side."""
        ends = [sum(depth for _, depth in self.config.stages[: stage + 1]) - 1 for stage in range(4)]
        taps = ir_se.tapped(self.body, self.input_layer(pictures), ends)
        half, quarter, eighth, coarse = (taps[index] for index in ends)
        eighth = enlarged_sum(coarse, self.latlayer256(eighth))
        quarter = enlarged_sum(eighth, self.latlayer128(quarter))
        return eighth, quarter, enlarged_sum(quarter, self.latlayer64(half))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Latents to be added to StyleSDF's two mean latents, of pictures [B, 3, 256, 256] in -1..1.

        Returns:
            Latents of the renderer [B, 9, 256], the last for its view layer, and of the decoder [B, 1, 512], which all
            its layers share.
        """
        eighth, _, half = self.pyramid(pictures)
        renderer = torch.stack([head(eighth) for head in self.styles_pigan], dim=1)
        return renderer, self.styles_stylegan[0](half)[:, None]
