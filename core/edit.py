"""Edits: changes to a head that can be switched off, weakened, moved in their order or taken away again.

They are values; `core.editors.fold` turns a head and a list of them into another head.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.region import Region
    from core.style_pack import StylePack
    from core.warped_field import Warp

REGION = "region"
"""The part that is only what was drawn."""


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
        part: name in `core.editors.head_parts.LABELS_OF`, or `REGION` for whatever the reference has in a region.
        reference: key of the reference in the project.
        seam: width of its soft edge, in nodes of the grid of parts; 0 is hard.
        harmonise: how far its colours follow the wearer's own, 0..1; None is as the part needs: wholly for parts of the
            face, which bring skin along, and not at all for what is worn.
        regions: what was drawn to add to the part or to take away from it, one after the other.
        in_planes: it is taken the published way, by gradients and with a band that the generator draws anew; so are
            all parts of heads whose generator knows none in 3D.
    """

    part: str
    reference: str
    seam: float = 1.0
    harmonise: float | None = None
    regions: tuple[Region, ...] = ()
    in_planes: bool = False


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
class Reshape(_Layer):
    """Another expression or another shape of the face: space is bent, and what lies on the face goes along.

    Attributes:
        name: of a slider in `core.editors.face_sliders`.
        strength: how far: 1 and -1 are a clear, credible change.
    """

    name: str
    strength: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Recolour(_Layer):
    """Another colour for a part; light and shade stay.

    Attributes:
        part: name in `core.editors.head_parts.LABELS_OF`.
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
        shape: name and strength of the sliders that bent the face when it was painted.
        way: how points of the face as it is now come back to where they were when it was painted, one after the other;
            folding tells.
    """

    picture: NDArray[np.uint8]
    camera: Camera
    depth: NDArray[np.float32]
    shape: tuple[tuple[str, float], ...] = ()
    way: tuple[Warp, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Paint):
            return NotImplemented
        ours = (self.key, self.camera, self.strength, self.enabled, self.shape, self.way)
        theirs = (other.key, other.camera, other.strength, other.enabled, other.shape, other.way)
        same = ours == theirs and np.array_equal(self.picture, other.picture)
        return same and np.array_equal(self.depth, other.depth)

    def __hash__(self) -> int:
        return hash((self.key, self.camera, self.strength, self.enabled))


@dataclass(frozen=True, kw_only=True)
class Restyle(_Layer):
    """A style worn over all that the head is; two of them mix.

    Attributes:
        pack: the style; it travels with the project.
        region: parts in `core.mask.PARTS` that are drawn in it; empty is everything.
    """

    pack: StylePack
    region: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repair(_Layer):
    """The side that no photo has shown, made up again by the generator; what floats is cleared."""


Edit: TypeAlias = TakePart | RemovePart | MoveSlider | Reshape | Recolour | Paint | Repair | Restyle
EDITS = (TakePart, RemovePart, MoveSlider, Reshape, Recolour, Paint, Repair, Restyle)
"""All kinds of edits."""


def at_work(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that change something: enabled ones of some strength."""
    return tuple(edit for edit in edits if edit.enabled and edit.strength != 0)


def shape_of(edits: Iterable[Edit]) -> tuple[tuple[str, float], ...]:
    """Name and strength of the sliders that bend the face; those of one name add up."""
    sums: dict[str, float] = {}
    for edit in at_work(edits):
        if isinstance(edit, Reshape):
            sums[edit.name] = sums.get(edit.name, 0.0) + edit.strength
    return tuple(sorted(sums.items()))


def with_strength(edit: Edit, strength: float) -> Edit:
    """The same edit, stronger or weaker."""
    return replace(edit, strength=strength)
