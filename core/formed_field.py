"""A field whose face lies on a given surface: features are fetched from where the field's own surface is.

A volume that was fitted to pictures has lumps where the pictures do not tell. Where the shape is known better, as a
signed distance, a point just inside it reads what the field says a little below its own surface, and a point outside
fades to what the field says where nothing is. So colours and parts stay the field's, and the density is the shape's.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import torch

from core.field import FieldOver, Reader, Sample
from core.lattice import Corner, between_nodes, in_box

FAINT = 1e-3
"""Weight below which a node need not be told."""


@dataclass(frozen=True, eq=False)
class Form:
    """A surface near which a field is told where to be, at nodes of a box; beyond and between them it is left alone.

    Attributes:
        nodes: int32 [K], the nodes that say something: numbers in the order z, y, x.
        values: float16 [5, K]: what is added to a point to find its features (x, y, z), world units; the signed
            distance to the surface, world units, positive outside, times the weight; and the weight, 0..1.
        counts: nodes of the box along z, y and x.
        low: corner of the box with the least x, y and z.
        high: the opposite corner.
        ramp: thickness over which features become those of nothing, world units.
        threshold: share of nothing at the surface.
        worn: float16 [K], how much of each weight hair or a hat has, 0..1; None where there is none.
        thin: float16 [K], share of nothing at which the features that are fetched cease to be solid, for which the
            distances have been changed; None in heads from before it was kept: then that is not known.
    """

    nodes: torch.Tensor
    values: torch.Tensor
    counts: tuple[int, int, int]
    low: Corner
    high: Corner
    ramp: float
    threshold: float
    worn: torch.Tensor | None = None
    thin: torch.Tensor | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Form):
            return NotImplemented
        names = ("nodes", "values", "worn", "thin")
        return self._place == other._place and all(_alike(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        return hash(self._place)

    @property
    def _place(self) -> tuple[object, ...]:
        return self.counts, self.low, self.high, self.ramp, self.threshold

    @cached_property
    def bare(self) -> "Form":
        """The same head without what it wears: what the form says of hair is not said."""
        if self.worn is None:
            return self
        kept = 1 - self.worn.float()
        told = (self.values[4].float() * kept > FAINT).nonzero()[:, 0]
        thin = None if self.thin is None else self.thin[told]
        values = (self.values.float() * kept).half()[:, told]
        return replace(self, nodes=self.nodes[told], values=values, worn=None, thin=thin)

    @cached_property
    def _grid(self) -> torch.Tensor:
        """All nodes, float32 [5, Z, Y, X]."""
        return self._spread(self.values.float())

    @cached_property
    def _distances(self) -> torch.Tensor:
        """Distance times weight, and weight, of all nodes, float32 [2, Z, Y, X]."""
        distance, weight = self.values[3:].float()
        if self.thin is not None:
            distance = distance - self.ramp * (self.thin.float() - self.threshold) * weight
        return self._spread(torch.stack([distance, weight]))

    def _spread(self, values: torch.Tensor) -> torch.Tensor:
        """What is said of the nodes [C, K], 0 elsewhere, float32 [C, Z, Y, X]."""
        z, y, x = self.counts
        grid = torch.zeros(len(values), z * y * x, device=values.device)
        grid[:, self.nodes.long()] = values
        return grid.view(-1, z, y, x)

    def at(self, points: torch.Tensor) -> torch.Tensor:
        """Shift, weighted distance and weight [N, 5] at world points [N, 3], trilinear; 0 outside the box."""
        return between_nodes(self._grid, in_box(points, self.low, self.high))

    def distance_at(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Distance [N] to the surface itself, world units, positive outside, and weight [N], at world points [N, 3]."""
        distance, weight = between_nodes(self._distances, in_box(points, self.low, self.high)).unbind(1)
        return distance / weight.clamp(min=FAINT), weight

    def tells(self, points: torch.Tensor) -> torch.Tensor:
        """At which of the world points [N, 3] it says something, bool [N]."""
        return self.at(points)[:, 4] > 0

    def to(self, device: torch.device | str) -> "Form":
        """The same on another device."""
        worn, thin = (None if one is None else one.to(device) for one in (self.worn, self.thin))
        return replace(self, nodes=self.nodes.to(device), values=self.values.to(device), worn=worn, thin=thin)


def _alike(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    if one is other or one is None or other is None:
        return one is other
    return torch.equal(one, other)


@dataclass(frozen=True, eq=False)
class FormedField(FieldOver):
    """A field with a form.

    Attributes:
        base: the field as it was.
        form: where its surface is to be.
        nothing: float32 [C], features of a place where there is nothing.
    """

    form: Form
    nothing: torch.Tensor

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FormedField):
            return NotImplemented
        return self.base == other.base and self.form == other.form and torch.equal(self.nothing, other.nothing)

    def __hash__(self) -> int:
        return hash((self.base, self.form))

    def read_by(self, reader: Reader) -> Sample:
        """See the base class."""
        base = reader(self.base)

        def sample(points: torch.Tensor) -> torch.Tensor:
            told = self.form.at(points)
            weight = told[:, 4:]
            features = base(points + told[:, :3])
            distance = told[:, 3:4] / weight.clamp(min=FAINT)
            share = (self.form.threshold + distance / self.form.ramp).clamp(0, 1) * weight
            return torch.lerp(features, self.nothing.to(features.dtype).expand_as(features), share)

        return sample

    def to(self, device: torch.device | str) -> "FormedField":
        """The same field on another device."""
        return replace(self, base=self.base.to(device), form=self.form.to(device), nothing=self.nothing.to(device))

    def detached(self) -> "FormedField":
        """The same field in tensors of its own that carry no graph."""
        return replace(self, base=self.base.detached(), nothing=self.nothing.detach())
