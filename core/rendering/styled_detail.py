"""What makes a generator's styled picture as fine as the head it is laid on: its own roughness out, details in."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from core.drawing.subject import GREY

COLOURS = 3
"""Features that are colours, the first ones."""
CALMING = (1 / 6, 4 / 6, 1 / 6)
"""What was tuned to a photo is rough from pixel to pixel, and styles were taught on heads that are not."""
DARKEST, DETAIL = 0.06, (0.3, 1.7)
"""Added to tones before they are compared, and how far those of a style are changed."""


def calmed(features: torch.Tensor) -> torch.Tensor:
    """Features [B, F, h, w], all but the colours smoothed a little."""
    line = features.new_tensor(CALMING)
    count = features.shape[1] - COLOURS
    window = (line[:, None] * line).expand(count, 1, len(line), len(line))
    padded = F.pad(features[:, COLOURS:], (1, 1, 1, 1), mode="replicate")
    return torch.cat([features[:, :COLOURS], F.conv2d(padded, window, groups=count)], 1)


def without_lattice(picture: torch.Tensor, scale: int) -> torch.Tensor:
    """A picture [B, 3, H, W] without what repeats at every pixel of the neural picture, `scale` times as coarse.

    Each pixel's finer ones are drawn apart from each other; on a head that is unlike those of the lessons they differ
    by a constant pattern. A mean as wide as the pattern has none of it, and drawings are no finer than that.
    """
    if scale < 2:
        return picture
    line = picture.new_ones(scale)
    line = F.conv1d(line[None, None], picture.new_ones(1, 1, 2), padding=1)[0, 0]  # odd, so that nothing is shifted
    line = line / line.sum()
    reach = len(line) // 2
    window = (line[:, None] * line).expand(picture.shape[1], 1, len(line), len(line))
    return F.conv2d(F.pad(picture, (reach,) * 4, mode="replicate"), window, groups=picture.shape[1])


def in_detail(styled: torch.Tensor, worn: torch.Tensor, plain: torch.Tensor) -> torch.Tensor:
    """A generator's styled picture with what its plain picture lacks beside the worn one: eyes, glasses, the photo.

    All are [1, 3, S, S]. What was distilled in small pictures knows none of it, and its lights and darks are the
    person's; they are laid on in the style's own colours.
    """
    grey = worn.new_tensor(GREY).view(1, 3, 1, 1)
    tones = [(picture.clamp(0, 1) * grey).sum(1, keepdim=True) + DARKEST for picture in (worn, plain)]
    return (styled * (tones[0] / tones[1]).clamp(*DETAIL)).clamp(0, 1)
