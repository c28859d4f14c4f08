"""Rank weighting: a score keeps its strongest directions and loses the rest, while its channels keep their statistics.

A score [C, H, W] is a matrix of C rows; its singular values, from the greatest on, are multiplied by falling weights.
What is weak in all channels at once is mostly noise that would wipe out who the head is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

PUBLISHED_WEIGHTS = (1.0, 0.75, 0.5, 0.25)
SMALLEST_DEVIATION = 1e-5


def rank_weighted(score: Tensor, weights: tuple[float, ...] = PUBLISHED_WEIGHTS) -> Tensor:
    """A score whose singular values are weighted and whose channels have their former mean and deviation.

    Args:
        score: [B, C, H, W]; each picture is weighted alone. Half precision is computed in float32.
        weights: from the greatest singular value on; those beyond the list are dropped.
    """
    return restored_statistics(spectrum_weighted(score, weights), score.float()).to(score.dtype)


def spectrum_weighted(score: Tensor, weights: tuple[float, ...] = PUBLISHED_WEIGHTS) -> Tensor:
    """A score [B, C, H, W] whose singular values are weighted, float32."""
    left, values, right = torch.linalg.svd(score.float().flatten(2), full_matrices=False)
    shares = values.new_zeros(values.shape[-1])
    count = min(len(weights), len(shares))
    shares[:count] = torch.tensor(weights[:count], device=values.device)
    weighted: Tensor = (left * (values * shares)[:, None]) @ right
    return weighted.view(score.shape)


def singular_values(score: Tensor) -> Tensor:
    """Singular values [B, min(C, HW)] of a score [B, C, H, W], falling: for plots of what a score is made of."""
    values: Tensor = torch.linalg.svdvals(score.float().flatten(2))
    return values


def restored_statistics(picture: Tensor, like: Tensor) -> Tensor:
    """A picture [B, C, H, W] with each channel's mean and (unbiased) deviation those of another."""
    mean, deviation = _statistics(picture)
    wanted_mean, wanted_deviation = _statistics(like)
    return (picture - mean) / deviation * wanted_deviation + wanted_mean


def _statistics(picture: Tensor) -> tuple[Tensor, Tensor]:
    deviation, mean = torch.std_mean(picture, dim=(2, 3), keepdim=True)
    return mean, deviation + SMALLEST_DEVIATION
