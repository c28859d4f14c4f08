"""Sets of nodes of a grid, bool [Z, Y, X]: grown, with their gaps closed, and what hangs on nothing."""

from __future__ import annotations

import torch


def grown(nodes: torch.Tensor, reach: int) -> torch.Tensor:
    """Nodes bool [Z, Y, X] and those within `reach` of them along any axis."""
    for axis in range(3):
        count, reached = nodes.shape[axis], 0
        while reached < min(reach, count - 1):
            # neighbourhoods that touch are enough, so a few steps go far
            step = min(reach - reached, 2 * reached + 1, count - 1)
            wide = nodes.clone()
            wide.narrow(axis, step, count - step).logical_or_(nodes.narrow(axis, 0, count - step))
            wide.narrow(axis, 0, count - step).logical_or_(nodes.narrow(axis, step, count - step))
            nodes, reached = wide, reached + step
    return nodes


def faded(nodes: torch.Tensor) -> torch.Tensor:
    """Weights float32 [Z, Y, X], 0..1, of nodes bool [Z, Y, X] that fade over a node, so that no cut is seen."""
    around = nodes.to(torch.uint8)  # no node has more than 27 around it, and bytes are summed the fastest
    for axis in range(3):
        rest, wide = nodes.shape[axis] - 1, around.clone()
        wide.narrow(axis, 1, rest).add_(around.narrow(axis, 0, rest))
        wide.narrow(axis, 0, rest).add_(around.narrow(axis, 1, rest))
        around = wide
    return around.float().div_(27)


def closed(nodes: torch.Tensor, reach: int) -> torch.Tensor:
    """Nodes bool [Z, Y, X] with gaps closed that are up to `reach` nodes from their edges."""
    return ~grown(~grown(nodes, reach), reach)


def adrift(nodes: torch.Tensor) -> torch.Tensor:
    """The nodes bool [Z, Y, X] that do not hang together with the most of them."""
    from scipy.ndimage import label

    pieces, count = label(nodes.cpu().numpy())
    if count < 2:
        return torch.zeros_like(nodes)
    numbers = torch.from_numpy(pieces).to(nodes.device)
    sizes = torch.bincount(numbers.view(-1).long())
    sizes[0] = 0
    return nodes & (numbers != int(sizes.argmax()))
