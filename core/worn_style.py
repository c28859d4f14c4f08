"""A style as a head wears it: parts that came from other heads keep the look that they had there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from core.edit import Restyle
from core.grafted_field import Fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.grafted_field import Volume
    from core.warped_field import Warp

    Chance = Callable[[tuple[str, ...]], torch.Tensor]


@dataclass(frozen=True, eq=False)
class StylePlace:
    """Where a part of another head lies.

    Attributes:
        volume: of the part, on its own head.
        fit: where that lies on the wearer.
        inside: a style is drawn there and nowhere else; otherwise everywhere else.
        strength: how much of the place counts.
        labels: of `core.mask.PARTS`; only what bears one of them belongs to the place, everything where there is none.
            The volume of hair has some of what is around the hair.
    """

    volume: Volume
    fit: Fit
    inside: bool
    strength: float = 1.0
    labels: tuple[str, ...] = ()

    def share_at(self, points: torch.Tensor, chance: Chance) -> torch.Tensor:
        """How much of a style is left at world points [N, 3] of the wearer, 0..1."""
        there = self.strength * self.volume.to(points.device).at(self.fit.undone(points))
        if self.labels:
            there = there * chance(self.labels)
        return there if self.inside else 1 - there

    def worn_at(self, fit: Fit) -> StylePlace:
        """The same place on a head that wears a part of this one."""
        shift = tuple(fit.scale * own + other for own, other in zip(self.fit.shift, fit.shift, strict=True))
        return replace(self, fit=Fit(self.fit.scale * fit.scale, (shift[0], shift[1], shift[2])))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StylePlace):
            return NotImplemented
        ours = (self.fit, self.inside, self.strength, self.labels)
        same = ours == (other.fit, other.inside, other.strength, other.labels)
        alike = self.volume.half_sides == other.volume.half_sides
        return same and alike and torch.equal(self.volume.weights, other.volume.weights)

    def __hash__(self) -> int:
        return hash((self.fit, self.inside, self.strength))


@dataclass(frozen=True, kw_only=True)
class WornStyle(Restyle):
    """A style that some places confine.

    Attributes:
        places: each takes its share of what the others leave.
        way: how points of a bent face come back to where they were when the places were found, one after the other.
    """

    places: tuple[StylePlace, ...] = ()
    way: tuple[Warp, ...] = ()

    @staticmethod
    def of(style: Restyle) -> WornStyle:
        """A style that nothing confines, unless it is confined already."""
        if isinstance(style, WornStyle):
            return style
        return WornStyle(
            key=style.key, strength=style.strength, enabled=style.enabled, pack=style.pack, region=style.region
        )

    def share_at(self, points: torch.Tensor, chance: Chance) -> torch.Tensor:
        """How much of the style is drawn at world points [N, 3], 0..1.

        Args:
            points: that are seen.
            chance: how likely each of them bears one of some labels, [N].
        """
        for warp in self.way:
            points = points + warp.shift_at(points)
        share = torch.ones_like(points[:, 0])
        for place in self.places:
            share = share * place.share_at(points, chance)
        return share


def with_part(styles: tuple[WornStyle, ...], lent: tuple[Restyle, ...], place: StylePlace) -> tuple[WornStyle, ...]:
    """The styles of a head that wears a part of another one: its own end there, and the other's begin.

    Args:
        styles: of the wearer.
        lent: of the other head.
        place: of the part; how much of its look comes along is its strength.
    """
    if not place.strength:
        return styles
    outside, inside = (replace(place, inside=side) for side in (False, True))
    theirs = []
    for one in map(WornStyle.of, lent):
        # how a face was bent there is forgotten: its places were off by millimetres then
        places = tuple(known.worn_at(place.fit) for known in one.places)
        theirs.append(replace(one, places=(*places, inside), way=()))
    return (*(replace(one, places=(*one.places, outside)) for one in styles), *theirs)
