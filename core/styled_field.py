"""A field to which a style adds something: what a styled synthesis makes of a head, less what the plain one makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.field import FieldOver

if TYPE_CHECKING:
    import torch

    from core.field import Reader, Sample
    from core.grafted_field import Volume
    from core.trigrid import Trigrid


@dataclass(frozen=True, eq=False)
class StyledField(FieldOver):
    """A field and what is added to its features.

    Attributes:
        base: the field.
        change: added to it.
        strength: how much of the change.
        volume: where; None is everywhere.
    """

    change: Trigrid
    strength: float = 1.0
    volume: Volume | None = None

    def read_by(self, reader: Reader) -> Sample:
        """See the base class."""
        base, change = reader(self.base), reader(self.change)

        def sample(points: torch.Tensor) -> torch.Tensor:
            share = self.strength if self.volume is None else self.strength * self.volume.at(points)[:, None]
            return base(points) + share * change(points)

        return sample

    def to(self, device: torch.device | str) -> StyledField:
        """The same field on another device."""
        volume = None if self.volume is None else self.volume.to(device)
        return replace(self, base=self.base.to(device), change=self.change.to(device), volume=volume)

    def detached(self) -> StyledField:
        """The same field in tensors of its own that carry no graph."""
        return replace(self, base=self.base.detached(), change=self.change.detached())
