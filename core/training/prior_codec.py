"""Second stage of `train prior`: the codec, from the main components of patches to windows that overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.descent import Adam
from core.progress import Progress
from core.stylizers.drawing_codec import FACTOR, DrawingCodec

if TYPE_CHECKING:
    from torch import Tensor

    from core.progress import Report

BATCH = 16
RATE = 4e-3
COMPARED = 64
"""Pictures on which the latents' spread is measured."""


def fitted_codec(pictures: Tensor, channels: int, report: Report, steps: int) -> DrawingCodec:
    """The codec that loses least of pictures uint8 [N, 3, P, P]; its latents have zero mean and unit variance."""
    codec = DrawingCodec(channels)
    random = torch.Generator().manual_seed(0)

    def some(count: int) -> Tensor:
        return pictures[torch.randint(len(pictures), (count,), generator=random)].float() / 255

    patches = F.pixel_unshuffle(some(512), FACTOR).permute(0, 2, 3, 1).reshape(-1, 3 * FACTOR**2) - 1
    _, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    inner = slice(FACTOR // 2, FACTOR // 2 + FACTOR)
    with torch.no_grad():
        start = vectors[:, -channels:].flip(1).T.reshape(channels, 3, FACTOR, FACTOR)
        codec.analysis[:, :, inner, inner] = start
        codec.synthesis[:, :, inner, inner] = start
    adam = Adam([codec.analysis, codec.synthesis], (0.9, 0.99))
    for step in range(steps):
        batch = some(BATCH)
        loss = F.mse_loss(codec.decoded(codec.encoded(batch)), batch)
        adam.step(loss, [RATE * (1 - step / (steps + 1))] * 2)
        report(Progress(step + 1, steps, "Learning to keep pictures", {"loss": float(loss.detach())}))
    with torch.no_grad():
        deviation, mean = torch.std_mean(codec.encoded(some(COMPARED)), dim=(0, 2, 3), keepdim=True)
        codec.scale.copy_(1 / deviation)
        codec.shift.copy_(mean)
    return codec
