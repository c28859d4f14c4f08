"""What is added to a head's planes: smooth everywhere, fine where the photo looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.trigrid import Trigrid

if TYPE_CHECKING:
    from torch import Tensor

COARSE_CELLS = 32
"""Side of the smooth part, in cells."""


@dataclass(frozen=True, eq=False)
class MovedTrigrid(Trigrid):
    """A trigrid plus a smooth offset that is sampled on its own: cheaper than enlarging it at every step.

    Read it by `sample` alone; its planes lack the offset.

    Attributes:
        coarse: float32 [3, C, D, h, w].
    """

    coarse: Tensor | None = None

    def sample(self, points: Tensor) -> Tensor:
        """See `Trigrid.sample`."""
        features = super().sample(points)
        if self.coarse is None:
            return features
        return features + Trigrid(self.coarse, self.axes, self.box_side).sample(points)


class PlaneOffset:
    """An offset of a trigrid, in two parts that gradients can move.

    Attributes:
        coarse: float32 [3, C, D, h, w], a leaf: few cells, everywhere.
        fine: float32 [C, K], a leaf: the K cells that are free.
    """

    def __init__(self, base: Trigrid, free: Tensor, barred: Tensor | None = None) -> None:
        """Zero.

        Args:
            base: what the offset is added to.
            free: [3, 1, D, H, W] how freely each cell moves, 0..1.
            barred: [3, C, D, H, W] for each cell a direction of features in which its fine part may not move, by its
                length: at 1 not at all.
        """
        self.base = base
        planes = base.planes.detach().contiguous()
        _, channels, *shape = planes.shape
        cells = (free.expand(3, 1, *shape) > 0).reshape(3, -1)
        plane, cell = cells.nonzero(as_tuple=True)
        size = cells.shape[1]
        self._index = (plane * channels + torch.arange(channels)[:, None]) * size + cell
        self._free = free.expand(3, 1, *shape).reshape(3, -1)[plane, cell]
        self._flat, self._there = planes.view(-1), planes.view(-1)[self._index]
        self._barred = None if barred is None else barred.contiguous().view(-1)[self._index]
        self.coarse = planes.new_zeros(*planes.shape[:3], COARSE_CELLS, COARSE_CELLS).requires_grad_()
        self.fine = torch.zeros(channels, len(cell)).requires_grad_()
        self._right, self._below = (self._neighbours(plane, cell, shape, step) for step in (1, shape[2]))

    def _neighbours(self, plane: Tensor, cell: Tensor, shape: list[int], step: int) -> tuple[Tensor, Tensor]:
        """Pairs of free cells that touch, as numbers of free cells: each and the one `step` further in its slice."""
        count = shape[0] * shape[1] * shape[2]
        number = torch.full((3 * count + step,), -1)
        key = plane * count + cell
        number[key] = torch.arange(len(key))
        other = number[key + step]
        # the last cell of a row, or of a slice, touches none
        inner = cell % shape[2] < shape[2] - 1 if step == 1 else cell // shape[2] % shape[1] < shape[1] - 1
        chosen = ((other >= 0) & inner).nonzero()[:, 0]
        return chosen, other[chosen]

    def moved(self) -> Trigrid:
        """The base with the offset, to be sampled; differentiable in both parts."""
        values = self._there + self._allowed() * self._free
        planes = self._flat.index_put((self._index,), values).view_as(self.base.planes)
        return MovedTrigrid(planes, self.base.axes, self.base.box_side, self.coarse)

    @property
    def planes(self) -> Tensor:
        """The offset as planes."""
        with torch.no_grad():
            side = self.base.planes.shape[-1]
            coarse = F.interpolate(self.coarse.flatten(0, 1), (side, side), mode="bilinear", align_corners=False)
            planes = coarse.view_as(self.base.planes)
            planes.view(-1)[self._index] += self._allowed() * self._free
            return planes

    @property
    def trigrid(self) -> Trigrid:
        """The base with the offset as it stands."""
        planes = self.planes
        return self.base.with_planes(planes.add_(self.base.planes))

    def _allowed(self) -> Tensor:
        """The fine part [C, K] without what is barred."""
        if self._barred is None:
            return self.fine
        along = (self.fine * self._barred).sum(dim=0)
        return self.fine - along * self._barred

    def roughness(self) -> Tensor:
        """Mean square difference of neighbouring free cells."""
        pairs = [(self.fine[:, a] - self.fine[:, b]).square().mean() for a, b in (self._right, self._below) if len(a)]
        return torch.stack(pairs).sum() if pairs else torch.zeros(())

    def size(self) -> Tensor:
        """Mean square of the two parts."""
        fine = self.fine.square().sum() / max(1, self._free.numel() * len(self.fine))
        return self.coarse.square().mean() + fine
