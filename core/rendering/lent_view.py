"""A finished frame of the head that another one was made of: it lends its colours wherever both are the same.

An edit leaves most of a head alone, and a slider moves what was there. So the frames of the head as it was are looked
up where each point was then, and believed where nothing was put on or taken off since and both heads' grids have the
same colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from core.field import FieldOver
from core.frame import Quality
from core.grafted_field import GraftedField, RemappedField, at_rest
from core.warped_field import WarpedField

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.rendering.key_view import KeyView
    from core.rendering.occupancy import FieldGrid

SAME, OTHER = 0.06, 0.12
"""Differences of red, green or blue of two grids up to which they are surely the same, and from which they are not."""
STEPS = 4
"""Of the search for where a point lies in a head that was bent itself."""


Layer = GraftedField | RemappedField


@dataclass(frozen=True, eq=False)
class LentView:
    """A frame of another head.

    Attributes:
        key: the frame.
        before: grid of its head, in the main memory.
        was: field of its head.
        now: field of the head that it is lent to.
    """

    key: KeyView
    before: FieldGrid
    was: Field
    now: Field

    @property
    def camera(self) -> Camera:
        """Where the frame was seen from."""
        return self.key.camera

    @property
    def quality(self) -> Quality:
        """Less than that of any frame of the head itself."""
        return Quality.PREVIEW

    def angle_to(self, camera: Camera) -> float:
        """See `core.rendering.key_view.KeyView.angle_to`."""
        return self.key.angle_to(camera)

    def colours_at(self, points: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """RGB [R, 3] of world points [R, 3], and how far to trust it, [R]; `own` [R, 3] has the head's grid there."""
        there = self._then(points)
        seen, trust = self.key.colours_at(there)
        off = (self.before.colour_at(there) - own).abs().amax(1)
        trust = trust * ((OTHER - off) / (OTHER - SAME)).clamp(0, 1)
        news, gone = self._differences
        for layers, place in ((news, points), (gone, there)):
            for layer in layers:
                trust = trust * (1 - _share(layer, place))
        return seen, trust

    def lent_to(self, now: Field) -> LentView:
        """The same for a third head, that was made of the second."""
        return LentView(self.key, self.before, self.was, now)

    @cached_property
    def _differences(self) -> tuple[list[Layer], list[Layer]]:
        """What was put on or coloured of the head alone, and of the other one alone."""
        now, was = _layers(self.now), _layers(self.was)
        news = [layer for place, layer in now.items() if place not in was]
        return news, [layer for place, layer in was.items() if place not in now]

    def _then(self, points: Tensor) -> Tensor:
        """Where points [R, 3] of the head were in the other one."""
        if not _is_bent(self.now) and not _is_bent(self.was):
            return points
        device = self.now.device
        rest = at_rest(self.now, points.to(device))
        there = rest
        if _is_bent(self.was):
            for _ in range(STEPS):
                there = there + rest - at_rest(self.was, there)
        return there.to(points.device)


def _layers(field: Field) -> dict[tuple[int, float], Layer]:
    """What lies over a field, by where it lies and how strongly: an edit keeps its volume through other edits."""
    found: dict[tuple[int, float], Layer] = {}
    while isinstance(field, FieldOver):
        if isinstance(field, GraftedField | RemappedField):
            found[id(field.volume), field.strength] = field
        field = field.base
    return found


def _share(layer: Layer, points: Tensor) -> Tensor:
    """How much of a layer there is at points [R, 3], 0..1 [R]."""
    if layer.volume is None:
        return torch.full((len(points),), min(1.0, layer.strength))
    there = layer.fit.undone(points) if isinstance(layer, GraftedField) else points
    return (layer.volume.at(there.to(layer.volume.weights.device)) * layer.strength).clamp(0, 1).to(points.device)


def _is_bent(field: Field) -> bool:
    while isinstance(field, FieldOver):
        if isinstance(field, WarpedField):
            return True
        field = field.base
    return False
