"""A head and its edits become another head.

Folding is pure: the same head, references and edits give the same head, no edit at work gives the very one that went
in. What depends on one edit and not on its strength (where a part is, how it fits, which colours it needs) is kept, so
that a slider is followed at once. Sliders change the latents and keep what was tuned; all other edits are laid over the
field one after the other. Longer than usual: each kind of edit is a few lines that join what its own module does, and
all of them share the order in which they are laid and what is kept between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.base_planes import base_planes
from core.edit import (
    REGION,
    MoveSlider,
    Paint,
    Recolour,
    RemovePart,
    Repair,
    Reshape,
    Restyle,
    TakePart,
    at_work,
    shape_of,
)
from core.editors.attributes import Sliders
from core.editors.bare_skin import in_wearers_skin, shaven
from core.editors.face_bending import bent
from core.editors.face_warp import FaceWarper
from core.editors.glasses_moved import moved
from core.editors.glasses_seat import seated
from core.editors.grafting import CLEARANCE, Lender, Wearer, labelled_parts
from core.editors.head_parts import LABELS_OF, HeadParts, labels_of
from core.editors.kinship import are_kin, stranger
from core.editors.part_volume import REACH, part_volume, room_of
from core.editors.photo_refit import RAYS_PX, SKETCH_RAYS_PX, refitted
from core.editors.photo_witness import denies
from core.editors.plane_taking import PlaneHead, PlaneTools, part_change
from core.editors.rear_repair import RearLayer
from core.editors.recolouring import FREE, Remap, remap_to, some_of, toned
from core.editors.restyling import check_fits, check_region, plane_change, restyled
from core.editors.tidying import Clutter
from core.editors.voted_parts import voted_parts
from core.errors import VoltefaceError
from core.formed_field import FormedField
from core.generators.bareness import can_go_without, latents_without
from core.generators.mini import Mini
from core.grafted_field import Fit, GraftedField, RemappedField, Volume
from core.protocols import PlaneGenerator
from core.rendering.marching import never_stale
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.part_labels import part_labels
from core.rendering.renderer import HeadRenderer
from core.rendering.sampling import sampler_of
from core.styled_field import StyledField
from core.trigrid import Trigrid
from core.warped_field import WarpedField
from core.worn_style import StylePlace, WornStyle, with_part

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from torch import Tensor

    from core.edit import Edit
    from core.eyewear import Eyewear
    from core.field import Field
    from core.head import Head
    from core.photo_layer import PhotoLayer
    from core.protocols import Generator

    Made = TypeVar("Made")

WORN = ("hair", "glasses")
"""Parts that a head can go without: the wearer's own comes off first."""
REWORN = ("hair-length", "glasses", "beard")
"""Sliders that change what is worn: after them it is looked for again, after all others it is where it was."""
KEPT, GRIDS_KEPT = 8, 2
"""Pieces of work of each kind that are remembered; some are as large as a head, and grids of heads larger still."""


@dataclass(frozen=True, eq=False)
class _State:
    """What edits lie over: those at work, the latents with all sliders, and with those that change what is worn."""

    edits: tuple[Edit, ...]
    latents: Tensor
    anchor: Tensor

    def is_like(self, edits: Sequence[Edit]) -> bool:
        """Whether it begins with the same edits, whatever their strengths."""
        return [edit.key for edit in edits] == [edit.key for edit in self.edits[: len(edits)]]


class Folder:
    """Folds edits over one head. Used by one thread at a time."""

    def __init__(
        self,
        generator: Generator,
        head: Head,
        references: Mapping[str, Head],
        *,
        names: Mapping[str, str] | None = None,
        grid_of: Callable[[Head], FieldGrid | None] = lambda _head: None,
        kin: Callable[[str], Generator] | None = None,
        tools: PlaneTools | None = None,
    ) -> None:
        """Begin.

        Args:
            generator: of the head.
            head: as it was made, without edits.
            references: heads to take parts from, by key.
            names: of the references, for people, by key.
            grid_of: gives grids that are known already; asked in the thread that folds.
            kin: gives the generator of a name, for references that were made with another one.
            tools: for parts that are taken the published way.
        """
        self._plain = generator
        self._kin = kin
        self._tools = tools or PlaneTools()
        self._stale = never_stale
        self._generator = generator.tuned(head.delta) if head.delta else generator
        self._head = head
        self._references = dict(references)
        self._names = dict(names or {})
        self._grid_of = grid_of
        self._settled: _State | None = None
        self._other_hair = False
        self._memory: dict[Hashable, object] = {}

    def folded(self, edits: Sequence[Edit], *, sketch: bool = False, stale: Callable[[], None] = never_stale) -> Head:
        """The head with all edits that are at work.

        Args:
            edits: first to last.
            sketch: it is looked at while a slider is dragged. What lies over the face stays as it was fitted before the
                drag, so that frames come quickly.
            stale: called between the steps of what takes long; raises `Cancelled`.

        Raises:
            VoltefaceError: an edit cannot be made; nothing is changed.
        """
        self._stale = stale
        every = at_work(edits)
        if not every:
            return self._head
        shape = shape_of(every)
        working: tuple[Edit, ...] = tuple(edit for edit in every if not isinstance(edit, Reshape))  # they come last
        with torch.no_grad():
            sliders = [edit for edit in working if isinstance(edit, MoveSlider)]
            latents = self._latents(sliders)
            anchor = self._anchor(sliders)
            field = self._field(latents, sketch=sketch)
            before = self._settled if sketch and self._settled is not None else _State(working, latents, anchor)
            fitted, anchor = before.latents, before.anchor
            paint, strands, eyewear = self._head.paint, self._head.strands, self._head.eyewear
            stiff: GraftedField | None = None
            worn = tuple(WornStyle.of(style) for style in self._head.styles)
            working = _with_taken_off(working)
            for number, edit in enumerate(_one_by_one(working, stale)):
                match edit:
                    case TakePart(part="glasses") if (pair := self._pair(anchor, edit)) is not None:
                        field = self._cleared(field, fitted, anchor, edit.part, edit.strength, needed=False)
                        eyewear = pair
                    case TakePart():
                        field = self._taken(field, fitted, anchor, edit)
                        worn, field = self._styles_with(worn, field, edit), self._tidied(field, anchor, edit)
                        stiff = field if edit.part == "glasses" and isinstance(field, GraftedField) else stiff
                        strands = self._references[edit.reference].strands if edit.part == "hair" else strands
                    case Recolour(part="glasses") if eyewear is not None:
                        eyewear = eyewear.in_colour(edit.rgb, edit.strength)
                    case RemovePart(part="glasses") if eyewear is not None and eyewear is self._head.eyewear:
                        # a pair that lies over the field; what its field has of glasses goes too
                        field = self._cleared(field, fitted, anchor, edit.part, edit.strength, needed=False)
                        eyewear = eyewear.weaker(edit.strength)
                    case RemovePart():
                        taken = any(isinstance(one, TakePart) and one.part == edit.part for one in working[:number])
                        # a beard goes with the skin as it is now; what is worn is cleared where it was fitted
                        face = latents if edit.part == "beard" else fitted
                        field = self._cleared(field, face, anchor, edit.part, edit.strength, needed=not taken)
                    case Recolour():
                        own = before if before.is_like(working[: number + 1]) else _State(working, latents, anchor)
                        state = (_numbers(own.latents), own.edits[:number], own is before)
                        field = self._recoloured(field, edit, state)
                    case Paint():
                        paint = (*paint, edit)
                    case Restyle():
                        field = self._restyled(field, fitted, anchor, edit)
                        worn = (*worn, WornStyle.of(edit))
                    case Repair():
                        field = self._repaired(field, fitted, edit.strength)
            made = replace(
                self._head,
                latents=latents,
                trigrid=field,
                photos=self._refitted(field, working, SKETCH_RAYS_PX if sketch else RAYS_PX),
                paint=paint,
                strands=strands,
                styles=worn,
                eyewear=eyewear,
            )
            if shape or any(layer.shape for layer in paint):
                made = bent(made, self._once("face", self._warper), shape, stiff)
        self._settled = before
        return made

    def know(self, references: Mapping[str, Head], names: Mapping[str, str]) -> None:
        """Have these references from now on; those that were there before are the same heads under the same keys."""
        self._references, self._names = dict(references), dict(names)

    def prepare(self, references: Sequence[str] = (), stale: Callable[[], None] = never_stale) -> None:
        """Look beforehand for what takes need, so that the first one is quick; no fold is another one for it.

        Args:
            references: keys of those whose hair, which takes the longest, is laid on the head and looked at.
            stale: called between the steps; raises `Cancelled`.
        """
        self._stale, latents = stale, self._head.latents
        with torch.no_grad():
            for part in WORN:
                stale()
                if can_go_without(self._plain, part):
                    self._cleared(self._head.trigrid, latents, latents, part, 1.0, needed=False)
            for reference in references:
                stale()
                edit = TakePart(key="", part="hair", reference=reference)
                try:
                    if not self._in_planes(edit):
                        field = self._taken(self._head.trigrid, latents, latents, edit)
                        self._tidied(field, latents, edit)
                except VoltefaceError:
                    continue  # it has no hair, or is a stranger: whoever takes it will be told

    def prepare_face(self, stale: Callable[[], None] = never_stale) -> None:
        """Look beforehand for the face that sliders of expression and shape bend; `stale` is as for `prepare`."""
        stale()
        with torch.no_grad():
            self._once("face", self._warper)

    def seen(self, head: Head) -> FieldGrid | None:
        """What is known of the density of a head that was folded: its own grid, else that of the head without edits."""
        known = self._memory.get(("seen", id(head.trigrid)))
        if isinstance(known, FieldGrid) and known.field is head.trigrid:
            return known
        return self._grid_of(self._head)

    def parts(self) -> HeadParts:
        """The parts of the head without edits."""
        return self._parts_of(self._head.latents, self._head.trigrid)

    def _refitted(self, field: Field, edits: Sequence[Edit], rays_px: int) -> tuple[PhotoLayer, ...]:
        """The head's photos on what edits made of its field."""
        head = self._head
        return refitted(head.photos, self._generator, head.trigrid, field, gone=_taken_off(edits), rays_px=rays_px)

    def _warper(self) -> FaceWarper:
        head = replace(self._head, delta={})  # the generator is tuned already
        renderer = HeadRenderer(self._generator, head, below=self._grid_of(self._head))
        return FaceWarper.of(renderer, head.camera)

    def _latents(self, sliders: Sequence[MoveSlider]) -> Tensor:
        latents = self._head.latents
        if sliders:
            known = self._once("sliders", lambda: Sliders.of(self._plain))
            for edit in sliders:
                latents = known.applied(latents, {edit.name: edit.strength})
        return latents

    def _anchor(self, sliders: Sequence[MoveSlider]) -> Tensor:
        """The latents with those sliders that change what is worn."""
        self._other_hair = any(edit.name == "hair-length" for edit in sliders)
        return self._latents([edit for edit in sliders if edit.name in REWORN])

    def _field(self, latents: Tensor, *, sketch: bool = False) -> Field:
        """The field of latents, with the offset that was tuned; a sketch of it has no finest level."""
        if latents is self._head.latents:
            return self._head.trigrid
        offset = self._head.delta.get("trigrid")

        def make() -> Field:
            field = self._generator.trigrid(latents)
            if offset is None or not isinstance(field, Trigrid):
                return self._in_manner(field)
            return self._in_manner(field.with_planes(field.planes + offset))

        def draft(generator: Mini, like: Trigrid) -> Field:
            planes = generator.sketch(latents[None])[0]
            if offset is not None:
                planes = planes + F.interpolate(offset, size=planes.shape[2:], mode="area")
            return like.with_planes(planes)

        planes = base_planes(self._head.trigrid)
        if sketch and isinstance(self._generator, Mini) and planes is not None:
            return self._in_manner(draft(self._generator, planes))
        return self._once(("field", _numbers(latents)), make)

    def _in_manner(self, field: Field, *, bald: bool = False) -> Field:
        """A field that was made of latents, with the head's own face: random heads have moods, photos a form."""

        def on(own: Field) -> Field:
            if isinstance(own, FormedField) and (bald or self._other_hair):
                return replace(own, base=on(own.base), form=own.form.bare)
            if isinstance(own, WarpedField | FormedField):
                return replace(own, base=on(own.base))
            return field

        return on(self._head.trigrid)

    def _parts_of(self, latents: Tensor, field: Field) -> HeadParts:
        known = self._grid_of(self._head) if field is self._head.trigrid else None
        head = replace(self._head, trigrid=field, latents=latents)
        return self._once(("parts", _numbers(latents)), lambda: self._found_parts(self._generator, head, known))

    def _found_parts(self, generator: Generator, head: Head, grid: FieldGrid | None) -> HeadParts:
        """The parts of a head by its labels, or by its pictures where it has neither labels nor planes."""
        if generator.info.parts or isinstance(generator, PlaneGenerator):
            return labelled_parts(generator, head, grid)
        return voted_parts(generator, head.trigrid, head.latents, grid, read=self._tools.read, stale=self._stale)

    def _bare(self, latents: Tensor, part: str) -> Field:
        """The field of the same person without a part, as the generator makes it up."""

        def make() -> Field:
            bare = latents_without(self._plain, latents, part)
            for ghost in self._ghosts(part):
                bare = latents_without(self._plain, bare, ghost)
            return self._in_manner(self._generator.trigrid(bare), bald=part == "hair")

        return self._once(("unworn", part, _numbers(latents)), make)

    def _ghosts(self, part: str) -> tuple[str, ...]:
        """Parts that the head's field has beside another one without wearing them there."""
        shapes = self._head.eyewear is not None
        return ("glasses",) if part == "hair" and (shapes or denies(self._head, "glasses")) else ()

    def _cleared(
        self, field: Field, latents: Tensor, anchor: Tensor, part: str, strength: float, *, needed: bool = True
    ) -> Field:
        """The field without the wearer's own part; where that is, the head of the anchor's latents tells."""
        if part == "beard":
            # a beard is part of the skin: there is no volume to clear
            change = latents_without(self._plain, latents, part)
            return self._blended(field, self._field(change), strength)
        parts = self._parts_of(anchor, self._field(anchor))
        if not parts.has(part) or (anchor is self._head.latents and denies(self._head, part)):
            if needed:
                raise VoltefaceError(f"This head wears no {part}.", "There is nothing to take off.")
            return field

        def room() -> Volume:
            bare = self._bare(anchor, part)
            ghosts = self._ghosts(part)
            return room_of(
                parts, part, CLEARANCE[part], lambda at: self._generator.decode(bare.sample(at))[0] > 0, ghosts=ghosts
            )

        volume = self._once(("room", part, _numbers(anchor)), room)

        def filling() -> Field:
            bare = in_wearers_skin(self._generator, self._bare(latents, part), parts, self._field(latents), volume)
            return shaven(self._generator, bare, volume) if part == "hair" else bare

        self._stale()
        bare = self._once(("bare", part, _numbers(latents)), filling)
        return self._grafted(field, bare, volume, Fit(), strength, worn=True)

    def _taken(self, field: Field, latents: Tensor, anchor: Tensor, edit: TakePart) -> Field:
        lender = self._lender(edit)
        if self._in_planes(edit):
            return self._taken_in_planes(field, lender, edit)
        if edit.part in WORN and can_go_without(self._plain, edit.part):
            field = self._cleared(field, latents, anchor, edit.part, edit.strength, needed=False)
        worn_on = self._parts_of(anchor, self._field(anchor))
        what = (edit.part, edit.reference, edit.regions, _numbers(anchor))

        def is_solid(points: Tensor) -> Tensor:
            bare = self._bare(anchor, edit.part) if can_go_without(self._plain, edit.part) else self._field(anchor)
            return self._generator.decode(sampler_of(bare)(points))[0] > 0

        place = self._once(("place", *what), lambda: lender.place(edit, worn_on, is_solid))
        volume = self._once(("seam", *what, edit.seam), lambda: place.volume(edit.seam))
        # what is worn stays as it was fitted while the face changes; parts of the skin take its tone
        seen = anchor if edit.part in REACH else latents

        def dyed() -> Field:
            other = bool(self._head.delta) or lender.plain is not self._plain
            wearer = Wearer(self._generator, worn_on, self._field(seen), other)
            return lender.dyed(edit, place, wearer)

        self._stale()
        graft = self._once(("dyed", *what, _numbers(seen), edit.harmonise), dyed)
        return self._grafted(field, graft, volume, place.fit, edit.strength, worn=edit.part in WORN)

    def _tidied(self, field: Field, anchor: Tensor, edit: TakePart) -> Field:
        """Taken hair without what of it floats; looked for once, at whatever strength."""
        if edit.part != "hair" or not edit.strength or not isinstance(field, GraftedField):
            return field
        key = ("clutter", edit.reference, edit.regions, edit.seam, _numbers(anchor))

        whole = self._grafted(field.base, field.graft, field.volume, field.fit, 1.0, worn=field.worn)
        below = self._grid_of(self._head)

        def look() -> Clutter:
            return Clutter.of(self._seen(whole, below), whole)

        clutter = self._once(key, look)
        wiped = self._once(("wiped", id(clutter), id(field)), lambda: (clutter, field, clutter.wiped(field)))[2]
        nearly = self._memory.get(("seen", id(field)))
        if wiped is not field and isinstance(nearly, FieldGrid):
            self._stale()
            self._seen(wiped, nearly)
        return wiped

    def _seen(self, field: Field, below: FieldGrid | None) -> FieldGrid:
        """A field on a grid."""
        return self._once(
            ("seen", id(field)), lambda: field_grid(self._generator, field, part_labels, stale=self._stale, below=below)
        )

    def _grafted(
        self, base: Field, graft: Field, volume: Volume, fit: Fit, strength: float, *, worn: bool
    ) -> GraftedField:
        """A graft; the very same one for the same things, so that what was seen of it is known to be of it."""
        key = ("grafted", id(base), id(graft), id(volume), fit, strength, worn)
        return self._once(key, lambda: GraftedField(base, graft, volume, fit, strength, worn))

    def _lender(self, edit: TakePart) -> Lender:
        """Who lends the part of an edit.

        Raises:
            VoltefaceError: there is no such part, or no such reference.
        """
        if edit.part != REGION:
            labels_of(edit.part)
        elif not edit.regions:
            raise VoltefaceError("No region was drawn.", "Draw one over the view of the head.")
        source = self._references.get(edit.reference)
        if source is None:
            raise VoltefaceError("The reference of this edit is gone.", "Choose another one or delete the edit.")
        name = self._names.get(edit.reference) or "the reference"
        plain = self._plain
        if source.generator != self._head.generator:
            if self._kin is None:
                raise stranger(name, source.generator, plain.info.title)
            plain = self._kin(source.generator)
            if not are_kin(plain, self._plain):
                raise stranger(name, plain.info.title, self._plain.info.title)
        return self._once(
            ("lender", edit.reference, id(source)),
            lambda: Lender(plain, source, name, self._grid_of, self._found_parts),
        )

    def _styles_with(self, worn: tuple[WornStyle, ...], field: Field, edit: TakePart) -> tuple[WornStyle, ...]:
        """The styles of a head after a part was taken, which keeps its look as far as its colours are its own."""
        if not isinstance(field, GraftedField):
            return worn
        own = edit.strength * (1 - (edit.harmonise or 0.0))
        # parts of the face bring skin along
        labels = labels_of(edit.part) if edit.part in REACH else ()
        place = StylePlace(field.volume, field.fit, inside=True, strength=own, labels=labels)
        return with_part(worn, self._references[edit.reference].styles, place)

    def _in_planes(self, edit: TakePart) -> bool:
        """Whether a part is taken the published way: where it was asked for, and where planes tell of no parts."""
        return edit.in_planes or (not self._plain.info.parts and isinstance(self._plain, PlaneGenerator))

    def _taken_in_planes(self, field: Field, lender: Lender, edit: TakePart) -> Field:
        if edit.part == REGION or edit.regions:
            raise VoltefaceError(
                "What was drawn can only be taken between heads whose model knows parts in 3D.",
                "Take a whole part instead.",
            )
        wearer = PlaneHead.of(self._generator, self._head, "this head")
        other = PlaneHead.of(lender.theirs, lender.source, lender.name)
        same = lender.theirs is self._generator
        change = self._once(
            ("planes", edit.part, edit.reference, id(lender)),
            lambda: part_change(wearer, other, edit.part, self._tools, same=same, stale=self._stale),
        )
        return StyledField(field, change, edit.strength)

    def _pair(self, anchor: Tensor, edit: TakePart) -> Eyewear | None:
        """The reference's glasses on the wearer, as shapes; None where its field has to lend them as it is."""
        if edit.regions or self._in_planes(edit):
            return None  # what is to be taken was drawn, or is taken as it lies in the planes
        lender = self._lender(edit)
        if lender.source.styles and lender.source.eyewear is None:
            return None  # shapes would lose the look
        worn_on = self._parts_of(anchor, self._field(anchor))

        def fit() -> Eyewear | None:
            found = lender.glasses(worn_on)
            if found is None:
                return None
            own = lender.source.eyewear
            return seated(*found, worn_on) if own is None or own.paint is None else moved(own, found[1], worn_on)

        pair = self._once(("pair", edit.reference, _numbers(anchor)), fit)
        return None if pair is None else replace(pair, strength=edit.strength)

    def _recoloured(self, field: Field, edit: Recolour, state: Hashable) -> Field:
        # the part may have come with an edit before this one
        def look() -> HeadParts:
            return HeadParts.of(self._generator, field, below=self._grid_of(self._head))

        parts = self._once(("worn", state), look)

        def make() -> tuple[Remap, Volume]:
            if not parts.has(edit.part):
                raise VoltefaceError(f"This head shows no {edit.part}.", "There is nothing to colour.")
            features = field.sample(some_of(parts.points(*labels_of(edit.part))))
            colours = self._generator.colours(self._generator.decode(features)[1])
            return self._remap(features, toned(colours, torch.tensor(edit.rgb))), part_volume(parts, edit.part, 1)

        remap, volume = self._once(("recoloured", edit.part, edit.rgb, state), make)
        return RemappedField(field, remap.matrix, remap.offset, volume, edit.strength)

    def _repaired(self, field: Field, latents: Tensor, strength: float) -> Field:
        def make() -> RearLayer:
            own = self._field(latents)
            return RearLayer.of(self._plain, self._generator, own, latents, self._head.camera)

        return self._once(("repaired", _numbers(latents)), make).laid_over(field, strength)

    def _restyled(self, field: Field, latents: Tensor, anchor: Tensor, edit: Restyle) -> Field:
        self._once(("fits", edit.pack), lambda: check_fits(edit.pack, self._plain))
        check_region(edit, self._plain)
        change = self._once(
            ("styled", edit.pack, _numbers(latents)), lambda: plane_change(edit.pack, self._generator, latents)
        )
        volume: Volume | None = None
        if change is not None and edit.region:
            parts = self._parts_of(anchor, self._field(anchor))
            volume = parts.softened(parts.nodes(*edit.region).float())
        return restyled(field, change, edit.strength, volume)

    def _blended(self, field: Field, other: Field, strength: float) -> Field:
        whole = Volume(torch.ones(2, 2, 2), (self._generator.info.box_side / 2,) * 3)
        return GraftedField(field, other, whole, strength=strength)

    def _remap(self, features: Tensor, colours: Tensor, raw: Tensor | None = None, *, calm: float = FREE) -> Remap:
        with torch.enable_grad():
            return remap_to(self._generator, features, colours, raw, calm=calm)

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key in self._memory:
            self._memory[key] = self._memory.pop(key)  # what was used last is forgotten last
        else:
            made = make()
            same = [known for known in self._memory if _kind(known) == _kind(key)]
            if len(same) >= (GRIDS_KEPT if _kind(key) == "seen" else KEPT):
                self._memory.pop(same[0])
            self._memory[key] = made
        return self._memory[key]  # type: ignore[return-value]


def _one_by_one(edits: Iterable[Edit], stale: Callable[[], None]) -> Iterator[Edit]:
    """The edits; before each it is asked whether they are still wanted."""
    for edit in edits:
        stale()
        yield edit


def _with_taken_off(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits with what was taken as weak as later ones that remove the part leave it."""

    def left(number: int, edit: Edit) -> Edit:
        if not isinstance(edit, TakePart):
            return edit
        later = (one for one in edits[number:] if isinstance(one, RemovePart) and one.part == edit.part)
        return replace(edit, strength=edit.strength * math.prod(1 - min(1.0, one.strength) for one in later))

    return tuple(left(number, edit) for number, edit in enumerate(edits))


def _taken_off(edits: Sequence[Edit]) -> dict[str, float]:
    """Parts that the head does not wear as its own any more, and how far they are gone."""
    gone: dict[str, float] = {}
    for edit in edits:
        if isinstance(edit, TakePart | RemovePart) and edit.part in WORN:
            gone[edit.part] = max(gone.get(edit.part, 0.0), edit.strength)
    return gone


def _kind(key: Hashable) -> Hashable:
    return key[0] if isinstance(key, tuple) else key


def _numbers(latents: Tensor) -> bytes:
    return latents.detach().cpu().numpy().tobytes()


__all__ = ["LABELS_OF", "Folder"]
