"""What every head is made of: a field of features in the world's space. A trigrid is one, a styled SIREN another."""

from typing import Protocol

import torch


class Field(Protocol):
    """Features at points of the world; a generator's `decode` turns them into density and colour.

    A field is a value: tensors that are never written in place, and how they lie in the world. It holds all that makes
    one head differ from another, so decoding needs no latents.
    """

    @property
    def box_side(self) -> float:
        """Side of the cube about the origin in which the field says something, world units."""
        ...

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        ...

    def sample(self, points: torch.Tensor) -> torch.Tensor:
        """Features [N, C] at world points float32 [N, 3]; differentiable in the field's tensors and in the points."""
        ...

    def to(self, device: torch.device | str) -> "Field":
        """The same field on another device."""
        ...

    def detached(self) -> "Field":
        """The same field in tensors of its own that carry no graph."""
        ...
