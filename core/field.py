"""What every head is made of: a field of features in the world's space. A trigrid is one, a styled SIREN another.

Fields that are made of others lie over them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

Sample = Callable[[torch.Tensor], torch.Tensor]
"""World points [N, 3] -> features [N, C]."""


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


Reader = Callable[[Field], Sample]
"""How a field is read: as it reads itself, or faster."""


@dataclass(frozen=True, eq=False)
class FieldOver(ABC):
    """A field laid over another one: it says something where that one does. Implements `Field` with its heirs' help.

    Attributes:
        base: the field below.
    """

    base: Field

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
        return self.read_by(lambda field: field.sample)(points)

    @abstractmethod
    def read_by(self, reader: Reader) -> Sample:
        """How it is read where the fields that it is made of are read by `reader`."""
