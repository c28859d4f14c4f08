"""Values at the nodes of a box, read between them."""

import torch
import torch.nn.functional as F

Corner = tuple[float, float, float]
"""x, y and z of a corner of a box, world units."""


def in_box(points: torch.Tensor, low: Corner, high: Corner) -> torch.Tensor:
    """World points [N, 3] relative to a box: its corner `low` lies at -1, -1, -1 and its corner `high` at 1, 1, 1."""
    first = torch.tensor(low, dtype=points.dtype, device=points.device)
    last = torch.tensor(high, dtype=points.dtype, device=points.device)
    return (points - first) * (2 / (last - first)) - 1


def between_nodes(values: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """Values [N, C] at places between nodes, trilinear; 0 outside the box.

    Args:
        values: [C, Z, Y, X], at nodes that include the box's faces.
        at: [N, 3], relative to the box as `in_box` gives them.
    """
    found = F.grid_sample(
        values[None].to(at.dtype), at[None, None, None], mode="bilinear", padding_mode="zeros", align_corners=True
    )
    return found[0, :, 0, 0].T
