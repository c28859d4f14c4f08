"""GOAE's cross attention (Yuan et al. 2023): queries gather what they need from a longer sequence of tokens."""

import torch.nn.functional as F
from torch import Tensor, nn

ATTENTION_HEADS = 4
"""Heads of all released cross attentions; weights do not tell them."""


class CrossAttention(nn.Module):
    """Attention and a feed-forward layer, each beside a shortcut.

    The norm between them has no weights. The published class makes two more, before and after, which it never calls;
    its dropout is for training only.
    """

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.multihead_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        """Queries [B, Q, C] and tokens [B, N, C] -> [B, Q, C]."""
        x = queries + self.multihead_attn(queries, tokens, tokens, need_weights=False)[0]
        x = F.layer_norm(x, x.shape[-1:])
        answered: Tensor = x + self.linear2(F.relu(self.linear1(x)))
        return answered
