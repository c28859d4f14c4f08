"""The occlusion-aware triplane discriminator (PanoHead's dual encoder): it sees only what the input view does not show.

The published sizes are for planes [B, 288, 256, 256]; others are constructor parameters. The losses are StyleGAN's: the
paper prints the discriminator's with the signs of real and fake exchanged, which would teach it nothing.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PANOHEAD_CHANNELS, PANOHEAD_WIDTHS = 288, (64, 128, 256, 512)
R1_WEIGHT, R1_EVERY = 10.0, 16


class PlaneDiscriminator(nn.Module):
    """Masked planes -> one logit each, high for real ones.

    Conv LReLU, then Conv BatchNorm LReLU for each further width, all 3 x 3 with stride 1, padding 1 and no bias; a last
    3 x 3 convolution to one channel without padding; the mean over all places.
    """

    def __init__(self, channels: int = PANOHEAD_CHANNELS, widths: tuple[int, ...] = PANOHEAD_WIDTHS) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in itertools.pairwise(widths):
            convolution = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
            layers += [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 3, 1, 0, bias=False))

    def forward(self, planes: Tensor) -> Tensor:
        """[B, channels, H, W] -> [B]."""
        logits: Tensor = self.layers(planes)
        return logits.mean((1, 2, 3))


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Half the cross-entropy of logits [B] that should tell real from fake."""
    return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())


def generator_loss(fake: Tensor) -> Tensor:
    """How little logits [B] of what was made look real."""
    return F.softplus(-fake).mean()


def r1_penalty(discriminator: nn.Module, real: Tensor) -> Tensor:
    """Mean squared length of the logit's gradient at real samples [B, ...] (Mescheder et al. 2018), over two."""
    inputs = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(inputs).sum(), inputs, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean() / 2
