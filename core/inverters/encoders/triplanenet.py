"""TriPlaneNet's second branch (Bhattarai et al. 2024): what the first reconstruction missed -> offsets of the planes.

A U-Net with the IR-SE50 body as its descending half. The first version gives offsets from six channels (the
reconstruction, and the picture minus it); the second also sees the mirrored difference and the planes, and gives the
finished planes. Code MIT; the released weights were learnt from EG3D and FFHQ, which are for non-commercial use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import CheckpointError
from core.perception import ir_se
from core.state_shapes import shape_of

TITLE: Final = "TriPlaneNet"
Version = Literal["v1", "v2ps", "v2up"]


@dataclass(frozen=True)
class TriPlaneNetConfig:
    """Sizes and settings; the defaults are those of the second released version.

    Attributes:
        version: "v1" gives offsets; "v2ps" and "v2up" give planes and enlarge by pixel shuffle or by repetition.
        channels: of the input, 6 in v1 and 9 in v2.
        stages: width and blocks of each stage of the body, four of them.
        up_widths: channels after each of the four ascending steps.
        plane_channels: of all planes together.
    """

    version: Version = "v2up"
    channels: int = 9
    stages: tuple[tuple[int, int], ...] = ir_se.STAGES_50
    up_widths: tuple[int, ...] = (512, 256, 128, 64)
    plane_channels: int = 96

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> TriPlaneNetConfig:
        """The version and sizes of official weights.

        The state also tells how pictures are enlarged, by the channels that the second step takes; where the file's
        "opts" name `use_pixelshuffle` they must agree.

        Raises:
            CheckpointError: a tensor that tells them is missing, or options and tensors contradict each other.
        """
        shape_of(state, "body.0.res_layer.3.weight", 4, TITLE)
        stages = ir_se.stages_from_state(state)
        if len(stages) != 4:
            raise CheckpointError(
                f"The body of {TITLE} has {len(stages)} stages instead of four.",
                "Check which model the file belongs to.",
            )
        up_widths = tuple(shape_of(state, f"up{i}.conv.double_conv.3.weight", 4, TITLE)[0] for i in range(1, 5))
        shuffled = shape_of(state, "up2.conv.double_conv.0.weight", 1, TITLE)[0] == up_widths[0] // 4 + stages[2][0]
        second = "final_head_two.0.weight" in state
        opts = facts.get("opts") or {}
        told = opts.get("use_pixelshuffle") if isinstance(opts, Mapping) else None
        if second and told is not None and bool(told) != shuffled:
            raise CheckpointError(
                f"The options of this {TITLE} file say use_pixelshuffle = {told}, but up2.conv.double_conv.0.weight "
                "says the opposite.",
                "Get the file again from its authors.",
            )
        last = "final_head_two.4.weight" if second else "final_head.4.weight"
        return TriPlaneNetConfig(
            version=("v2ps" if shuffled else "v2up") if second else "v1",
            channels=shape_of(state, "input_layer.0.weight", 4, TITLE)[1],
            stages=stages,
            up_widths=up_widths,
            plane_channels=shape_of(state, last, 4, TITLE)[0],
        )


RELEASED: Final[Mapping[Version, TriPlaneNetConfig]] = {
    "v1": TriPlaneNetConfig(version="v1", channels=6, up_widths=(512, 384, 256, 96)),
    "v2ps": TriPlaneNetConfig(version="v2ps", up_widths=(512, 384, 256, 96)),
    "v2up": TriPlaneNetConfig(),
}
"""The sizes of each released version."""


class DoubleConvolution(nn.Module):
    """Norm and two convolutions with PReLUs."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, width, 3, padding=1),
            nn.PReLU(width),
            nn.Conv2d(width, width, 3, padding=1),
            nn.PReLU(width),
            # a second one in a row: a slip that the released weights were trained with
            nn.PReLU(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, width, H, W]."""
        convolved: Tensor = self.double_conv(x)
        return convolved


class Ascent(nn.Module):
    """Enlarges the coarse map by a factor, joins it with the fine one and convolves both."""

    def __init__(self, coarse: int, fine: int, width: int, factor: int, *, shuffled: bool) -> None:
        super().__init__()
        self.factor, self.shuffled = factor, shuffled
        inputs = fine + (coarse // factor**2 if shuffled else coarse)
        self.conv = DoubleConvolution(inputs, width)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """[B, coarse, h, w] and [B, fine, h * factor, w * factor] -> [B, width, h * factor, w * factor]."""
        joined = torch.cat([fine, enlarged(coarse, self.factor, shuffled=self.shuffled)], dim=1)
        convolved: Tensor = self.conv(joined)
        return convolved


class TriPlaneNetNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: TriPlaneNetConfig) -> None:
        super().__init__()
        self.config = config
        self.shuffled = config.version != "v2up"
        widths = [width for width, _ in config.stages]
        self.input_layer = ir_se.input_layer(config.channels, widths[0])
        self.body = ir_se.body(widths[0], config.stages)
        coarse = widths[3]
        for step in range(4):
            fine = widths[3 - step]
            width = config.up_widths[step]
            ascent = Ascent(coarse, fine, width, factor=2 if step else 1, shuffled=self.shuffled)
            self.add_module(f"up{step + 1}", ascent)
            coarse = width
        inputs = coarse // 4 if self.shuffled else coarse
        planes = config.plane_channels
        if config.version == "v1":
            self.final_head = final_head(inputs, planes)
        else:
            self.final_head_two = final_head(inputs + planes, planes)

    def forward(self, pictures: Tensor, planes: Tensor | None = None) -> Tensor:
        """New planes, or in the first version the offsets that are to be added to them.

        Args:
            pictures: [B, 6 or 9, 256, 256] in -1..1: the first reconstruction, the picture minus it, and in the
                second version the mirrored picture minus its reconstruction.
            planes: [B, 96, 256, 256] of the first reconstruction; the second version needs them, the first does not.

        Returns:
            [B, 96, 256, 256].
        """
        if (planes is None) != (self.config.version == "v1"):
            raise ValueError("the second version needs the planes of the first reconstruction, the first takes none")
        depths = [depth for _, depth in self.config.stages]
        before_last = sum(depths[:3])
        # the last stage is tapped after its first block, the others where they end
        taps = (depths[0] - 1, depths[0] + depths[1] - 1, before_last - 1, before_last, sum(depths) - 1)
        found = ir_se.tapped(self.body, self.input_layer(pictures), taps)
        *fine, x = (found[index] for index in taps)
        for step, skip in enumerate(reversed(fine)):
            x = self.get_submodule(f"up{step + 1}")(x, skip)
        x = enlarged(x, 2, shuffled=self.shuffled)
        if planes is None:
            offsets: Tensor = self.final_head(x)
            return offsets
        delta: Tensor = self.final_head_two(torch.cat([planes, x], dim=1))
        return planes + delta


def branch_input(
    pictures: Tensor, first: Tensor, mirrored: tuple[Tensor, Tensor] | None = None, side_px: int = 256
) -> Tensor:
    """What the network gets to see.

    Args:
        pictures: [B, 3, H, W] in -1..1.
        first: [B, 3, h, w], their first reconstructions.
        mirrored: the same two seen in a mirror, with the first reconstruction rendered from the mirrored camera; only
            the second version looks at them.
        side_px: to which all are brought, by averages.

    Returns:
        [B, 6, side_px, side_px], or [B, 9, side_px, side_px] with the mirrored ones.
    """
    seen, rendered = F.adaptive_avg_pool2d(pictures, side_px), F.adaptive_avg_pool2d(first, side_px)
    parts = [rendered, seen - rendered]
    if mirrored is not None:
        other_seen, other_rendered = (F.adaptive_avg_pool2d(picture, side_px) for picture in mirrored)
        parts.append(other_seen - other_rendered)
    return torch.cat(parts, dim=1)


def final_head(inputs: int, planes: int) -> nn.Sequential:
    """The last convolutions, with one of a single pixel at the end."""
    return nn.Sequential(
        nn.Conv2d(inputs, planes, 3, padding=1),
        nn.PReLU(planes),
        nn.Conv2d(planes, planes, 3, padding=1),
        nn.PReLU(planes),
        nn.Conv2d(planes, planes, 1),
    )


def enlarged(x: Tensor, factor: int, *, shuffled: bool) -> Tensor:
    """[B, C, H, W] at `factor` times the side: channels dealt out to pixels, or pixels repeated."""
    if shuffled:
        return F.pixel_shuffle(x, factor)
    return x if factor == 1 else F.interpolate(x, scale_factor=float(factor), mode="nearest")
