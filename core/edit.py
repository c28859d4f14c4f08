"""Edits: changes to a head that can be switched off, weakened, moved in their order or taken away again.

They are values; `core.editors.fold` turns a head and a list of them into another head.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """What all edits have.

    Attributes:
        key: unique in a project.
        strength: 0 leaves the head as it is, 1 is the full change.
        enabled: whether it counts at present.
    """

    key: str
    strength: float = 1.0
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class TakePart(_Layer):
    """A part of a reference, worn by the head.

    Attributes:
        part: name in `core.editors.part_volume.LABELS_OF`.
        reference: key of the reference in the project.
    """

    part: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class RemovePart(_Layer):
    """A part taken away; the generator fills in what it hid.

    Attributes:
        part: "hair", "glasses" or "beard".
    """

    part: str


@dataclass(frozen=True, kw_only=True)
class MoveSlider(_Layer):
    """A named direction in latents.

    Attributes:
        name: of a slider in `core.editors.attributes`.
        strength: how far, in the slider's own unit: one standard deviation of the training heads; either sign.
    """

    name: str
    strength: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Recolour(_Layer):
    """Another colour for a part; light and shade stay.

    Attributes:
        part: name in `core.editors.part_volume.LABELS_OF`.
        rgb: red, green, blue, 0..1 each: the part's mean colour.
    """

    part: str
    rgb: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Paint(_Layer):
    """Paint on the head as a camera sees it; it sticks to the surface.

    Attributes:
        picture: uint8 [S, S, 4], RGB and how thickly it is laid on; never written in place.
        camera: from where it was painted.
        depth: float32 [h, w], of the surface that was painted, along the camera's z in world units; 0 where there was
            nothing. What this camera did not see stays unpainted.
    """

    picture: NDArray[np.uint8]
    camera: Camera
    depth: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Paint):
            return NotImplemented
        ours = (self.key, self.camera, self.strength, self.enabled)
        theirs = (other.key, other.camera, other.strength, other.enabled)
        same = ours == theirs and np.array_equal(self.picture, other.picture)
        return same and np.array_equal(self.depth, other.depth)

    def __hash__(self) -> int:
        return hash((self.key, self.camera, self.strength, self.enabled))


@dataclass(frozen=True, kw_only=True)
class Repair(_Layer):
    """The side that no photo has shown, made up again by the generator; what floats is cleared."""


Edit: TypeAlias = TakePart | RemovePart | MoveSlider | Recolour | Paint | Repair
EDITS = (TakePart, RemovePart, MoveSlider, Recolour, Paint, Repair)
"""All kinds of edits."""


def at_work(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that change something: enabled ones of some strength."""
    return tuple(edit for edit in edits if edit.enabled and edit.strength != 0)


def with_strength(edit: Edit, strength: float) -> Edit:
    """The same edit, stronger or weaker."""
    return replace(edit, strength=strength)
