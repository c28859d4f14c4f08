"""Depth Anything V2 (Yang et al. 2024): a picture -> how near each pixel is, up to scale and shift.

DINOv2 and a DPT head (Ranftl et al. 2021) under the official names. The small model is under Apache-2.0, the base and
large ones under CC-BY-NC-4.0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception.dinov2 import DinoV2
from core.state_shapes import count_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE: Final = "Depth Anything V2"
SIDE_PX: Final = 518
"""Shorter side of the pictures that the network sees."""
SMALL_WIDTH: Final = 384
"""Width of the small model, the one for commercial use too."""
HEAD_SIZE: Final = 64
"""Channels of an attention head, in every released size."""
IMAGENET_MEAN, IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class DepthAnythingConfig:
    """Sizes; the defaults are those of the small model.

    Attributes:
        width: of the tokens.
        depth: blocks of the transformer.
        heads: of its attention.
        hidden: units of its feed-forward layers.
        patch_px: side of a patch.
        grid: patches on a side of the pictures that the place codes were learnt for.
        level_widths: channels of the four levels of the head.
        head_width: channels where the levels join.
        last_width: channels before the last layer.
    """

    width: int = 384
    depth: int = 12
    heads: int = 6
    hidden: int = 1536
    patch_px: int = 14
    grid: int = 37
    level_widths: tuple[int, ...] = (48, 96, 192, 384)
    head_width: int = 64
    last_width: int = 32

    @staticmethod
    def from_state(state: Mapping[str, Tensor], facts: Mapping[str, Any]) -> DepthAnythingConfig:
        """The sizes of official weights.

        Raises:
            CheckpointError: a tensor that tells them is missing.
        """
        del facts  # the tensors tell everything
        width, _, patch_px, _ = shape_of(state, "pretrained.patch_embed.proj.weight", 4, TITLE)
        places = shape_of(state, "pretrained.pos_embed", 3, TITLE)[1] - 1
        levels = (shape_of(state, f"depth_head.projects.{level}.weight", 4, TITLE)[0] for level in range(4))
        return DepthAnythingConfig(
            width=width,
            depth=count_of(state, "pretrained.blocks.", ".norm1.weight"),
            heads=max(width // HEAD_SIZE, 1),
            hidden=shape_of(state, "pretrained.blocks.0.mlp.fc1.weight", 2, TITLE)[0],
            patch_px=patch_px,
            grid=round(places**0.5),
            level_widths=tuple(levels),
            head_width=shape_of(state, "depth_head.scratch.layer1_rn.weight", 4, TITLE)[0],
            last_width=shape_of(state, "depth_head.scratch.output_conv2.0.weight", 4, TITLE)[0],
        )

    @property
    def taps(self) -> tuple[int, ...]:
        """Blocks whose tokens enter the head: every third of twelve; of 24, four that are not quite even."""
        if self.depth == 24:
            return 4, 11, 17, 23
        return tuple((level + 1) * self.depth // 4 - 1 for level in range(4))

    @property
    def commercial(self) -> bool:
        """Whether the released weights of this size may be used commercially."""
        return self.width <= SMALL_WIDTH

    @property
    def licence(self) -> str:
        """The licence of the released weights of this size."""
        return "Apache-2.0" if self.commercial else "CC-BY-NC-4.0"


class ResidualUnit(nn.Module):
    """Two convolutions, each after a rectifier, beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> the same shape."""
        residual: Tensor = self.conv2(F.relu(self.conv1(F.relu(x))))
        return x + residual


class Fusion(nn.Module):
    """One step up: the finer level joins what came from the coarser ones, and both are enlarged."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out_conv = nn.Conv2d(width, width, 1)
        # the coarsest step has no finer level to take in, but holds the weights for it
        self.resConfUnit1, self.resConfUnit2 = ResidualUnit(width), ResidualUnit(width)

    def forward(self, coarse: Tensor, fine: Tensor | None, size: tuple[int, int]) -> Tensor:
        """[B, C, h, w] and the same, or none -> [B, C, *size]."""
        x = coarse if fine is None else coarse + self.resConfUnit1(fine)
        x = F.interpolate(self.resConfUnit2(x), size, mode="bilinear", align_corners=True)
        merged: Tensor = self.out_conv(x)
        return merged


class Scratch(nn.Module):
    """The part of the head that was not pretrained; its official name."""

    def __init__(self, config: DepthAnythingConfig) -> None:
        super().__init__()
        width = config.head_width
        for level, inputs in enumerate(config.level_widths, start=1):
            self.add_module(f"layer{level}_rn", nn.Conv2d(inputs, width, 3, padding=1, bias=False))
            self.add_module(f"refinenet{level}", Fusion(width))
        self.output_conv1 = nn.Conv2d(width, width // 2, 3, padding=1)
        self.output_conv2 = nn.Sequential(
            nn.Conv2d(width // 2, config.last_width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(config.last_width, 1, 1),
            nn.ReLU(),
        )


class DptHead(nn.Module):
    """Tokens of four blocks -> depth."""

    def __init__(self, config: DepthAnythingConfig) -> None:
        super().__init__()
        self.patch_px = config.patch_px
        first, second, _, fourth = widths = config.level_widths
        self.projects = nn.ModuleList(nn.Conv2d(config.width, width, 1) for width in widths)
        self.resize_layers = nn.ModuleList(
            [
                nn.ConvTranspose2d(first, first, 4, 4),
                nn.ConvTranspose2d(second, second, 2, 2),
                nn.Identity(),
                nn.Conv2d(fourth, fourth, 3, 2, padding=1),
            ]
        )
        self.scratch = Scratch(config)

    def forward(self, tokens: list[Tensor], rows: int, columns: int) -> Tensor:
        """Four of [B, rows * columns, C] -> [B, 1, rows * patch, columns * patch], 0 or more."""
        levels = []
        for index, x in enumerate(tokens):
            picture = x.transpose(1, 2).unflatten(2, (rows, columns))
            level = self.resize_layers[index](self.projects[index](picture))
            levels.append(self.scratch.get_submodule(f"layer{index + 1}_rn")(level))
        first, second, third, x = levels
        for index, fine, larger in ((4, None, third), (3, third, second), (2, second, first), (1, first, None)):
            size = (2 * x.shape[-2], 2 * x.shape[-1]) if larger is None else (larger.shape[-2], larger.shape[-1])
            x = self.scratch.get_submodule(f"refinenet{index}")(x, fine, size)
        x = self.scratch.output_conv1(x)
        size = (rows * self.patch_px, columns * self.patch_px)
        depth: Tensor = self.scratch.output_conv2(F.interpolate(x, size, mode="bilinear", align_corners=True))
        return depth


class DepthAnythingNetwork(nn.Module):
    """All weights under their official names."""

    def __init__(self, config: DepthAnythingConfig) -> None:
        super().__init__()
        self.config = config
        self.pretrained = DinoV2(config.width, config.depth, config.heads, config.hidden, config.patch_px, config.grid)
        self.depth_head = DptHead(config)

    def forward(self, pictures: Tensor) -> Tensor:
        """Nearness [B, H, W], 0 or more, of pictures [B, 3, H, W] normalised by ImageNet's mean and spread.

        H and W are multiples of the patch's side.
        """
        rows, columns = (side // self.config.patch_px for side in pictures.shape[-2:])
        depth: Tensor = self.depth_head(self.pretrained(pictures, self.config.taps), rows, columns)
        return depth[:, 0]

    def nearness(self, pictures: Tensor, side_px: int = SIDE_PX) -> Tensor:
        """Nearness [B, H, W], 0 or more, larger is nearer, of pictures [B, 3, H, W] RGB in 0..1; gradients reach them.

        As published, the network sees the picture with its shorter side at `side_px`, enlarged or shrunk without
        smoothing.
        """
        size = seen_size(pictures.shape[-2], pictures.shape[-1], side_px, self.config.patch_px)
        seen = F.interpolate(pictures, size, mode="bicubic", align_corners=False)
        mean, spread = (pictures.new_tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_SPREAD))
        nearness = self((seen - mean) / spread)
        return F.interpolate(nearness[:, None], pictures.shape[-2:], mode="bilinear", align_corners=True)[:, 0]


def seen_size(height: int, width: int, side_px: int, patch_px: int) -> tuple[int, int]:
    """Height and width nearest to the picture's shape that are multiples of a patch and not below `side_px`."""
    scale = side_px / min(height, width)

    def fitted(side: int) -> int:
        patches = round(side * scale / patch_px)
        if patches * patch_px < side_px:
            patches = math.ceil(side * scale / patch_px)
        return patches * patch_px

    return fitted(height), fitted(width)


def unit_depth(nearness: Tensor) -> Tensor:
    """Nearness [B, H, W] stretched to 0..1 in each picture, as conditions of depth ControlNets are."""
    low, high = (torch.amin(nearness, (1, 2), keepdim=True), torch.amax(nearness, (1, 2), keepdim=True))
    return (nearness - low) / (high - low).clamp(min=1e-8)
