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
    """A Gaussian over one layer's latents, or one for each layer where a generator's layers speak different codes.

    Attributes:
        mean: [R, W], R being 1 or L.
        basis: [R, W, W], orthonormal rows.
        spread: [R, W] standard deviation along each row.
    """

    mean: Tensor
    basis: Tensor
    spread: Tensor

    @staticmethod
    def of(generator: Generator, seed: int = 0) -> LatentSpace:
        """Fitted to samples of the generator."""
        noise = torch.randn(SAMPLES, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            latents = generator.latents(noise, 1.0).double()
        kinds = generator.info.latent_kinds
        fits = [_fitted(part.mean(dim=1)) for part in latents.split(kinds or latents.shape[1], dim=1)]
        rows = torch.arange(len(fits)).repeat_interleave(torch.tensor(kinds or (1,)))
        mean, basis, spread = (torch.stack(part)[rows] for part in zip(*fits, strict=True))
        return LatentSpace(mean, basis, spread)

    def coordinates(self, latents: Tensor) -> Tensor:
        """Latents [L, W], or [N, W] of any layer, as numbers of standard deviations along the basis."""
        return ((latents - self.mean)[:, None] @ self.basis.mT)[:, 0] / self.spread

    def latents(self, coordinates: Tensor) -> Tensor:
        """Inverse of `coordinates`."""
        return self.mean + ((coordinates * self.spread)[:, None] @ self.basis)[:, 0]


def _fitted(latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean [W], basis [W, W] and spread [W] of latents float64 [N, W]."""
    mean = latents.mean(dim=0)
    variance, vectors = torch.linalg.eigh((latents - mean).T @ (latents - mean) / len(latents))
    spread = variance.clamp(min=0).sqrt()
    usual = spread.square().mean().sqrt().clamp(min=1e-6)
    return mean.float(), vectors.T.float(), spread.clamp(min=float(FLOOR * usual)).float()
