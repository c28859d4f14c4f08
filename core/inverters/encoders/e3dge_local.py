"""E3DGE's local branch E1 (Lan et al. 2023): what the reconstruction missed -> modulations of StyleSDF's colours.

A residual picture and its depth pass a stacked hourglass; a point in space takes the feature that it projects to, with
the code of its place, and that becomes scale and shift of the renderer's features. S-Lab License 1.0: non-commercial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from core.inverters.encoders.e3dge_fusion import ResidualDense, features_at, perspective, picture_places
from core.inverters.encoders.hourglass import GROUPS, HourglassFilter
from core.state_shapes import count_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "E3DGE's local branch"


@dataclass(frozen=True)
class E3dgeLocalConfig:
    """Sizes; the defaults are the released ones.

    Attributes:
        stem_width: channels that the residual and the depth each become.
        width: of the features.
        stacks: hourglasses one after another.
        depth: halvings within each.
        point_width: of a point's feature, with the code of its place.
        modulation_width: scales and shifts together.
    """

    stem_width: int = 32
    width: int = 256
    stacks: int = 4
    depth: int = 2
    point_width: int = 301
    modulation_width: int = 512

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> E3dgeLocalConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        modulation, point = shape_of(state, "local_feat_to_tex_modulations_linear.shortcut.weight", 2, TITLE)
        first = {name.removeprefix("image_filter.m0.b1_"): value for name, value in state.items()}
        return E3dgeLocalConfig(
            stem_width=shape_of(state, "residual_conv.0.weight", 4, TITLE)[0],
            width=shape_of(state, "image_filter.l0.weight", 4, TITLE)[0],
            stacks=count_of(state, "image_filter.l", ".weight"),
            # levels count from 1
            depth=sum(f"{level}.conv1.weight" in first for level in range(1, 9)),
            point_width=point,
            modulation_width=modulation,
        )


class LocalFeatures(NamedTuple):
    """What points see of the picture: features [B, C, N], which are in it [B, N], where [B, 2, N], depths [B, 1, N]."""

    features: Tensor
    visible: Tensor
    places: Tensor
    depths: Tensor


class PreactivatedResidual(nn.Module):
    """Two convolutions, each after a norm and a rectifier, beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.GroupNorm(GROUPS, width), nn.ReLU(), mirrored_convolution(width, width)]
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> the same shape."""
        residual: Tensor = self.conv(x)
        return x + residual


class UnusedReduction(nn.Module):
    """A convolution and a norm that the released weights hold and the released code never calls."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn = nn.GroupNorm(GROUPS, outputs)


class E3dgeLocalNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: E3dgeLocalConfig) -> None:
        super().__init__()
        self.config = config
        joined = 2 * config.stem_width
        self.image_filter = HourglassFilter(joined, config.width, config.stacks, config.depth)
        self.local_feat_to_tex_modulations_linear = ResidualDense(config.point_width, config.modulation_width)
        self.downsample_channel_conv = UnusedReduction(config.modulation_width, joined)
        self.depth_conv = stem(1, config.stem_width)
        self.residual_conv = stem(3, config.stem_width)

    def features(self, residual: Tensor, depth: Tensor) -> Tensor:
        """Features [B, C, H / 4, W / 4], those of the last hourglass.

        Args:
            residual: [B, 3, H, W], the photo minus its reconstruction; 256 pixels in the release.
            depth: [B, 1, H, W] of the reconstruction.
        """
        joined = torch.cat([self.residual_conv(residual), self.depth_conv(depth)], dim=1)
        last: Tensor = self.image_filter(joined)[-1]
        return last

    def query(self, features: Tensor, points: Tensor, calibrations: Tensor) -> LocalFeatures:
        """What points see.

        Args:
            features: [B, C, h, w].
            points: [B, 3, N].
            calibrations: [B, 4, 4], as `perspective` takes them.
        """
        projected = perspective(points, calibrations)
        places = picture_places(projected)
        visible = (places.abs() <= 1).all(dim=1)
        return LocalFeatures(features_at(features, places), visible, places, projected[:, 2:])

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Points' features with the codes of their places, [..., 301], -> scales and shifts, [..., 256] each.

        The renderer's features are multiplied by one plus the scale.
        """
        scale, shift = self.local_feat_to_tex_modulations_linear(points).chunk(2, dim=-1)
        return scale, shift


def stem(channels: int, width: int) -> nn.Sequential:
    """What makes features of one of the inputs: [B, channels, H, W] -> [B, width, H, W]."""
    return nn.Sequential(
        mirrored_convolution(channels, width),
        PreactivatedResidual(width),
        nn.Conv2d(width, width, 1, bias=False),
    )


def mirrored_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3 x 3 without a bias; the picture is mirrored at its edges."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False)
