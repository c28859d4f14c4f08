"""Two people stay as different as they were: the relative distance of their planes before and after styling."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_DISTANCE = 1e-12


def relative_distance_loss(styled: tuple[Tensor, Tensor], plain: tuple[Tensor, Tensor]) -> Tensor:
    """How far the distances between two heads differ from those before styling, relative to them.

    Args:
        styled: planes [B, C, H, W] of two heads by the trained generator.
        plain: of the same heads by the frozen one.

    Returns:
        A number, 0 when all distances are kept; the mean over heads and cells.
    """
    after, before = ((a - b).square().mean(1) for a, b in (styled, plain))
    # two equal heads have no distance to keep
    return (after / before.clamp(min=SMALLEST_DISTANCE) - 1).abs().where(before > 0, 0).mean()
