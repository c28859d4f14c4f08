"""A reference as it lends its parts: where they are, how another head wears them, and in which colours they come.

`core.editors.fold` asks for each and keeps the answers; nothing here depends on how strong an edit is. Longer than
usual: what a reference lends for one part is worked out from what it lends for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from core.edit import REGION
from core.editors.glasses_form import glasses_form
from core.editors.head_parts import FEWEST_NODES, HeadParts, labels_of
from core.editors.part_fit import fit_of
from core.editors.part_volume import REACH, cover_of, part_extent, room_of, uncoloured_skin, unhidden
from core.editors.photo_witness import denies
from core.editors.recolouring import CALM, FREE, remap_to, some_of
from core.errors import VoltefaceError
from core.generators.bareness import can_go_without, latents_without
from core.grafted_field import Fit, GraftedField, RemappedField, Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from core.edit import TakePart
    from core.eyewear import GlassesForm
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

CLEARANCE = {"hair": 4, "glasses": 2}
"""Nodes around a part that are cleared with it."""
HIDING = 16
"""Nodes around the reference's hair in which the wearer's bare skull is hidden."""
FACE = ("skin", "eyes", "brows", "lips", "nose", "ears", "glasses", "neck", "cloth", "mouth")


@dataclass(frozen=True, eq=False)
class Place:
    """Where a part is on its own head, and where that lies on the wearer's.

    Attributes:
        parts: of its own head.
        weights: float32 [Z, Y, X], how much each node of their grid belongs to it, without a soft edge.
        fit: where it lies on the wearer's.
        left: float32 [Z, Y, X], how much each node belongs to what must not come along, soft; None is nothing.
    """

    parts: HeadParts
    weights: Tensor
    fit: Fit
    left: Tensor | None = None

    def volume(self, seam: float) -> Volume:
        """The part with edges that are `seam` nodes soft."""
        soft = self.parts.softened(self.weights, seam)
        return soft if self.left is None else Volume(soft.weights * (1 - self.left), soft.half_sides)

    def points(self) -> Tensor:
        """World points [N, 3] of its solid nodes near the visible surface."""
        return self.parts.at_nodes(self.parts.nodes() & (self.weights > 0.5))


@dataclass(frozen=True, eq=False)
class Wearer:
    """The head that a part is put on.

    Attributes:
        generator: with the head's tuning.
        parts: of the head.
        field: of the head as its face is now.
        is_tuned: whether its decoder is another one than the references'.
    """

    generator: Generator
    parts: HeadParts
    field: Field
    is_tuned: bool

    def mean_colour(self, *labels: str) -> tuple[Tensor, Tensor] | None:
        """Mean and deviation [3] of the colours of its parts; None where it shows none of them."""
        points = self.parts.points(*labels)
        return _mean_colour(self.generator, self.field, points)


def labelled_parts(generator: Generator, head: Head, grid: FieldGrid | None) -> HeadParts:
    """The parts of a head as its generator labels them; see `HeadParts.of`."""
    return HeadParts.of(generator, head.trigrid, grid)


class Lender:
    """One reference. Used by one thread at a time.

    Attributes:
        plain: its generator without tuning.
        theirs: with it.
        source: the reference.
        name: for people.
    """

    def __init__(
        self,
        plain: Generator,
        source: Head,
        name: str,
        grid_of: Callable[[Head], FieldGrid | None],
        parts_of: Callable[[Generator, Head, FieldGrid | None], HeadParts] = labelled_parts,
    ) -> None:
        """Begin.

        Args:
            plain: the generator without tuning.
            source: the reference.
            name: for people.
            grid_of: gives grids that are known already.
            parts_of: finds the parts of a head; by its generator's labels, else.
        """
        self.plain, self.source, self.name = plain, source, name
        self.theirs = plain.tuned(source.delta) if source.delta else plain
        self._grid_of, self._parts_of = grid_of, parts_of

    def place(self, edit: TakePart, worn_on: HeadParts, is_solid: Callable[[Tensor], Tensor]) -> Place:
        """Where the part of an edit is, and how it fits.

        Args:
            edit: what is taken.
            worn_on: the wearer's parts.
            is_solid: whether the wearer, without his own part, has matter at points [N, 3], bool [N].

        Raises:
            VoltefaceError: the reference has no such part, or what was drawn holds nothing of a head.
        """
        part = edit.part
        _, offered = self._offered(part)
        fit, left = fit_of(offered, worn_on, part), None
        if part == REGION:
            weights = torch.zeros_like(offered.grid.sigma)
        elif part == "hair":
            # a skull that is longer than the reference's must not show through its hair
            weights = cover_of(offered, part, HIDING, unhidden(worn_on, *FACE), fit).float()
            # the wearer has skin of his own, but where he has none a hairline must not hang in the air
            skin = uncoloured_skin(offered)
            at = offered.at_nodes(skin)
            skin[skin.clone()] = is_solid(fit.scale * at + torch.tensor(fit.shift, device=at.device))
            left = offered.softened(skin.float()).weights
        else:
            weights = part_extent(offered, part).float()
        if edit.regions:
            there = (offered.places() * fit.scale + torch.tensor(fit.shift, device=weights.device)).cpu().numpy()
            for region in edit.regions:
                added, removed = (
                    torch.from_numpy(one).to(weights).view(weights.shape) for one in region.weights_at(there)
                )
                weights = torch.maximum(weights * (1 - removed), added)
            if int((weights > 0.5).sum()) < FEWEST_NODES:
                raise VoltefaceError(
                    "What was drawn holds hardly anything of the head.", "Draw over more of the part, or draw it anew."
                )
        return Place(offered, weights, fit, left)

    def glasses(self, worn_on: HeadParts) -> tuple[GlassesForm, Fit] | None:
        """The reference's glasses as shapes, and how they fit; None where they are none that could be made out.

        Raises:
            VoltefaceError: the reference wears no glasses.
        """
        if self.source.eyewear is not None:
            return self.source.eyewear.form, fit_of(self._whole[1], worn_on, "glasses")
        _, offered = self._offered("glasses")
        form = glasses_form(self.theirs, self.source, offered)
        return None if form is None else (form, fit_of(offered, worn_on, "glasses"))

    def dyed(self, edit: TakePart, place: Place, wearer: Wearer) -> Field:
        """The reference's field in features that the wearer's decoder reads, in colours that suit the wearer.

        Raises:
            VoltefaceError: the reference has nothing in the place.
        """
        field, offered = self._offered(edit.part)
        worn = edit.part in REACH
        share = (0.0 if worn else 1.0) if edit.harmonise is None else edit.harmonise
        if not share and worn and not self.source.delta and not wearer.is_tuned:
            return field
        if edit.part == REGION:
            points = place.points()
        else:
            points = offered.points(*labels_of(edit.part), *(() if worn else ("skin",)))
        if not len(points):
            raise VoltefaceError(f"{self._subject} has nothing there.", "Draw over more, or choose another reference.")
        features = field.sample(some_of(points))
        raw, decoded = self.theirs.decode(features)
        colours = self.theirs.colours(decoded)
        if share:
            colours = torch.lerp(colours, self._suited(colours, field, offered, edit.part, wearer), share)
        with torch.enable_grad():
            # pictures are made of more than colours, by networks that were tuned with the decoder
            looks = torch.cat([colours, decoded[:, 3:]], dim=1) if worn else None
            remap = remap_to(wearer.generator, features, colours, raw, calm=FREE if worn else CALM, looks=looks)
        return RemappedField(field, remap.matrix, remap.offset)

    def _suited(self, colours: Tensor, field: Field, offered: HeadParts, part: str, wearer: Wearer) -> Tensor:
        """Colours [N, 3] as they would be on the wearer."""
        labels = labels_of(part) if part in REACH else ("skin",)
        here = wearer.mean_colour(*labels)
        there = _mean_colour(self.theirs, field, offered.points(*labels))
        if here is None or there is None:
            return colours
        if part in REACH:
            # what is worn takes the tone and the contrast of what the wearer has there
            contrast = (here[1] / there[1].clamp(min=0.02)).clamp(0.5, 2)
            return ((colours - there[0]) * contrast + here[0]).clamp(0, 1)
        # skin around a nose or a mouth takes the wearer's tone, and the part with it
        return (colours * (here[0] / there[0].clamp(min=0.05)).clamp(0.4, 2.5)).clamp(0, 1)

    def _offered(self, part: str) -> tuple[Field, HeadParts]:
        field, offered = self._whole
        if part != "glasses" and offered.has("glasses") and can_go_without(self.plain, "glasses"):
            # what lies under the reference's temples and lenses is wanted, not they
            field, offered = self._unglazed
        if part != REGION and (not offered.shows(part) or denies(self.source, part)):
            verb = "were" if part.endswith("s") else "was"
            raise VoltefaceError(f"No {part} {verb} found on {self.name}.", "Choose another reference or part.")
        return field, offered

    @cached_property
    def _whole(self) -> tuple[Field, HeadParts]:
        return self.source.trigrid, self._parts_of(self.theirs, self.source, self._grid_of(self.source))

    @cached_property
    def _unglazed(self) -> tuple[Field, HeadParts]:
        _, parts = self._whole
        bare = self.theirs.trigrid(latents_without(self.plain, self.source.latents, "glasses"))
        room = room_of(parts, "glasses", CLEARANCE["glasses"], lambda at: self.theirs.decode(bare.sample(at))[0] > 0)
        field = GraftedField(self.source.trigrid, bare, room)
        return field, HeadParts.of(self.theirs, field, below=parts.grid)

    @property
    def _subject(self) -> str:
        return self.name[:1].upper() + self.name[1:]


def _mean_colour(generator: Generator, field: Field, points: Tensor) -> tuple[Tensor, Tensor] | None:
    if len(points) < 2:
        return None
    colours = generator.colours(generator.decode(field.sample(points))[1])
    return colours.mean(0), colours.std(0)
