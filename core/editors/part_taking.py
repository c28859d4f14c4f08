"""Parts of references on the head that is edited: who lends one, where it comes to lie, and what comes along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.edit import REGION, TakePart
from core.editors.glasses_moved import moved
from core.editors.glasses_seat import seated
from core.editors.grafting import Lender, Wearer
from core.editors.head_parts import labels_of
from core.editors.kinship import are_kin, stranger
from core.editors.own_head import numbers_of
from core.editors.part_volume import REACH
from core.editors.plane_taking import PlaneHead, part_change
from core.editors.tidying import Clutter
from core.errors import VoltefaceError
from core.generators.bareness import can_go_without
from core.grafted_field import GraftedField
from core.protocols import PlaneGenerator
from core.rendering.occupancy import FieldGrid
from core.rendering.sampling import sampler_of
from core.styled_field import StyledField
from core.worn_style import StylePlace, WornStyle, with_part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from core.editors.own_head import OwnHead
    from core.editors.plane_taking import PlaneTools
    from core.eyewear import Eyewear
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator

WORN = ("hair", "glasses")
"""Parts that a head can go without: the wearer's own comes off first."""


class PartTaking:
    """Takes parts for one head.

    Attributes:
        references: heads to take parts from, by key.
    """

    def __init__(
        self,
        own: OwnHead,
        references: Mapping[str, Head],
        names: Mapping[str, str],
        kin: Callable[[str], Generator] | None,
        tools: PlaneTools,
    ) -> None:
        """Begin; the arguments are those of `fold.Folder`."""
        self._own = own
        self._kin = kin
        self._tools = tools
        self.know(references, names)

    def know(self, references: Mapping[str, Head], names: Mapping[str, str]) -> None:
        """Have these references from now on; those that were there before are the same heads under the same keys."""
        self.references, self._names = dict(references), dict(names)

    def taken(self, field: Field, latents: Tensor, anchor: Tensor, edit: TakePart) -> Field:
        """The field with a part of a reference."""
        own, lender = self._own, self._lender(edit)
        if self.in_planes(edit):
            return self._taken_in_planes(field, lender, edit)
        if edit.part in WORN and can_go_without(own.plain, edit.part):
            field = own.cleared(field, latents, anchor, edit.part, edit.strength, needed=False)
        worn_on = own.parts_of(anchor, own.field(anchor))
        what = (edit.part, edit.reference, edit.regions, numbers_of(anchor))

        def is_solid(points: Tensor) -> Tensor:
            bare = own.bare(anchor, edit.part) if can_go_without(own.plain, edit.part) else own.field(anchor)
            return own.generator.decode(sampler_of(bare)(points))[0] > 0

        place = own.work.once(("place", *what), lambda: lender.place(edit, worn_on, is_solid))
        volume = own.work.once(("seam", *what, edit.seam), lambda: place.volume(edit.seam))
        # what is worn stays as it was fitted while the face changes; parts of the skin take its tone
        seen = anchor if edit.part in REACH else latents

        def dyed() -> Field:
            other = bool(own.head.delta) or lender.plain is not own.plain
            wearer = Wearer(own.generator, worn_on, own.field(seen), other)
            return lender.dyed(edit, place, wearer)

        own.stale()
        graft = own.work.once(("dyed", *what, numbers_of(seen), edit.harmonise), dyed)
        return own.grafted(field, graft, volume, place.fit, edit.strength, worn=edit.part in WORN)

    def tidied(self, field: Field, anchor: Tensor, edit: TakePart) -> Field:
        """Taken hair without what of it floats; looked for once, at whatever strength."""
        if edit.part != "hair" or not edit.strength or not isinstance(field, GraftedField):
            return field
        own = self._own
        key = ("clutter", edit.reference, edit.regions, edit.seam, numbers_of(anchor))
        whole = own.grafted(field.base, field.graft, field.volume, field.fit, 1.0, worn=field.worn)
        below = own.grid_of(own.head)

        def look() -> Clutter:
            return Clutter.of(own.seen(whole, below), whole)

        clutter = own.work.once(key, look)
        wiped = own.work.once(("wiped", id(clutter), id(field)), lambda: (clutter, field, clutter.wiped(field)))[2]
        nearly = own.work.known(("seen", id(field)))
        if wiped is not field and isinstance(nearly, FieldGrid):
            own.stale()
            own.seen(wiped, nearly)
        return wiped

    def pair(self, anchor: Tensor, edit: TakePart) -> Eyewear | None:
        """The reference's glasses on the wearer, as shapes; None where its field has to lend them as it is."""
        if edit.regions or self.in_planes(edit):
            return None  # what is to be taken was drawn, or is taken as it lies in the planes
        lender = self._lender(edit)
        if lender.source.styles and lender.source.eyewear is None:
            return None  # shapes would lose the look
        worn_on = self._own.parts_of(anchor, self._own.field(anchor))

        def fit() -> Eyewear | None:
            found = lender.glasses(worn_on)
            if found is None:
                return None
            own = lender.source.eyewear
            return seated(*found, worn_on) if own is None or own.paint is None else moved(own, found[1], worn_on)

        pair = self._own.work.once(("pair", edit.reference, numbers_of(anchor)), fit)
        return None if pair is None else replace(pair, strength=edit.strength)

    def styles_with(self, worn: tuple[WornStyle, ...], field: Field, edit: TakePart) -> tuple[WornStyle, ...]:
        """The styles of a head after a part was taken, which keeps its look as far as its colours are its own."""
        if not isinstance(field, GraftedField):
            return worn
        own = edit.strength * (1 - (edit.harmonise or 0.0))
        # parts of the face bring skin along
        labels = labels_of(edit.part) if edit.part in REACH else ()
        place = StylePlace(field.volume, field.fit, inside=True, strength=own, labels=labels)
        return with_part(worn, self.references[edit.reference].styles, place)

    def in_planes(self, edit: TakePart) -> bool:
        """Whether a part is taken the published way: where it was asked for, and where planes tell of no parts."""
        return edit.in_planes or (not self._own.plain.info.parts and isinstance(self._own.plain, PlaneGenerator))

    def _lender(self, edit: TakePart) -> Lender:
        """Who lends the part of an edit.

        Raises:
            VoltefaceError: there is no such part, or no such reference.
        """
        if edit.part != REGION:
            labels_of(edit.part)
        elif not edit.regions:
            raise VoltefaceError("No region was drawn.", "Draw one over the view of the head.")
        source = self.references.get(edit.reference)
        if source is None:
            raise VoltefaceError("The reference of this edit is gone.", "Choose another one or delete the edit.")
        name = self._names.get(edit.reference) or "the reference"
        plain = self._own.plain
        if source.generator != self._own.head.generator:
            if self._kin is None:
                raise stranger(name, source.generator, plain.info.title)
            plain = self._kin(source.generator)
            if not are_kin(plain, self._own.plain):
                raise stranger(name, plain.info.title, self._own.plain.info.title)
        return self._own.work.once(
            ("lender", edit.reference, id(source)),
            lambda: Lender(plain, source, name, self._own.grid_of, self._own.found_parts),
        )

    def _taken_in_planes(self, field: Field, lender: Lender, edit: TakePart) -> Field:
        if edit.part == REGION or edit.regions:
            raise VoltefaceError(
                "What was drawn can only be taken between heads whose model knows parts in 3D.",
                "Take a whole part instead.",
            )
        wearer = PlaneHead.of(self._own.generator, self._own.head, "this head")
        other = PlaneHead.of(lender.theirs, lender.source, lender.name)
        same = lender.theirs is self._own.generator
        change = self._own.work.once(
            ("planes", edit.part, edit.reference, id(lender)),
            lambda: part_change(wearer, other, edit.part, self._tools, same=same, stale=self._own.stale),
        )
        return StyledField(field, change, edit.strength)
