"""LPIPS (VGG) for loops: the network in half the bits where the processor multiplies those, the distance in all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch

from core.perception.lpips import STAGES, embedding_distance, perceptual_net

if TYPE_CHECKING:
    from torch import Tensor

    from core.perception.lpips import Backbone, Embedding


@cache
def multiplies_half() -> bool:
    """Whether the processor has instructions for bfloat16; without them it is slower than float32."""
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


class QuickPerceptual:
    """Distances [B] to a fixed picture [1, 3, H, W], differentiable; within 2 % of `core.losses.lpips`."""

    def __init__(
        self, target: Tensor, mask: Tensor | None = None, *, backbone: Backbone = "vgg", stages: int = STAGES
    ) -> None:
        self._mask, self._backbone, self._stages = mask, backbone, stages
        with torch.no_grad():
            # none of its numbers is larger than one: half the bits lose nothing that a loop would notice
            self._target = tuple(layer.half() for layer in self._embedded(target))

    def distance(self, pictures: Tensor) -> Tensor:
        """Of pictures as large as the target."""
        return embedding_distance(self._embedded(pictures), self._target, self._mask)

    def _embedded(self, pictures: Tensor) -> Embedding:
        net = perceptual_net(self._backbone, pictures.device)
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
            features = net.features(pictures, self._stages)
        embedding = []
        for index, half in enumerate(features):
            x = half.float()
            length = (x.square().sum(1, keepdim=True) + 1e-20).sqrt() + 1e-10
            embedding.append(x / length * net.get_buffer(f"head_{index}"))
        return tuple(embedding)
