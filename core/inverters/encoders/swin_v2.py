"""Swin Transformer V2 (Liu et al. 2022) as GOAE uses it: a picture -> tokens of every stage.

Attention within windows compares directions instead of vectors, takes its position biases from a small network on
log-spaced offsets, and normalises after the residual branch. Under the published names, tables included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception.dinov2 import FeedForward

LARGEST_SCALE = math.log(100)
"""Bound of the logarithm that the cosines of attention are scaled by."""
MASKED = -100.0
"""What stands in the mask for pairs that meet in a window only because the picture was rolled."""
BIAS_BOUND, OFFSET_SPAN = 16, 8


@dataclass(frozen=True)
class SwinConfig:
    """Sizes.

    Attributes:
        picture_px: side of the pictures.
        patch_px: side of the patch that becomes a token.
        width: of the first stage's tokens; it doubles from stage to stage.
        depths: blocks of each stage.
        heads: attention heads of each stage.
        window: tokens on a window's side, where the stage is large enough.
        pretrained_windows: windows of the model that the weights began with, which offsets are measured in.
        mlp_ratio: hidden units of the feed-forward layers, as a multiple of the width.
        bias_width: hidden units of the network that gives the position biases.
    """

    picture_px: int
    patch_px: int
    width: int
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    window: int
    pretrained_windows: tuple[int, ...]
    mlp_ratio: float
    bias_width: int

    def side(self, stage: int) -> int:
        """Tokens on a side of a stage."""
        return self.picture_px // self.patch_px >> stage

    def stage_width(self, stage: int) -> int:
        """Channels of a stage's tokens."""
        return self.width << stage


class PatchEmbedding(nn.Module):
    """Pictures [B, 3, H, W] -> tokens [B, N, C]."""

    def __init__(self, config: SwinConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, config.width, config.patch_px, config.patch_px)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.norm(self.proj(pictures).flatten(2).transpose(1, 2))
        return tokens


class WindowAttention(nn.Module):
    """Attention within windows of `side` x `side` tokens."""

    relative_coords_table: Tensor
    relative_position_index: Tensor

    def __init__(self, width: int, heads: int, side: int, pretrained_side: int, bias_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.logit_scale = nn.Parameter(torch.full((heads, 1, 1), math.log(10)))
        self.cpb_mlp = nn.Sequential(nn.Linear(2, bias_width), nn.ReLU(), nn.Linear(bias_width, heads, bias=False))
        self.register_buffer("relative_coords_table", offset_table(side, pretrained_side))
        self.register_buffer("relative_position_index", offset_index(side))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        # keys have no bias: it would move all logits of a query alike
        self.q_bias, self.v_bias = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        """Windows [B * M, N, C] and a mask [M, N, N] to add to the logits, or none -> [B * M, N, C]."""
        count, length, width = windows.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.v_bias), self.v_bias])
        mixed = F.linear(windows, self.qkv.weight, bias).view(count, length, 3, self.heads, -1)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        logits = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-2, -1)
        logits = logits * self.logit_scale.clamp(max=LARGEST_SCALE).exp() + self.position_bias()
        if mask is not None:
            logits = (logits.view(-1, *mask.shape[:1], self.heads, length, length) + mask[:, None]).flatten(0, 1)
        gathered = (logits.softmax(dim=-1) @ value).transpose(1, 2).reshape(count, length, width)
        projected: Tensor = self.proj(gathered)
        return projected

    def position_bias(self) -> Tensor:
        """What the offset between two tokens of a window adds to their logit, [heads, N, N]."""
        biases: Tensor = self.cpb_mlp(self.relative_coords_table).flatten(0, 2)
        return BIAS_BOUND * biases[self.relative_position_index].permute(2, 0, 1).sigmoid()


class SwinBlock(nn.Module):
    """Attention within windows, rolled by half a window in every second block, then a feed-forward layer."""

    attn_mask: Tensor | None

    def __init__(self, config: SwinConfig, stage: int, *, shifted: bool) -> None:
        super().__init__()
        width, self.side = config.stage_width(stage), config.side(stage)
        self.window = min(config.window, self.side)
        # a stage that is one window has nothing to roll
        self.shift = self.window // 2 if shifted and self.side > self.window else 0
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = WindowAttention(
            width, config.heads[stage], self.window, config.pretrained_windows[stage], config.bias_width
        )
        self.mlp = FeedForward(width, int(width * config.mlp_ratio))
        self.register_buffer("attn_mask", roll_mask(self.side, self.window, self.shift) if self.shift else None)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, N, C] -> [B, N, C]."""
        batch, _, width = tokens.shape
        x = tokens.view(batch, self.side, self.side, width)
        rolled = x.roll((-self.shift, -self.shift), dims=(1, 2))
        attended = self.attn(windows_of(rolled, self.window), self.attn_mask)
        back = picture_of(attended, self.window, self.side).roll((self.shift, self.shift), dims=(1, 2))
        tokens = tokens + self.norm1(back.flatten(1, 2))
        mixed: Tensor = tokens + self.norm2(self.mlp(tokens))
        return mixed


class Merging(nn.Module):
    """Four neighbouring tokens [B, N, C] become one of twice the width, [B, N / 4, 2C]."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)
        self.norm = nn.LayerNorm(2 * width)

    def forward(self, tokens: Tensor) -> Tensor:
        """See the class."""
        batch, _, width = tokens.shape
        # the published order is by columns: both rows of the left column first
        grid = tokens.view(batch, self.side // 2, 2, self.side // 2, 2, width).permute(0, 1, 3, 4, 2, 5)
        merged: Tensor = self.norm(self.reduction(grid.reshape(batch, -1, 4 * width)))
        return merged


class SwinStage(nn.Module):
    """The blocks of one resolution, and what leads to the next one."""

    def __init__(self, config: SwinConfig, stage: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            SwinBlock(config, stage, shifted=index % 2 == 1) for index in range(config.depths[stage])
        )
        last = stage == len(config.depths) - 1
        self.downsample = None if last else Merging(config.stage_width(stage), config.side(stage))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [B, N, C] -> those after the blocks, and those for the next stage, which are the same in the last."""
        for block in self.blocks:
            tokens = block(tokens)
        return tokens, tokens if self.downsample is None else self.downsample(tokens)


class SwinV2(nn.Module):
    """All stages."""

    def __init__(self, config: SwinConfig) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(config)
        self.layers = nn.ModuleList(SwinStage(config, stage) for stage in range(len(config.depths)))
        self.norm = nn.LayerNorm(config.stage_width(len(config.depths) - 1))


def offset_table(side: int, pretrained_side: int) -> Tensor:
    """All offsets between two tokens of a window, log-spaced: [1, 2 side - 1, 2 side - 1, 2], rows first."""
    offsets = torch.arange(1 - side, side, dtype=torch.float32) / (pretrained_side - 1) * OFFSET_SPAN
    spaced = offsets.sign() * (offsets.abs() + 1).log2() / math.log2(OFFSET_SPAN)
    return torch.stack(torch.meshgrid(spaced, spaced, indexing="ij"), dim=-1)[None]


def offset_index(side: int) -> Tensor:
    """Where in `offset_table`, counted through, the offset of each pair of tokens stands: int64 [side^2, side^2]."""
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    row, column = row.flatten(), column.flatten()
    rows, columns = row[:, None] - row + side - 1, column[:, None] - column + side - 1
    return rows * (2 * side - 1) + columns


def roll_mask(side: int, window: int, shift: int) -> Tensor:
    """Which pairs of a rolled window's tokens are no neighbours in the picture: 0 or `MASKED`, [M, N, N]."""
    place = torch.arange(side)
    region = (place >= side - window).long() + (place >= side - shift).long()
    regions = windows_of((region[:, None] * 3 + region)[None, ..., None], window)[..., 0]
    return (regions[:, None] != regions[..., None]).float() * MASKED


def windows_of(x: Tensor, window: int) -> Tensor:
    """[B, H, W, C] -> windows [B * M, window^2, C]."""
    batch, height, width, channels = x.shape
    split = x.view(batch, height // window, window, width // window, window, channels)
    return split.permute(0, 1, 3, 2, 4, 5).reshape(-1, window * window, channels)


def picture_of(windows: Tensor, window: int, side: int) -> Tensor:
    """The inverse of `windows_of` for a square picture."""
    count, channels = side // window, windows.shape[-1]
    split = windows.view(-1, count, count, window, window, channels)
    return split.permute(0, 1, 3, 2, 4, 5).reshape(-1, side, side, channels)
