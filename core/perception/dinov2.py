"""DINOv2's vision transformer (Oquab et al. 2023) under its official names: pictures -> tokens of chosen blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

EPSILON = 1e-6
GRID_OFFSET = 0.1
"""Added to the number of patches before the place codes are resized. It was meant against rounding, but it also scales
them a little, and the released weights know no other codes."""


class PatchProjection(nn.Module):
    """Pictures [B, 3, H, W] -> patch tokens [B, N, C]."""

    def __init__(self, patch_px: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch_px, patch_px)

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.proj(pictures).flatten(2).transpose(1, 2)
        return tokens


class SelfAttention(nn.Module):
    """Attention of all tokens to all."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, N, C] -> [B, N, C]."""
        batch, count, width = tokens.shape
        query, key, value = self.qkv(tokens).view(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        gathered = F.scaled_dot_product_attention(query, key, value)
        projected: Tensor = self.proj(gathered.transpose(1, 2).reshape(batch, count, width))
        return projected


class LayerScale(nn.Module):
    """A learnt weight for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        return x * self.gamma


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        y: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return y


class TransformerBlock(nn.Module):
    """Attention and a feed-forward layer, each normed before, scaled after, beside a shortcut."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, EPSILON), nn.LayerNorm(width, EPSILON)
        self.attn, self.mlp = SelfAttention(width, heads), FeedForward(width, hidden)
        self.ls1, self.ls2 = LayerScale(width), LayerScale(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, N, C] -> [B, N, C]."""
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        mixed: Tensor = tokens + self.ls2(self.mlp(self.norm2(tokens)))
        return mixed


class DinoV2(nn.Module):
    """The transformer; `mask_token` was for training only, but files hold it."""

    def __init__(self, width: int, depth: int, heads: int, hidden: int, patch_px: int, grid: int) -> None:
        super().__init__()
        self.patch_px, self.grid = patch_px, grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, grid**2 + 1, width))
        self.mask_token = nn.Parameter(torch.zeros(1, width))
        self.patch_embed = PatchProjection(patch_px, width)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(width, EPSILON)

    def forward(self, pictures: Tensor, taps: Sequence[int]) -> list[Tensor]:
        """Normed patch tokens [B, N, C] after the blocks numbered `taps`, of pictures [B, 3, H, W].

        H and W are multiples of the patch's side.
        """
        tokens = self.patch_embed(pictures)
        rows, columns = (side // self.patch_px for side in pictures.shape[-2:])
        first = self.cls_token.expand(len(tokens), -1, -1)
        tokens = torch.cat([first, tokens], dim=1) + self.place_codes(rows, columns)
        found = []
        for index in range(max(taps) + 1):
            tokens = self.blocks[index](tokens)
            if index in taps:
                found.append(self.norm(tokens)[:, 1:])
        return found

    def place_codes(self, rows: int, columns: int) -> Tensor:
        """Place codes [1, 1 + rows * columns, C], the first one the class token's."""
        if rows == columns == self.grid:
            return self.pos_embed
        grid = self.pos_embed[:, 1:].unflatten(1, (self.grid, self.grid)).permute(0, 3, 1, 2)
        scale = ((rows + GRID_OFFSET) / self.grid, (columns + GRID_OFFSET) / self.grid)
        resized = F.interpolate(grid, scale_factor=scale, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], resized.flatten(2).transpose(1, 2)], dim=1)
