"""The head that is edited: its fields for moved sliders, its parts, and how it is without one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.base_planes import base_planes
from core.editors.attributes import Sliders
from core.editors.bare_skin import in_wearers_skin, shaven
from core.editors.grafting import CLEARANCE, labelled_parts
from core.editors.kept_work import KeptWork
from core.editors.part_volume import room_of
from core.editors.photo_witness import denies
from core.editors.voted_parts import voted_parts
from core.errors import VoltefaceError
from core.formed_field import FormedField
from core.generators.bareness import latents_without
from core.generators.mini import Mini
from core.grafted_field import Fit, GraftedField, Volume
from core.protocols import PlaneGenerator
from core.rendering.marching import never_stale
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.trigrid import Trigrid
from core.warped_field import WarpedField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from core.edit import MoveSlider
    from core.editors.head_parts import HeadParts
    from core.editors.plane_taking import PlaneTools
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

REWORN = ("hair-length", "glasses", "beard")
"""Sliders that change what is worn: after them it is looked for again, after all others it is where it was."""


class OwnHead:
    """One head as it was made, without edits. Used by one thread at a time.

    Attributes:
        plain: its generator without its tuning.
        generator: with it.
        head: the head.
        grid_of: gives grids that are known already.
        work: what was found out.
        stale: called between the steps of what takes long; raises `Cancelled`.
    """

    def __init__(
        self,
        generator: Generator,
        head: Head,
        grid_of: Callable[[Head], FieldGrid | None],
        tools: PlaneTools,
    ) -> None:
        """Begin; `tools` read parts off pictures where nothing else tells them."""
        self.plain = generator
        self.generator = generator.tuned(head.delta) if head.delta else generator
        self.head = head
        self.grid_of = grid_of
        self.work = KeptWork()
        self.stale: Callable[[], None] = never_stale
        self._tools = tools
        self._other_hair = False

    def latents(self, sliders: Sequence[MoveSlider]) -> Tensor:
        """The head's latents with sliders moved."""
        latents = self.head.latents
        if sliders:
            known = self.work.once("sliders", lambda: Sliders.of(self.plain))
            for edit in sliders:
                latents = known.applied(latents, {edit.name: edit.strength})
        return latents

    def anchor(self, sliders: Sequence[MoveSlider]) -> Tensor:
        """The latents with those sliders that change what is worn."""
        self._other_hair = any(edit.name == "hair-length" for edit in sliders)
        return self.latents([edit for edit in sliders if edit.name in REWORN])

    def field(self, latents: Tensor, *, sketch: bool = False) -> Field:
        """The field of latents, with the offset that was tuned; a sketch of it has no finest level."""
        if latents is self.head.latents:
            return self.head.trigrid
        offset = self.head.delta.get("trigrid")

        def make() -> Field:
            field = self.generator.trigrid(latents)
            if offset is None or not isinstance(field, Trigrid):
                return self._in_manner(field)
            return self._in_manner(field.with_planes(field.planes + offset))

        def draft(generator: Mini, like: Trigrid) -> Field:
            planes = generator.sketch(latents[None])[0]
            if offset is not None:
                planes = planes + F.interpolate(offset, size=planes.shape[2:], mode="area")
            return like.with_planes(planes)

        planes = base_planes(self.head.trigrid)
        if sketch and isinstance(self.generator, Mini) and planes is not None:
            return self._in_manner(draft(self.generator, planes))
        return self.work.once(("field", numbers_of(latents)), make)

    def _in_manner(self, field: Field, *, bald: bool = False) -> Field:
        """A field that was made of latents, with the head's own face: random heads have moods, photos a form."""

        def on(own: Field) -> Field:
            if isinstance(own, FormedField) and (bald or self._other_hair):
                return replace(own, base=on(own.base), form=own.form.bare)
            if isinstance(own, WarpedField | FormedField):
                return replace(own, base=on(own.base))
            return field

        return on(self.head.trigrid)

    def parts_of(self, latents: Tensor, field: Field) -> HeadParts:
        """The parts of the head of some latents, whose field is told."""
        known = self.grid_of(self.head) if field is self.head.trigrid else None
        head = replace(self.head, trigrid=field, latents=latents)
        return self.work.once(("parts", numbers_of(latents)), lambda: self.found_parts(self.generator, head, known))

    def found_parts(self, generator: Generator, head: Head, grid: FieldGrid | None) -> HeadParts:
        """The parts of a head by its labels, or by its pictures where it has neither labels nor planes."""
        if generator.info.parts or isinstance(generator, PlaneGenerator):
            return labelled_parts(generator, head, grid)
        return voted_parts(generator, head.trigrid, head.latents, grid, read=self._tools.read, stale=self.stale)

    def bare(self, latents: Tensor, part: str) -> Field:
        """The field of the same person without a part, as the generator makes it up."""

        def make() -> Field:
            bare = latents_without(self.plain, latents, part)
            for ghost in self._ghosts(part):
                bare = latents_without(self.plain, bare, ghost)
            return self._in_manner(self.generator.trigrid(bare), bald=part == "hair")

        return self.work.once(("unworn", part, numbers_of(latents)), make)

    def _ghosts(self, part: str) -> tuple[str, ...]:
        """Parts that the head's field has beside another one without wearing them there."""
        shapes = self.head.eyewear is not None
        return ("glasses",) if part == "hair" and (shapes or denies(self.head, "glasses")) else ()

    def cleared(
        self, field: Field, latents: Tensor, anchor: Tensor, part: str, strength: float, *, needed: bool = True
    ) -> Field:
        """The field without the wearer's own part; where that is, the head of the anchor's latents tells."""
        if part == "beard":
            # a beard is part of the skin: there is no volume to clear
            change = latents_without(self.plain, latents, part)
            return self._blended(field, self.field(change), strength)
        parts = self.parts_of(anchor, self.field(anchor))
        if not parts.has(part) or (anchor is self.head.latents and denies(self.head, part)):
            if needed:
                raise VoltefaceError(f"This head wears no {part}.", "There is nothing to take off.")
            return field

        def room() -> Volume:
            bare = self.bare(anchor, part)
            ghosts = self._ghosts(part)
            return room_of(
                parts, part, CLEARANCE[part], lambda at: self.generator.decode(bare.sample(at))[0] > 0, ghosts=ghosts
            )

        volume = self.work.once(("room", part, numbers_of(anchor)), room)

        def filling() -> Field:
            bare = in_wearers_skin(self.generator, self.bare(latents, part), parts, self.field(latents), volume)
            return shaven(self.generator, bare, volume) if part == "hair" else bare

        self.stale()
        bare = self.work.once(("bare", part, numbers_of(latents)), filling)
        return self.grafted(field, bare, volume, Fit(), strength, worn=True)

    def seen(self, field: Field, below: FieldGrid | None) -> FieldGrid:
        """A field on a grid."""
        return self.work.once(
            ("seen", id(field)), lambda: field_grid(self.generator, field, part_labels, stale=self.stale, below=below)
        )

    def grafted(
        self, base: Field, graft: Field, volume: Volume, fit: Fit, strength: float, *, worn: bool
    ) -> GraftedField:
        """A graft; the very same one for the same things, so that what was seen of it is known to be of it."""
        key = ("grafted", id(base), id(graft), id(volume), fit, strength, worn)
        return self.work.once(key, lambda: GraftedField(base, graft, volume, fit, strength, worn))

    def _blended(self, field: Field, other: Field, strength: float) -> Field:
        """Two fields, mixed everywhere."""
        whole = Volume(torch.ones(2, 2, 2), (self.generator.info.box_side / 2,) * 3)
        return GraftedField(field, other, whole, strength=strength)


def numbers_of(latents: Tensor) -> bytes:
    """By which work that depends on latents is kept."""
    return latents.detach().cpu().numpy().tobytes()
