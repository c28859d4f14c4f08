"""Fields made of other fields: a part of one head on another, and a part whose features are changed.

Both are values like the fields they are made of, so that whatever draws or exports a head does the same with these.
"""

from dataclasses import dataclass, replace

import torch

from core.field import Field, FieldOver, Reader, Sample
from core.formed_field import FormedField
from core.lattice import between_nodes
from core.warped_field import WarpedField

WHOLE = 1 - 1e-6
"""Weight of a graft from which nothing of what lies below it can be seen."""


@dataclass(frozen=True, eq=False)
class Volume:
    """How much each point of a box belongs to something.

    Attributes:
        weights: float32 [Z, Y, X], 0..1, at nodes that include the box's faces.
        half_sides: half sides (x, y, z) of the box about the origin, world units.
    """

    weights: torch.Tensor
    half_sides: tuple[float, float, float]

    def at(self, points: torch.Tensor) -> torch.Tensor:
        """Weights [N] at world points [N, 3], trilinear; 0 outside the box."""
        relative = points / torch.tensor(self.half_sides, dtype=points.dtype, device=points.device)
        return between_nodes(self.weights[None], relative)[:, 0]

    @property
    def is_empty(self) -> bool:
        """Whether nothing belongs to it."""
        return not bool((self.weights > 0).any())

    def to(self, device: torch.device | str) -> "Volume":
        """The same on another device."""
        return replace(self, weights=self.weights.to(device))


@dataclass(frozen=True)
class Fit:
    """Where a head's points come to lie on another head: `scale * point + shift`."""

    scale: float = 1.0
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def undone(self, points: torch.Tensor) -> torch.Tensor:
        """Points [N, 3] of the other head -> the first one's."""
        return (points - torch.tensor(self.shift, dtype=points.dtype, device=points.device)) / self.scale


@dataclass(frozen=True, eq=False)
class GraftedField(FieldOver):
    """A field that is another one inside a volume.

    Attributes:
        base: the field outside.
        graft: the field inside.
        volume: of the graft, in its own coordinates.
        fit: where the graft's points lie in the base.
        strength: 0 leaves the base alone, 1 is the whole graft.
        worn: it was put on or taken off the head, which is nobody else with it.
    """

    graft: Field
    volume: Volume
    fit: Fit = Fit()
    strength: float = 1.0
    worn: bool = False

    def read_by(self, reader: Reader) -> Sample:
        """See the base class."""
        base, graft = reader(self.base), reader(self.graft)

        def sample(points: torch.Tensor) -> torch.Tensor:
            there = self.fit.undone(points)
            weights = self.volume.at(there) * self.strength
            known = weights.detach()
            chosen, left = known.nonzero()[:, 0], (known < WHOLE).nonzero()[:, 0]
            if not len(chosen):
                return base(points)
            theirs = graft(there[chosen])
            if len(left) == len(points):
                features = base(points)
            else:
                # nothing is seen of the base where all is graft: reading it takes as long as reading the graft
                features = theirs.new_zeros(len(points), theirs.shape[1]).index_copy(0, left, base(points[left]))
            mixed = torch.lerp(features[chosen], theirs, weights[chosen, None])
            return features.index_copy(0, chosen, mixed)

        return sample

    def to(self, device: torch.device | str) -> "GraftedField":
        """The same field on another device."""
        return replace(self, base=self.base.to(device), graft=self.graft.to(device), volume=self.volume.to(device))

    def detached(self) -> "GraftedField":
        """The same field in tensors of its own that carry no graph."""
        return replace(self, base=self.base.detached(), graft=self.graft.detached())


@dataclass(frozen=True, eq=False)
class RemappedField(FieldOver):
    """A field whose features are changed by an affine map inside a volume, which a decoder turns into other colours.

    Attributes:
        base: the field.
        matrix: float32 [C, C]; what is added to a feature f is `f @ matrix + offset`.
        offset: float32 [C].
        volume: where; None is everywhere.
        strength: 0 leaves the base alone, 1 is the whole change.
        worn: as of a graft.
    """

    matrix: torch.Tensor
    offset: torch.Tensor
    volume: Volume | None = None
    strength: float = 1.0
    worn: bool = False

    def read_by(self, reader: Reader) -> Sample:
        """See the base class."""
        base = reader(self.base)

        def sample(points: torch.Tensor) -> torch.Tensor:
            features = base(points)
            change = features @ self.matrix + self.offset
            if self.volume is not None:
                change = change * self.volume.at(points)[:, None]
            return features + self.strength * change

        return sample

    def to(self, device: torch.device | str) -> "RemappedField":
        """The same field on another device."""
        volume = None if self.volume is None else self.volume.to(device)
        return replace(
            self,
            base=self.base.to(device),
            matrix=self.matrix.to(device),
            offset=self.offset.to(device),
            volume=volume,
        )

    def detached(self) -> "RemappedField":
        """The same field in tensors of its own that carry no graph."""
        return replace(self, base=self.base.detached(), matrix=self.matrix.detach(), offset=self.offset.detach())


def unworn(field: Field) -> Field:
    """A field without what was put on or taken off it; the very same one where nothing was."""
    if not isinstance(field, GraftedField | RemappedField | WarpedField | FormedField):
        return field
    base = unworn(field.base)
    if isinstance(field, GraftedField | RemappedField) and field.worn:
        return base
    return field if base is field.base else replace(field, base=base)


def unformed(field: Field) -> Field:
    """A field without the form that was pressed into it; the very same one where there is none."""
    if isinstance(field, FormedField):
        return unformed(field.base)
    if not isinstance(field, GraftedField | RemappedField | WarpedField):
        return field
    base = unformed(field.base)
    return field if base is field.base else replace(field, base=base)


def at_rest(field: Field, points: torch.Tensor) -> torch.Tensor:
    """Where world points [N, 3] of a field were before it was bent by sliders and manner."""
    while isinstance(field, FieldOver):
        if isinstance(field, WarpedField):
            points = field.warp.back(points)
        field = field.base
    return points


def changes(field: Field, base: Field, points: torch.Tensor) -> torch.Tensor | None:
    """At which of the world points [N, 3] a field may say something else than one that it is laid over, bool [N].

    None where it is laid over something else, or changed everywhere.
    """
    changed = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    while field is not base:
        if isinstance(field, GraftedField):
            if field.strength:
                changed |= field.volume.at(field.fit.undone(points)) > 0
        elif isinstance(field, RemappedField) and field.volume is not None:
            if field.strength:
                changed |= field.volume.at(points) > 0
        elif isinstance(field, WarpedField):
            changed |= field.warp.bends(points)
        elif isinstance(field, FormedField):
            changed |= field.form.tells(points)
        else:
            return None
        field = field.base
    return changed
