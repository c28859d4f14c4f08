"""A head and its edits become another head.

Folding is pure: the same head, references and edits give the same head, no edit at work gives the very one that went
in. What depends on one edit and not on its strength (where a part is, how it fits, which colours it needs) is kept, so
that a slider is followed at once. Sliders change the latents and keep what was tuned (`own_head`); all other edits are
laid over the field one after the other, parts of references by `part_taking`. Longer than usual: all kinds of edits
share the order in which they are laid and what is kept between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from core.edit import (
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
from core.editors.face_bending import bent
from core.editors.face_warp import FaceWarper
from core.editors.head_parts import HeadParts, labels_of
from core.editors.own_head import OwnHead, numbers_of
from core.editors.part_taking import WORN, PartTaking
from core.editors.part_volume import part_volume
from core.editors.photo_ageing import aged, with_age, with_lines, without_age
from core.editors.photo_refit import RAYS_PX, SKETCH_RAYS_PX, refitted
from core.editors.plane_taking import PlaneTools
from core.editors.rear_repair import RearLayer
from core.editors.recolouring import Remap, remap_to, some_of, toned
from core.editors.restyling import check_fits, check_region, plane_change, restyled
from core.errors import VoltefaceError
from core.generators.bareness import can_go_without
from core.grafted_field import GraftedField, RemappedField, Volume
from core.rendering.marching import never_stale
from core.rendering.occupancy import FieldGrid
from core.rendering.renderer import HeadRenderer
from core.worn_style import WornStyle

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from torch import Tensor

    from core.edit import Edit
    from core.editors.photo_ageing import Shape
    from core.field import Field
    from core.head import Head
    from core.photo_layer import PhotoLayer
    from core.protocols import Generator

    Made = TypeVar("Made")


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
        tools = tools or PlaneTools()
        self._own = OwnHead(generator, head, grid_of, tools)
        self._taking = PartTaking(self._own, references, names or {}, kin, tools)
        self._settled: _State | None = None

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
        own, taking = self._own, self._taking
        own.stale = stale
        every = at_work(edits)
        if not every:
            return own.head
        working: tuple[Edit, ...] = tuple(edit for edit in every if not isinstance(edit, Reshape))  # they come last
        with torch.no_grad():
            sliders, shape, age = self._moved(every)
            latents, anchor = own.latents(sliders), own.anchor(sliders)
            field = own.field(latents, sketch=sketch)
            before = self._settled if sketch and self._settled is not None else _State(working, latents, anchor)
            fitted, anchor = before.latents, before.anchor
            paint, strands, eyewear = own.head.paint, own.head.strands, own.head.eyewear
            stiff: GraftedField | None = None
            worn = tuple(WornStyle.of(style) for style in own.head.styles)
            working = _with_taken_off(working)
            for number, edit in enumerate(_one_by_one(working, stale)):
                match edit:
                    case TakePart(part="glasses") if (pair := taking.pair(anchor, edit)) is not None:
                        field = own.cleared(field, fitted, anchor, edit.part, edit.strength, needed=False)
                        eyewear = pair
                    case TakePart():
                        field = taking.taken(field, fitted, anchor, edit)
                        worn, field = taking.styles_with(worn, field, edit), taking.tidied(field, anchor, edit)
                        stiff = field if edit.part == "glasses" and isinstance(field, GraftedField) else stiff
                        strands = taking.references[edit.reference].strands if edit.part == "hair" else strands
                    case Recolour(part="glasses") if eyewear is not None:
                        eyewear = eyewear.in_colour(edit.rgb, edit.strength)
                    case RemovePart(part="glasses") if eyewear is not None and eyewear is own.head.eyewear:
                        # a pair that lies over the field; what its field has of glasses goes too
                        field = own.cleared(field, fitted, anchor, edit.part, edit.strength, needed=False)
                        eyewear = eyewear.weaker(edit.strength)
                    case RemovePart():
                        taken = any(isinstance(one, TakePart) and one.part == edit.part for one in working[:number])
                        # a beard goes with the skin as it is now; what is worn is cleared where it was fitted
                        face = latents if edit.part == "beard" else fitted
                        field = own.cleared(field, face, anchor, edit.part, edit.strength, needed=not taken)
                    case Recolour():
                        over = before if before.is_like(working[: number + 1]) else _State(working, latents, anchor)
                        state = (numbers_of(over.latents), over.edits[:number], over is before)
                        field = self._recoloured(field, edit, state)
                    case Paint():
                        paint = (*paint, edit)
                    case Restyle():
                        field = self._restyled(field, fitted, anchor, edit)
                        worn = (*worn, WornStyle.of(edit))
                    case Repair():
                        field = self._repaired(field, fitted, edit.strength)
            made = replace(
                own.head,
                latents=latents,
                trigrid=field,
                photos=self._refitted(field, working, SKETCH_RAYS_PX if sketch else RAYS_PX, age),
                face=with_lines(own.head.face, age),
                paint=paint,
                strands=strands,
                styles=worn,
                eyewear=eyewear,
            )
            if shape or any(layer.shape for layer in paint):
                made = bent(made, own.work.once("face", self._warper), shape, stiff)
        self._settled = before
        return made

    def know(self, references: Mapping[str, Head], names: Mapping[str, str]) -> None:
        """Have these references from now on; those that were there before are the same heads under the same keys."""
        self._taking.know(references, names)

    def prepare(self, references: Sequence[str] = (), stale: Callable[[], None] = never_stale) -> None:
        """Look beforehand for what takes need, so that the first one is quick; no fold is another one for it.

        Args:
            references: keys of those whose hair, which takes the longest, is laid on the head and looked at.
            stale: called between the steps; raises `Cancelled`.
        """
        own, latents = self._own, self._own.head.latents
        own.stale = stale
        with torch.no_grad():
            for part in WORN:
                stale()
                if can_go_without(own.plain, part):
                    own.cleared(own.head.trigrid, latents, latents, part, 1.0, needed=False)
            for reference in references:
                stale()
                edit = TakePart(key="", part="hair", reference=reference)
                try:
                    if not self._taking.in_planes(edit):
                        field = self._taking.taken(own.head.trigrid, latents, latents, edit)
                        self._taking.tidied(field, latents, edit)
                except VoltefaceError:
                    continue  # it has no hair, or is a stranger: whoever takes it will be told

    def prepare_face(self, stale: Callable[[], None] = never_stale) -> None:
        """Look beforehand for the face that sliders of expression and shape bend; `stale` is as for `prepare`."""
        stale()
        with torch.no_grad():
            self._own.work.once("face", self._warper)

    def seen(self, head: Head) -> FieldGrid | None:
        """What is known of the density of a head that was folded: its own grid, else that of the head without edits."""
        known = self._own.work.known(("seen", id(head.trigrid)))
        if isinstance(known, FieldGrid) and known.field is head.trigrid:
            return known
        return self._own.grid_of(self._own.head)

    def parts(self) -> HeadParts:
        """The parts of the head without edits."""
        return self._own.parts_of(self._own.head.latents, self._own.head.trigrid)

    def _moved(self, edits: Sequence[Edit]) -> tuple[list[MoveSlider], Shape, float]:
        """Sliders of the latents, those that bend the face, and how much older it is made, in deviations."""
        sliders, shape = [edit for edit in edits if isinstance(edit, MoveSlider)], shape_of(edits)
        others, age = without_age(sliders)
        # a photo hides what latents change of a face's age
        return (others, with_age(shape, age), age) if self._own.head.photos else (sliders, shape, age)

    def _refitted(self, field: Field, edits: Sequence[Edit], rays_px: int, age: float) -> tuple[PhotoLayer, ...]:
        """The head's photos on what edits made of its field."""
        own, gone = self._own, _taken_off(edits)
        photos = refitted(own.head.photos, own.generator, own.head.trigrid, field, gone=gone, rays_px=rays_px)
        return tuple(aged(photo, age) for photo in photos)

    def _warper(self) -> FaceWarper:
        own = self._own
        head = replace(own.head, delta={})  # the generator is tuned already
        renderer = HeadRenderer(own.generator, head, below=own.grid_of(own.head))
        return FaceWarper.of(renderer, head.camera)

    def _recoloured(self, field: Field, edit: Recolour, state: Hashable) -> Field:
        own = self._own

        # the part may have come with an edit before this one
        def look() -> HeadParts:
            return HeadParts.of(own.generator, field, below=own.grid_of(own.head))

        parts = own.work.once(("worn", state), look)

        def make() -> tuple[Remap, Volume]:
            if not parts.has(edit.part):
                raise VoltefaceError(f"This head shows no {edit.part}.", "There is nothing to colour.")
            features = field.sample(some_of(parts.points(*labels_of(edit.part))))
            colours = own.generator.colours(own.generator.decode(features)[1])
            with torch.enable_grad():
                remap = remap_to(own.generator, features, toned(colours, torch.tensor(edit.rgb)))
            return remap, part_volume(parts, edit.part, 1)

        remap, volume = own.work.once(("recoloured", edit.part, edit.rgb, state), make)
        return RemappedField(field, remap.matrix, remap.offset, volume, edit.strength)

    def _repaired(self, field: Field, latents: Tensor, strength: float) -> Field:
        own = self._own

        def make() -> RearLayer:
            return RearLayer.of(own.plain, own.generator, own.field(latents), latents, own.head.camera)

        return own.work.once(("repaired", numbers_of(latents)), make).laid_over(field, strength)

    def _restyled(self, field: Field, latents: Tensor, anchor: Tensor, edit: Restyle) -> Field:
        own = self._own
        own.work.once(("fits", edit.pack), lambda: check_fits(edit.pack, own.plain))
        check_region(edit, own.plain)
        change = own.work.once(
            ("styled", edit.pack, numbers_of(latents)), lambda: plane_change(edit.pack, own.generator, latents)
        )
        volume: Volume | None = None
        if change is not None and edit.region:
            parts = own.parts_of(anchor, own.field(anchor))
            volume = parts.softened(parts.nodes(*edit.region).float())
        return restyled(field, change, edit.strength, volume)


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
