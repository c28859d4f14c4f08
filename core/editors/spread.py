"""Moves of points of a surface, spread into the space around it.

Near the surface they are followed closely, further out more and more smoothly, until nothing moves. A pyramid does it:
the mean over the narrowest neighbourhood that holds points counts, wider ones fill what it leaves.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FULL, NONE = 0.03, 0.11
"""Distances from the surface, world units, up to which space moves with it, and from which it stays."""
BORDER = 4
"""Nodes over which moves fade towards the border of the box."""
LEVELS, DOMINANCE = 5, 0.004
"""Of the pyramid that spreads moves, and the weight of a level beside the next finer one."""


class Spread:
    """Carries moves of points to the nodes of a grid: a weighted mean over neighbourhoods, the narrowest first."""

    def __init__(
        self,
        points: Tensor,
        areas: Tensor,
        low: tuple[float, float, float],
        high: tuple[float, float, float],
        counts: tuple[int, int, int],
    ) -> None:
        """Begin.

        Args:
            points: float32 [P, 3], world units.
            areas: float32 [P], of the surface around each; any unit.
            low: corner of the grid's box with the least x, y and z.
            high: the opposite corner.
            counts: Z, Y, X: nodes along each axis, the box's faces included.
        """
        self._counts, self._areas = counts, areas
        corner = torch.tensor(low)
        step = (torch.tensor(high) - corner) / (torch.tensor(counts[::-1]) - 1)
        place = (points - corner) / step
        size = torch.tensor(counts[::-1])
        self._inside = ((place >= 0) & (place < size - 1)).all(1)
        place = place[self._inside]
        first = place.floor()
        share = place - first
        x, y, z = first.long().unbind(1)
        self._index, self._share = [], []
        for right in (0, 1):
            for up in (0, 1):
                for front in (0, 1):
                    self._index.append(((z + front) * counts[1] + y + up) * counts[2] + x + right)
                    each = torch.tensor([right, up, front])
                    self._share.append((share * each + (1 - share) * (1 - each)).prod(1))
        self._near = self._nearness(step)
        self._total = self._blurred(self._laid(torch.ones(len(points), 1)))

    def moves(self, moves: Tensor) -> Tensor:
        """Moves [3, Z, Y, X] of the nodes for moves [P, 3] of the points."""
        return self._blurred(self._laid(moves)) / self._total.clamp(min=1e-12) * self._near

    def _laid(self, values: Tensor) -> Tensor:
        """Values [P, K] added to the nodes around their points, [K, Z, Y, X]."""
        flat = torch.zeros(self._counts[0] * self._counts[1] * self._counts[2], values.shape[1])
        weighted = (values * self._areas[:, None])[self._inside]
        for index, share in zip(self._index, self._share, strict=True):
            flat.index_add_(0, index, weighted * share[:, None])
        return flat.T.reshape(-1, *self._counts)

    def _blurred(self, values: Tensor) -> Tensor:
        """The sum over levels of ever wider means [K, Z, Y, X], each of far less weight than the one before."""
        values = values[None]
        levels = []
        for level in range(LEVELS):
            if level:  # the finest has no other smoothing than its nodes, so that lips and lids keep their edges
                values = _smoothed(F.avg_pool3d(values, 2, ceil_mode=True))
            levels.append(values)
        total = levels.pop() * DOMINANCE
        while levels:
            finer = levels.pop()
            total = finer + F.interpolate(total, finer.shape[2:], mode="trilinear", align_corners=False)
            total = total * DOMINANCE if levels else total
        return total[0]

    def _nearness(self, step: Tensor) -> Tensor:
        """1 at nodes near the surface, 0 far from it and at the border, [Z, Y, X]."""
        from scipy.ndimage import distance_transform_edt

        away = torch.ones(self._counts, dtype=torch.bool)
        away.view(-1)[torch.cat(self._index)] = False
        near = torch.from_numpy(distance_transform_edt(away.numpy(), sampling=step.flip(0).tolist())).float()
        near = ((NONE - near) / (NONE - FULL)).clamp(0, 1)
        near = near * near * (3 - 2 * near)
        for axis, count in enumerate(self._counts):
            number = torch.arange(count)
            edge = (torch.minimum(number, count - 1 - number) / BORDER).clamp(max=1)
            near = near * edge.view([-1 if k == axis else 1 for k in range(3)])
        return near


def _smoothed(values: Tensor) -> Tensor:
    """Values [1, K, Z, Y, X] under the binomial kernel 1 2 1 along each axis."""
    channels = values.shape[1]
    for axis in range(3):
        shape = [1, 1, 1]
        shape[axis] = 3
        kernel = torch.tensor([0.25, 0.5, 0.25]).view(1, 1, *shape).expand(channels, 1, *shape)
        values = F.conv3d(values, kernel, padding=[side // 2 for side in shape], groups=channels)
    return values
