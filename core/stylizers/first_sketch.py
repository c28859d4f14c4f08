"""What a guide becomes in each style, before anything is denoised: a ridge regression on random features.

Most of a drawing follows from the picture that it was drawn from: bronze is dark and brown where the light is low,
whatever the noise says. That part is found in closed form (`core.training.prior_sketch`), for each style apart, from
what is around each place in the guide and the depth, finely near it and coarsely far from it, and from where on the
head it is; the UNet has only to learn the rest. There are four sketches, for with and without guide and depth.

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
NEAR, AROUND, FAR = 3, 5, (4, 8)
"""Sides of the windows around a place: of all that is known there, of its tones, and of means of tones."""
TONES = 4
"""The guide's first channels: lightness, two of colour, and the strongest slope."""
BEYOND = 9
"""Side of the window around a place in which there must be something of a head, latent pixels: elves have ears."""
LEAST_ERROR = 2e-3
"""Mean square by which a sketch of white paper errs."""
NOT_WHITE, NOT_FAR = 0.05, -0.98
"""Mean difference from white latents, and depth -1..1, from which a place belongs to a head."""
TEMPER = 0.25
"""Share of the numbers of a latent that count as told apart: neighbours err alike."""


class FirstSketch(nn.Module):
    """Clean latents of each style, from guide and depth alone; nothing in it is learned by descent."""

    def __init__(self, channels: int, folded: int, features: int) -> None:
        """Begin with blank sketches.

        Args:
            channels: C, of the latents.
            folded: channels of the depth.
            features: random ones, beside what is known of a place itself.
        """
        super().__init__()
        seen = (channels * NEAR**2, 2 * (TONES + 1) * AROUND**2, TONES + 1 + 2, folded)
        count = 1 + sum(seen) + features
        self.channels, self.seen = channels, seen
        self.mixing: Tensor
        self.offset: Tensor
        self.rows: Tensor
        self.carried: Tensor
        self.spread: Tensor
        self.errors: Tensor
        self.register_buffer("mixing", torch.zeros(features, sum(seen)))
        self.register_buffer("offset", torch.zeros(features))
        self.register_buffer("rows", torch.zeros(MODES, len(STYLES), count, channels))
        self.register_buffer("carried", torch.ones(1, channels, 1, 1))
        self.register_buffer("spread", torch.ones(channels))
        self.register_buffer("errors", torch.ones(len(STYLES), channels))

    def described(self, conditions: Tensor, white: Tensor) -> Tensor:
        """Features [B, h w, F] of the places of a picture.

        Args:
            conditions: [B, C + D + 2, h, w], guide and depth, and whether they are there.
            white: [1, C, 1, 1], latents of white paper.
        """
        guide, folded = conditions[:, : self.channels] * self.carried, conditions[:, self.channels : -2]
        tones = torch.cat([guide[:, :TONES], folded[:, :1]], 1)
        middling, wide = (_blurred(tones, side) for side in FAR)
        seen = torch.cat(
            [
                _windows(guide, NEAR),
                _windows(torch.cat([tones, middling], 1), AROUND),
                torch.cat([wide, _places(drawn_on(conditions, white)), folded], 1).flatten(2),
            ],
            1,
        )
        found = F.relu(torch.einsum("fn,bnp->bfp", self.mixing, seen) + self.offset[:, None])
        return torch.cat([torch.ones_like(seen[:, :1]), seen, found], 1).transpose(1, 2)

    def drawn(self, conditions: Tensor, shares: Tensor, white: Tensor) -> Tensor:
        """Clean latents [B, C, h, w] of mixtures of styles [B, styles]; for the others see `described`."""
        rows = torch.einsum("bs,bsfc->bfc", shares, self.rows[_modes(conditions)])
        flat = self.described(conditions, white) @ rows
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

    def odds(self, noisy: Tensor, signal: Tensor, conditions: Tensor, white: Tensor) -> Tensor:
        """How likely each style is, [B, styles], of noisy latents [B, C, h, w] with a share of signal [B]."""
        described = self.described(conditions, white)
        seen, share = noisy.flatten(2).transpose(1, 2), signal.view(-1, 1, 1)
        wide = 1 - share + share * self.spread
        misfits = []
        for style in range(len(STYLES)):
            sketch = described @ self.rows[_modes(conditions), style]
            misfits.append(((seen - share.sqrt() * sketch).square() / wide).sum((1, 2)))
        return torch.softmax(-0.5 * TEMPER * torch.stack(misfits, 1), 1)


def drawn_on(conditions: Tensor, white: Tensor) -> Tensor:
    """Where there is a head or what may stand out from it, by guide and depth; everywhere without both.

    Args:
        conditions: [B, C + D + 2, h, w], guide and depth, and whether they are there.
        white: [1, C, 1, 1], latents of white paper.

    Returns:
        Float [B, 1, h, w], 0 or 1.
    """
    channels = white.shape[1]
    inked = (conditions[:, :channels] - white)[:, :TONES].abs().mean(1, keepdim=True) > NOT_WHITE
    near = (conditions[:, channels:-2].amax(1, keepdim=True) > NOT_FAR) & (conditions[:, -1:] > 0.5)
    blind = (conditions[:, -2:].sum(1, keepdim=True)) < 0.5
    return F.max_pool2d((inked | near | blind).to(conditions), BEYOND, 1, padding=BEYOND // 2)


def _modes(conditions: Tensor) -> Tensor:
    """Which sketch, int64 [B], by what is there."""
    there = conditions[:, -2:, 0, 0] > 0.5
    return 2 * (~there[:, 0]).long() + (~there[:, 1]).long()


def _windows(maps: Tensor, side: int) -> Tensor:
    """What is around each place, [B, C side side, h w]."""
    return F.unfold(F.pad(maps, (side // 2,) * 4, mode="replicate"), side)


def _blurred(maps: Tensor, side: int) -> Tensor:
    """Means over windows of an even side, of the same size."""
    height, width = maps.shape[-2:]
    means: Tensor = F.avg_pool2d(F.pad(maps, (side // 2,) * 4, mode="replicate"), side, 1)
    return means[..., :height, :width]


def _places(there: Tensor) -> Tensor:
    """How far each place is from middle and top of what is there, [B, 2, h, w], in units of 16 latent pixels."""
    height, width = there.shape[-2:]
    across, down = torch.arange(width).to(there) / 16, torch.arange(height).to(there) / 16
    share = there / there.sum((2, 3), keepdim=True).clamp(min=1)
    middle = (share * across).sum((2, 3), keepdim=True)
    inked = there.amax(3, keepdim=True) > 0
    top = torch.where(inked, down[:, None], down[-1]).amin((2, 3), keepdim=True)
    placed = [(across - middle).expand(-1, -1, height, -1), (down[:, None] - top).expand(-1, -1, -1, width)]
    return torch.cat(placed, 1)
