"""The lines that a first sketch leaves grey: a second regression, at every pixel, on what draughtsmen look at.

A first sketch finds tones for windows of the latents; an outline or a stroke is no linear function of those. Here each
pixel is described by lines of the picture and of the sketch (differences of Gaussians, slopes), by where depth jumps
and which way it slopes, and by the mean that artists left at that pixel of the paper (`paper`: strokes, dots and grain
lie at the same places of every drawing); and by random features of all that, which make thresholds of it. What the
sketch lacks is found in closed form (`core.training.prior_finer`), for each style apart.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from core.drawing.subject import GREY
from core.stylizers.vocabulary import STYLES

if TYPE_CHECKING:
    from torch import Tensor

PAPER_PX = 128
"""Side of the papers; larger pictures repeat them."""
SIGMAS_PX = (0.7, 1.4, 2.8, 5.6, 11.0)
WINDOW = 5
"""Side of the windows of pixels that are seen one by one."""
DARKEST = 0.1
"""Added to tones before their ratios are taken."""
COVERED = 20.0
"""Times how far a pixel is from white: as much as 1 is covered."""
LINEAR = 88
AT_ONCE = 2048
"""Pixels whose features a processor keeps near."""


class FinerSketch(nn.Module):
    """Pictures of each style, from guide, depth and first sketch, all in pixels."""

    def __init__(self, features: int) -> None:
        """Begin with leaving first sketches as they are.

        Args:
            features: random ones.
        """
        super().__init__()
        self.mixing: Tensor
        self.offset: Tensor
        self.scale: Tensor
        self.rows: Tensor
        self.paper: Tensor
        self.register_buffer("mixing", torch.zeros(features, LINEAR))
        self.register_buffer("offset", torch.zeros(features))
        self.register_buffer("scale", torch.ones(LINEAR))
        self.register_buffer("rows", torch.zeros(len(STYLES), 1 + LINEAR + features, 3))
        self.register_buffer("paper", torch.zeros(len(STYLES), PAPER_PX, PAPER_PX))

    def seen(self, guide: Tensor, depth: Tensor) -> Tensor:
        """What is at each pixel whatever is drawn, [B, n, H, W].

        Args:
            guide: [B, 3, H, W], 0..1, on white.
            depth: [B, 1, H, W], 0..1, 1 nearest; zeros where it is not known.
        """
        tone = tone_of(guide)
        softs = [_blurred(tone, sigma) for sigma in SIGMAS_PX]
        bands = [finer - coarser for finer, coarser in zip([tone, *softs], softs, strict=False)]
        ratios = [((a + DARKEST) / (b + DARKEST)).clamp(min=0.05).log() for a, b in pairwise(softs[:4])]
        hues = torch.cat([guide[:, :1] - guide[:, 1:2], guide[:, 1:2] - guide[:, 2:]], 1)
        near = _blurred(depth, 0.7)
        cover = ((1 - guide.amin(1, keepdim=True)) * COVERED).clamp(0, 1)
        slopes, falls = _slopes(softs[0]), _slopes(_blurred(depth, 1.4))
        maps = [tone, *softs[1:], *bands, *ratios, _blurred(hues, 0.7), _blurred(hues, 5.6), near]
        maps += [_reach(depth, 3).clamp(max=0.3), _reach(near, 7).clamp(max=0.3), depth - _blurred(depth, 5.6), falls]
        maps += [slopes, slopes.square().sum(1, keepdim=True).sqrt(), cover, _reach(cover, 3), _reach(cover, 5)]
        maps += [_blurred(cover, 4.0), _windows(tone)]
        return torch.cat(maps, 1)

    def described(self, seen: Tensor, sketch: Tensor, shares: Tensor) -> Tensor:
        """Features of the pixels that a style adds to what is `seen`, all of them [B, LINEAR, H, W], at unit scale.

        Args:
            seen: of each picture.
            sketch: [B, 3, H, W], first sketches.
            shares: [B, styles], the mixtures that they are of.
        """
        return torch.cat([seen, self._styled(sketch, shares)], 1) * self.scale.view(1, -1, 1, 1)

    def _styled(self, sketch: Tensor, shares: Tensor) -> Tensor:
        """What is at each pixel of a first sketch; for the arguments see `described`."""
        tone = tone_of(sketch)
        softs = [_blurred(tone, sigma) for sigma in SIGMAS_PX[:3]]
        bands = [finer - coarser for finer, coarser in zip([tone, *softs], softs, strict=False)]
        height, width = sketch.shape[-2:]
        paper = torch.einsum("bs,shw->bhw", shares, self.paper)[:, None]
        paper = paper.repeat(1, 1, -(-height // PAPER_PX), -(-width // PAPER_PX))[..., :height, :width]
        level = (1 - softs[1]).clamp(0, 1)
        return torch.cat([sketch, softs[2], *bands, paper, paper * level, paper * (1 - level), _windows(tone)], 1)

    def features(self, described: Tensor) -> Tensor:
        """All features [N, F] of pixels described by [N, LINEAR]."""
        found = F.relu(described @ self.mixing.T + self.offset)
        return torch.cat([torch.ones_like(described[:, :1]), described, found], 1)

    def drawn(self, seen: Tensor, sketch: Tensor, shares: Tensor, here: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], 0..1, of first sketches.

        It does by parts what `features` and `rows` say: what is seen is the same in all styles of a picture.

        Args:
            seen: of each picture, or of the one that they all are of.
            sketch: as for `described`.
            shares: as for `described`.
            here: bool [B or 1, H, W], beside which they stay the sketches.
        """
        count = seen.shape[1]
        known_mixing, mixing = self.mixing.split([count, LINEAR - count], 1)
        rows = torch.einsum("bs,sfc->bcf", shares, self.rows)
        scale, styled = self.scale.view(-1, 1), self._styled(sketch, shares)
        change = torch.zeros_like(sketch)
        for number, (row, there) in enumerate(zip(rows, here.expand(len(sketch), -1, -1), strict=True)):
            if number == 0 or len(seen) > 1:
                known = (seen[number][:, there] * scale[:count]).split(AT_ONCE, 1)
                bases = [torch.addmm(self.offset[:, None], known_mixing, some) for some in known]
            constant, known_row, own_row, found_row = row.split([1, count, LINEAR - count, len(self.mixing)], 1)
            own = (styled[number][:, there] * scale[count:]).split(AT_ONCE, 1)
            change[number][:, there] = torch.cat(
                [
                    constant
                    + known_row @ seen_there
                    + own_row @ more
                    + found_row @ torch.addmm(base, mixing, more).relu_()
                    for seen_there, more, base in zip(known, own, bases, strict=True)
                ],
                1,
            )
        return (sketch + change).clamp(0, 1)


def tone_of(pictures: Tensor) -> Tensor:
    """How light pictures [B, 3, H, W] are, [B, 1, H, W]."""
    tone: Tensor = (pictures * pictures.new_tensor(GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return tone


def _blurred(maps: Tensor, sigma_px: float) -> Tensor:
    """Gaussian means of maps [B, C, H, W], of the same size."""
    reach = min(round(2.5 * sigma_px + 0.5), min(maps.shape[-2:]) - 1)
    at = torch.arange(-reach, reach + 1).to(maps)
    line = torch.exp(-0.5 * (at / sigma_px) ** 2)
    line = (line / line.sum()).expand(maps.shape[1], 1, -1)
    count = maps.shape[1]
    across = F.conv2d(F.pad(maps, (reach, reach, 0, 0), mode="replicate"), line[:, :, None], groups=count)
    return F.conv2d(F.pad(across, (0, 0, reach, reach), mode="replicate"), line[..., None], groups=count)


def _slopes(maps: Tensor) -> Tensor:
    """Differences of a map [B, 1, H, W] across and down, [B, 2, H, W]."""
    padded = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    across = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    return torch.cat([across, padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]], 1)


def _reach(maps: Tensor, side: int) -> Tensor:
    """How far a map's values lie apart in windows of an odd side."""
    return F.max_pool2d(maps, side, 1, side // 2) + F.max_pool2d(-maps, side, 1, side // 2)


def _windows(tone: Tensor) -> Tensor:
    """How the pixels around each differ from it, [B, WINDOW^2 - 1, H, W]."""
    around = F.unfold(F.pad(tone, (WINDOW // 2,) * 4, mode="replicate"), WINDOW).unflatten(2, tone.shape[-2:])
    middle = WINDOW**2 // 2
    return torch.cat([around[:, :middle], around[:, middle + 1 :]], 1) - tone
