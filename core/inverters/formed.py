"""Heads with the face that the photo's landmarks show, whatever shape the search gave it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.formed_field import FormedField
from core.inverters.covering import person_seen
from core.inverters.finishing import Finishing
from core.inverters.part_reading import photo_parts
from core.mask import COVERS, PARTS
from core.shown_person import ShownPerson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.field import Field
    from core.head import Head
    from core.protocols import Generator, Inverter


class Shape(Protocol):
    """What gives a field the face that landmarks show, such as `core.editors.face_form.formed`."""

    def __call__(
        self,
        generator: Generator,
        field: Field,
        camera: Camera,
        uv: NDArray[np.float64],
        shown: ShownPerson | None = None,
    ) -> Field:
        """The field with that face; the very same one where it cannot be told.

        Args:
            generator: decodes the field, with its tuning.
            field: of the head.
            camera: the photo's.
            uv: [468, 2] landmarks of the face mesh in the camera's picture, 0..1.
            shown: what that picture shows; None where nothing can tell.
        """
        ...


class Formed(Finishing):
    """An inverter whose heads get their face in the end."""

    message = "Shaping the face"

    def __init__(self, inverter: Inverter, shape: Shape) -> None:
        """Of any inverter, and what shapes its heads."""
        super().__init__(inverter)
        self._shape = shape

    def finished(self, head: Head, alignment: Alignment, generator: Generator) -> Head:
        """The head with its face."""
        return with_form(head, alignment, generator, self._shape)

    def as_found(self, start: Head) -> Head:
        """A head with the field as it was found."""
        field = _found(start.trigrid)
        return start if field is start.trigrid else replace(start, trigrid=field)


def with_form(head: Head, alignment: Alignment, generator: Generator, shape: Shape) -> Head:
    """The head with its face, in the place of one that it had before; the very same one where it cannot be told.

    Args:
        head: found for the photo, with the photo's camera.
        alignment: the photo's.
        generator: the head's, without its tuning.
        shape: gives fields a face.
    """
    field = _found(head.trigrid)
    tuned = generator.tuned(head.delta) if head.delta else generator
    parts = photo_parts(alignment)
    person = person_seen(alignment).person
    reached = np.asarray(alignment.inside_photo, np.float32)
    worn, clothes = (
        np.asarray((parts[[PARTS.index(part) for part in group]].sum(axis=0) * alignment.mask * reached).clip(0, 1))
        for group in (COVERS, ("cloth",))
    )
    shown = ShownPerson(person, worn.astype(np.float32), clothes.astype(np.float32), reached) if parts.any() else None
    shaped = shape(tuned, field, head.camera, alignment.landmarks_in_crop / len(alignment.crop), shown)
    return head if shaped is field else replace(head, trigrid=shaped)


def _found(field: Field) -> Field:
    """A field without the forms over it."""
    while isinstance(field, FormedField):
        field = field.base
    return field
