"""What a guide becomes in each style, before anything is denoised: a ridge regression on random features.

Most of a drawing follows from the picture that it was drawn from: bronze is dark and brown where the light is low,
whatever the noise says. That part is found in closed form (`core.training.prior_sketch`), for each style apart, from
each place's surroundings in the guide and the depth; the UNet has only to learn the rest. There are four sketches, for
with and without guide and depth.

The sketches also tell which style a noisy picture is in, by Bayes' rule: they are what it would be without noise, give
or take `spread`. So a prior that is told no style is not a network that was left to itself, but the mixture of the
styles by their odds, and the difference that likelihood distillation follows is gone where a picture is in its style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from core.stylizers.vocabulary import STYLES

if TYPE_CHECKING:
    from torch import Tensor

MODES = 4
"""Guide and depth, guide alone, depth alone, neither."""
AROUND = 3
"""Side of the surroundings of a place, in latent pixels."""
LEAST_ERROR = 2e-3
"""Mean square by which a sketch of white paper errs."""
NOT_WHITE, NOT_FAR = 0.05, -0.98
"""Mean difference from white latents, and depth -1..1, from which a place belongs to a head."""
TEMPER = 0.25
"""Share of the numbers of a latent that count as told apart: neighbours err alike."""


class FirstSketch(nn.Module):
    """Clean latents of each style, from guide and depth alone; nothing in it is learned by descent."""

    def __init__(self, channels: int, given: int, features: int) -> None:
        """Begin with blank sketches.

        Args:
            channels: C, of the latents.
            given: channels of guide and depth together.
            features: random ones, beside a place's surroundings themselves.
        """
        super().__init__()
        count = 1 + given * AROUND**2 + features
        self.mixing: Tensor
        self.offset: Tensor
        self.rows: Tensor
        self.spread: Tensor
        self.errors: Tensor
        self.register_buffer("mixing", torch.zeros(features, given, AROUND, AROUND))
        self.register_buffer("offset", torch.zeros(features))
        self.register_buffer("rows", torch.zeros(MODES, len(STYLES), count, channels))
        self.register_buffer("spread", torch.ones(channels))
        self.register_buffer("errors", torch.ones(len(STYLES), channels))

    def described(self, given: Tensor) -> Tensor:
        """Features [B, h w, F] of the places of guide and depth [B, G, h, w]."""
        around = F.unfold(F.pad(given, (AROUND // 2,) * 4, mode="replicate"), AROUND)
        found = F.relu(torch.einsum("fn,bnp->bfp", self.mixing.flatten(1), around) + self.offset[:, None])
        return torch.cat([torch.ones_like(around[:, :1]), around, found], 1).transpose(1, 2)

    def drawn(self, conditions: Tensor, shares: Tensor) -> Tensor:
        """Clean latents [B, C, h, w] of mixtures of styles.

        Args:
            conditions: [B, G + 2, h, w], guide and depth, and whether they are there.
            shares: [B, styles].
        """
        rows = torch.einsum("bs,bsfc->bfc", shares, self.rows[_modes(conditions)])
        flat = self.described(conditions[:, :-2]) @ rows
        clean: Tensor = flat.transpose(1, 2).unflatten(2, conditions.shape[-2:])
        return clean

    def uncertain(self, conditions: Tensor, shares: Tensor, white: Tensor) -> Tensor:
        """Mean square [B, C, h, w] of how far sketches of mixtures of styles err: least on the paper around a head.

        Args:
            conditions: as for `drawn`.
            shares: [B, styles].
            white: [1, C, 1, 1], latents of white paper.
        """
        return (shares @ self.errors)[..., None, None] * drawn_on(conditions, white) + LEAST_ERROR

    def odds(self, noisy: Tensor, signal: Tensor, conditions: Tensor) -> Tensor:
        """How likely each style is, [B, styles], of noisy latents [B, C, h, w] with a share of signal [B]."""
        described = self.described(conditions[:, :-2])
        seen, share = noisy.flatten(2).transpose(1, 2), signal.view(-1, 1, 1)
        wide = 1 - share + share * self.spread
        misfits = []
        for style in range(len(STYLES)):
            sketch = described @ self.rows[_modes(conditions), style]
            misfits.append(((seen - share.sqrt() * sketch).square() / wide).sum((1, 2)))
        return torch.softmax(-0.5 * TEMPER * torch.stack(misfits, 1), 1)


def drawn_on(conditions: Tensor, white: Tensor) -> Tensor:
    """Where there is a head or its rim, float [B, 1, h, w], 0 or 1, by guide and depth; everywhere without both."""
    channels = white.shape[1]
    inked = (conditions[:, :channels] - white).abs().mean(1, keepdim=True) > NOT_WHITE
    near = (conditions[:, channels:-2].amax(1, keepdim=True) > NOT_FAR) & (conditions[:, -1:] > 0.5)
    blind = (conditions[:, -2:].sum(1, keepdim=True)) < 0.5
    return F.max_pool2d((inked | near | blind).to(conditions), 3, 1, padding=1)


def _modes(conditions: Tensor) -> Tensor:
    """Which sketch, int64 [B], by what is there."""
    there = conditions[:, -2:, 0, 0] > 0.5
    return 2 * (~there[:, 0]).long() + (~there[:, 1]).long()
