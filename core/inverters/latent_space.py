"""Where a generator's latents usually lie, and coordinates in which a search there is easy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from core.protocols import Generator

SAMPLES = 1024
FLOOR = 0.08
"""Least spread of a direction, in root-mean-square spreads: one that samples never take can still be taken a little."""


@dataclass(frozen=True)
class LatentSpace:
    """A Gaussian over one layer's latents.

    Attributes:
        mean: [W].
        basis: [W, W], orthonormal rows.
        spread: [W] standard deviation along each row.
    """

    mean: Tensor
    basis: Tensor
    spread: Tensor

    @staticmethod
    def of(generator: Generator, seed: int = 0) -> LatentSpace:
        """Fitted to samples of the generator."""
        noise = torch.randn(SAMPLES, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            latents = generator.latents(noise, 1.0).mean(dim=1).double()
        mean = latents.mean(dim=0)
        variance, vectors = torch.linalg.eigh((latents - mean).T @ (latents - mean) / len(latents))
        spread = variance.clamp(min=0).sqrt()
        usual = spread.square().mean().sqrt().clamp(min=1e-6)
        return LatentSpace(mean.float(), vectors.T.float(), spread.clamp(min=float(FLOOR * usual)).float())

    def coordinates(self, latents: Tensor) -> Tensor:
        """Latents [..., W] as numbers of standard deviations along the basis, [..., W]."""
        return (latents - self.mean) @ self.basis.T / self.spread

    def latents(self, coordinates: Tensor) -> Tensor:
        """Inverse of `coordinates`."""
        return self.mean + (coordinates * self.spread) @ self.basis
