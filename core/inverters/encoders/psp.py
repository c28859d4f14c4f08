"""pSp's GradualStyleEncoder (Richardson et al. 2021) as TriPlaneNet uses it: a face -> W+ latents of EG3D.

The released weights (TriPlaneNet, Bhattarai et al. 2024; code MIT) were learnt from EG3D and FFHQ, which are for
non-commercial use.
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

TITLE: Final = "pSp encoder"
COARSE_HEADS, MIDDLE_HEADS = 3, 4
"""How many latents the two coarser levels of the pyramid give; the finest gives all others."""


@dataclass(frozen=True)
class PspConfig:
    """Sizes; the defaults are those of the released encoder.

    Attributes:
        channels: of the picture.
        stages: width and blocks of each stage of the body, four of them.
        latent_size: W.
        head_depths: halvings in the head of each latent; so many suit pictures of 256 pixels.
    """

    channels: int = 3
    stages: tuple[tuple[int, int], ...] = ir_se.STAGES_50
    latent_size: int = 512
    head_depths: tuple[int, ...] = (4,) * 3 + (5,) * 4 + (6,) * 7

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> PspConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        shape_of(state, "body.0.res_layer.3.weight", 4, TITLE)
        return PspConfig(
            channels=shape_of(state, "input_layer.0.weight", 4, TITLE)[1],
            stages=ir_se.stages_from_state(state),
            latent_size=shape_of(state, "styles.0.linear.weight", 2, TITLE)[0],
            head_depths=head_depths(state, "styles."),
        )

    @property
    def taps(self) -> tuple[int, int, int]:
        """Blocks whose outputs enter the pyramid: the last ones of the upper three stages."""
        ends = [sum(depth for _, depth in self.stages[: stage + 1]) - 1 for stage in range(4)]
        return ends[1], ends[2], ends[3]


class PspNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: PspConfig) -> None:
        super().__init__()
        self.config = config
        widths = [width for width, _ in config.stages]
        self.input_layer = ir_se.input_layer(config.channels, widths[0])
        self.body = ir_se.body(widths[0], config.stages)
        # the pyramid is as wide as the body's last stage
        self.styles = nn.ModuleList(StyleHead(widths[3], config.latent_size, depth) for depth in config.head_depths)
        self.latlayer1 = nn.Conv2d(widths[2], widths[3], 1)
        self.latlayer2 = nn.Conv2d(widths[1], widths[3], 1)

    def pyramid(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Feature maps [B, C, h, w] of pictures at a sixteenth, an eighth and a quarter of their side."""
        taps = ir_se.tapped(self.body, self.input_layer(pictures), self.config.taps)
        fine, middle, coarse = (taps[index] for index in self.config.taps)
        merged = enlarged_sum(coarse, self.latlayer1(middle))
        return coarse, merged, enlarged_sum(merged, self.latlayer2(fine))

    def forward(self, pictures: Tensor) -> Tensor:
        """Latents [B, L, W], to be added to the generator's mean, of pictures [B, 3, 256, 256] in -1..1."""
        coarse, middle, fine = self.pyramid(pictures)
        levels = [coarse] * COARSE_HEADS + [middle] * MIDDLE_HEADS
        levels += [fine] * (len(self.styles) - len(levels))
        return torch.stack([head(level) for head, level in zip(self.styles, levels, strict=True)], dim=1)
