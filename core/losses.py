"""Distances between pictures that optimisations minimise and reports quote.

Pictures are [B,3,H,W], 0..1, RGB; every function answers one number a picture, [B], and is differentiable.
Time on one core, forward and backward, one 256 px picture: `lpips` 1.2 s, `lpips_early` 0.2 s, `lpips_quick` 0.03 s,
identity 0.04 s. A loop that compares with a fixed picture uses `PerceptualTarget` and `IdentityTarget`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F

from core.perception.identity import cut_chips, identity_net
from core.perception.lpips import STAGES, Backbone, Embedding, embedding_distance, perceptual_net

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


class Distance(Protocol):
    """A distance between two batches of pictures, [B], with an optional mask."""

    def __call__(self, a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
        """Answers one number a picture."""


QUICK_PX = 128
EARLY_STAGES = 3


def at_most(pictures: Tensor, size_px: int) -> Tensor:
    """Pictures scaled down, antialiased, until the longer side is at most `size_px`; smaller ones as they are."""
    longer = max(pictures.shape[-2:])
    if longer <= size_px:
        return pictures
    size = [max(1, round(side * size_px / longer)) for side in pictures.shape[-2:]]
    return F.interpolate(pictures, size, mode="bilinear", antialias=True, align_corners=False)


@dataclass(frozen=True)
class PerceptualTarget:
    """A fixed picture to compare others with: LPIPS that embeds the target only once.

    Attributes:
        embedding: Of the target, one tensor a stage.
        mask: [1,1,h,w] weights of the pixels that count, or None for all.
        backbone: `vgg` (the measure people quote) or `alex` (ten times as quick).
        size_px: Pictures larger than this are scaled down first; 0: never.
        stages: How many of the five stages count.
    """

    embedding: Embedding
    mask: Tensor | None
    backbone: Backbone
    size_px: int
    stages: int

    @classmethod
    def of(
        cls,
        pictures: Tensor,
        mask: Tensor | None = None,
        *,
        backbone: Backbone = "vgg",
        size_px: int = 0,
        stages: int = STAGES,
    ) -> PerceptualTarget:
        """Embeds the target pictures; `mask` is [B,1,H,W] or [1,1,H,W], 0..1."""
        if size_px:
            pictures = at_most(pictures, size_px)
            mask = None if mask is None else at_most(mask, size_px)
        with torch.no_grad():
            embedding = perceptual_net(backbone, pictures.device).embed(pictures, stages)
        return cls(embedding, mask, backbone, size_px, stages)

    def distance(self, pictures: Tensor) -> Tensor:
        """[B] distances of pictures as large as the target was."""
        if self.size_px:
            pictures = at_most(pictures, self.size_px)
        embedding = perceptual_net(self.backbone, pictures.device).embed(pictures, self.stages)
        return embedding_distance(embedding, self.embedding, self.mask)


def lpips(
    a: Tensor, b: Tensor, mask: Tensor | None = None, *, backbone: Backbone = "vgg", stages: int = STAGES
) -> Tensor:
    """LPIPS v0.1 [B] between pictures; with a mask, its mean over the mask."""
    net = perceptual_net(backbone, a.device)
    return embedding_distance(net.embed(a, stages), net.embed(b, stages), mask)


def lpips_early(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """The first three VGG stages at 128 px at most: edges and texture, a sixth of LPIPS's time. Not LPIPS."""
    mask = None if mask is None else at_most(mask, QUICK_PX)
    return lpips(at_most(a, QUICK_PX), at_most(b, QUICK_PX), mask, stages=EARLY_STAGES)


def lpips_quick(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """LPIPS with AlexNet at 128 px at most, for loops on the CPU. Not comparable with `lpips`."""
    mask = None if mask is None else at_most(mask, QUICK_PX)
    return lpips(at_most(a, QUICK_PX), at_most(b, QUICK_PX), mask, backbone="alex")


@dataclass(frozen=True)
class IdentityTarget:
    """The face of a fixed picture, and where faces stand in the pictures that are compared with it.

    Attributes:
        embedding: [B,128] or [1,128].
        chip_from_picture: [3,3] similarity from picture (0..1) to chip (0..1) coordinates.
    """

    embedding: Tensor
    chip_from_picture: NDArray[np.float64]

    @classmethod
    def of(cls, pictures: Tensor, chip_from_picture: NDArray[np.float64]) -> IdentityTarget:
        """Embeds the target's face."""
        with torch.no_grad():
            return cls(identity_embedding(pictures, chip_from_picture), chip_from_picture)

    def distance(self, pictures: Tensor) -> Tensor:
        """[B] distances; the same person is usually below 0.6."""
        return embedding_norm(identity_embedding(pictures, self.chip_from_picture) - self.embedding)


def identity_embedding(pictures: Tensor, chip_from_picture: NDArray[np.float64]) -> Tensor:
    """[B,128] embeddings of the faces that the similarity finds in pictures."""
    embedding: Tensor = identity_net(pictures.device)(cut_chips(pictures, chip_from_picture))
    return embedding


def embedding_norm(difference: Tensor) -> Tensor:
    """Euclidean length [B] with a finite gradient at zero."""
    return (difference.square().sum(1) + 1e-12).sqrt()


def identity_distance(a: Tensor, b: Tensor, chip_from_picture: NDArray[np.float64]) -> Tensor:
    """Distance [B] between the identities of faces that stand at the same place in both pictures."""
    return embedding_norm(identity_embedding(a, chip_from_picture) - identity_embedding(b, chip_from_picture))


def masked_l1(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean absolute difference [B]; with weights [B,1,H,W] or [1,1,H,W], its mean over them."""
    values = (a - b).abs().mean(1, keepdim=True)
    if mask is None:
        return values.mean((1, 2, 3))
    weight = mask.expand(len(values), -1, -1, -1)
    return (values * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-6)
