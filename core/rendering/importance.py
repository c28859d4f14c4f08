"""Where a second pass samples: more depths where the first one found something."""

import torch
import torch.nn.functional as F
from torch import Tensor

PADDING = 0.01
"""Added to every weight, so that no stretch of a ray is left unlooked at."""
EPSILON = 1e-5


def midpoint_draws(samples: int, device: torch.device | str = "cpu") -> Tensor:
    """Evenly spaced draws (k + 1/2) / N, [N]: what a render uses when it must not flicker."""
    return (torch.arange(samples, dtype=torch.float32, device=device) + 0.5) / samples


def inverse_cdf(edges: Tensor, weights: Tensor, draws: Tensor, epsilon: float = EPSILON) -> Tensor:
    """Depths distributed as a histogram.

    Args:
        edges: [R, K + 1] bin edges, ascending; more are ignored.
        weights: [R, K] of the bins, not negative.
        draws: [R, N] or [N], 0..1.
        epsilon: added to each weight; a bin lighter than it is not interpolated in.

    Returns:
        [R, N]; ascending when the draws are.
    """
    weights = weights + epsilon
    cdf = torch.cumsum(weights / weights.sum(-1, keepdim=True), dim=-1)
    cdf = torch.cat([torch.zeros_like(cdf[:, :1]), cdf], dim=-1)
    draws = draws.expand(len(cdf), -1).contiguous()
    above = torch.searchsorted(cdf, draws, right=True)
    below = (above - 1).clamp(min=0)
    above = above.clamp(max=weights.shape[-1])
    cdf_below, cdf_above = cdf.gather(1, below), cdf.gather(1, above)
    edge_below, edge_above = edges.gather(1, below), edges.gather(1, above)
    width = cdf_above - cdf_below
    width = torch.where(width < epsilon, torch.ones_like(width), width)
    return edge_below + (draws - cdf_below) / width * (edge_above - edge_below)


def importance_depths(depths: Tensor, weights: Tensor, draws: Tensor) -> Tensor:
    """Depths of the second pass.

    The weights are widened by a maximum and a mean of neighbours (mip-NeRF), so that a surface between two samples
    is not missed.

    Args:
        depths: [R, S] of the first pass.
        weights: [R, S - 1] that marching gave to the stretches between them; no gradient flows through.
        draws: [R, N] or [N], 0..1.

    Returns:
        [R, N].
    """
    with torch.no_grad():
        widened = F.avg_pool1d(F.max_pool1d(weights[:, None], 2, 1, padding=1), 2, 1)[:, 0] + PADDING
        middles = (depths[:, :-1] + depths[:, 1:]) / 2
        # published slip, kept: S - 3 weights meet S - 2 bins, so the last bin is never drawn from
        return inverse_cdf(middles, widened[:, 1:-1], draws)
