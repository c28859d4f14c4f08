"""Heads with planted faults: the face once more at the back, and a piece that floats."""

from dataclasses import dataclass, replace

import torch

from core.field import FieldOver, Reader, Sample
from core.grafted_field import GraftedField, Volume
from core.head import Head

HALF = 0.4


@dataclass(frozen=True, eq=False)
class MovedField(FieldOver):
    """A field whose points are mirrored (z -> -z) or moved before they are read."""

    factor: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def read_by(self, reader: Reader) -> Sample:
        base = reader(self.base)
        return lambda points: base((points - torch.tensor(self.shift)) * torch.tensor(self.factor))

    def to(self, device: torch.device | str) -> "MovedField":
        return replace(self, base=self.base.to(device))

    def detached(self) -> "MovedField":
        return replace(self, base=self.base.detached())


def with_second_face(head: Head) -> Head:
    """Behind, the head is its own front once more."""
    z, y, _ = _nodes()
    volume = Volume(((0.02 - z) / 0.05).clamp(0, 1) * ((y + 0.17) / 0.05).clamp(0, 1), (HALF,) * 3)
    return replace(head, trigrid=GraftedField(head.trigrid, MovedField(head.trigrid, (1.0, 1.0, -1.0)), volume))


def with_floater(head: Head) -> Head:
    """A piece of the head floats beside it."""
    z, y, x = _nodes()
    ball = ((x - 0.28) ** 2 + (y - 0.2) ** 2 + (z + 0.1) ** 2).sqrt() < 0.04
    moved = MovedField(head.trigrid, shift=(0.28, 0.15, -0.1))
    return replace(head, trigrid=GraftedField(head.trigrid, moved, Volume(ball.float(), (HALF,) * 3)))


def _nodes(count: int = 48) -> tuple[torch.Tensor, ...]:
    axis = torch.linspace(-HALF, HALF, count)
    return torch.meshgrid(axis, axis, axis, indexing="ij")
