"""A field to which a style adds something: what a styled synthesis makes of a head, less what the plain one makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from core.field import Field
    from core.grafted_field import Volume
    from core.trigrid import Trigrid


@dataclass(frozen=True, eq=False)
class StyledField:
    """A field and what is added to its features.

    Attributes:
        base: the field.
        change: added to it.
        strength: how much of the change.
        volume: where; None is everywhere.
    """

    base: Field
    change: Trigrid
    strength: float = 1.0
    volume: Volume | None = None

    @property
    def box_side(self) -> float:
        """Side of the base's cube, world units."""
        return self.base.box_side

    @property
    def device(self) -> torch.device:
        """Where the base's tensors are."""
        return self.base.device

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        """Features [N, C] at world points [N, 3]; differentiable in the fields and in the points."""
        share = self.strength if self.volume is None else self.strength * self.volume.at(points)[:, None]
        return self.base.sample(points) + share * self.change.sample(points)

    def to(self, device: torch.device | str) -> StyledField:
        """The same field on another device."""
        volume = None if self.volume is None else self.volume.to(device)
        return replace(self, base=self.base.to(device), change=self.change.to(device), volume=volume)

    def detached(self) -> StyledField:
        """The same field in tensors of its own that carry no graph."""
        return replace(self, base=self.base.detached(), change=self.change.detached())
