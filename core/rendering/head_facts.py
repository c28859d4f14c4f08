"""What must be known of a head before its frames are finished: face, tones, light and hidden side.

Each is found when it is first asked for and serves every later frame of the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.grafted_field import unformed, unworn
from core.rendering.even_tones import EVENED, PartTone
from core.rendering.face_search import find_face
from core.rendering.head_light import HeadLight
from core.rendering.hidden_side import HiddenSide
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.part_labels import part_labels

if TYPE_CHECKING:
    from core.field import Field
    from core.photo_layer import PhotoLayer
    from core.protocols import Generator
    from core.rendering.face_place import FacePlace


@dataclass(frozen=True, eq=False)
class HeadFacts:
    """Of one head.

    Attributes:
        generator: the head's, with its tuning.
        field: the head's.
        photos: that it wears, first to last.
        grid: of the same field.
    """

    generator: Generator
    field: Field
    photos: tuple[PhotoLayer, ...]
    grid: FieldGrid

    @cached_property
    def light(self) -> HeadLight:
        """How the head's shape lights it."""
        light, (_, before) = HeadLight.of(self.grid), self._unworn
        # under other hair a face has other shadows, but no other skin
        return light if before is self.grid else light.on_skin_of(HeadLight.of(before))

    @cached_property
    def part_tones(self) -> tuple[PartTone, ...]:
        """What is uneven in the colours of hair, skin and cloth that no photo shows."""
        tones = (PartTone.of(self.grid, evenness) for evenness in EVENED)
        return tuple(tone for tone in tones if tone is not None)

    @cached_property
    def face_place(self) -> FacePlace | None:
        """Where the face is that is drawn finely: other hair changes neither brows nor lips.

        It is looked for in the field without its form, whose labels and colours come from below the surface.
        """
        field, grid = self._unworn
        plain = unformed(field)
        if plain is field:
            return find_face(self.generator, field, grid)
        return find_face(self.generator, plain, field_grid(self.generator, plain, part_labels), shape=(field, grid))

    @cached_property
    def hidden_side(self) -> HiddenSide | None:
        """What the head's last photo says of what it does not show."""
        return HiddenSide.of(self.photos[-1], self.grid, own_hair=unworn(self.field) is self.field)

    @cached_property
    def _unworn(self) -> tuple[Field, FieldGrid]:
        """The field without what edits put on, and its grid."""
        field, grid = unworn(self.field), self.grid
        if field is self.field:
            return field, grid
        root = grid.root
        if root is None or root.field is not field:
            root = field_grid(self.generator, field, part_labels, below=root)
        return field, root
