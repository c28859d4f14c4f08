"""What a field shows on a fitted head: skin, hair and cloth, how far from it, and whether its ears are seen.

The head is looked at with the skin drawn over its ears, because hair lies there; an ear itself looks sideways, so that
what the field has painted of an ear comes to lie on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.cover_labels import ASIDE_DEGREES, carried_back, evened, without_crumbs, without_holes
from core.editors.face_shares import BROW, JAW, mean_height
from core.editors.face_target import ANY_EAR, nearest_told
from core.editors.field_look import BEFORE_FACE, BEFORE_NECK, BEFORE_SCALP, FieldLook
from core.editors.field_parts import COVERED, covered_share, falling_share, skin_share
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.editors.face_target import Target
    from core.field import Field
    from core.protocols import Generator
    from core.shown_person import ShownPerson

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LEAST_SKIN = 0.25
"""Share of the face in which the field must show skin."""
SHOWN, SHOWN_FACING = (0.5, 0.8), (0.1, 0.35)
"""Chance of what covers a head in a photo from which it begins to be told as such, and from which entirely; and cosines
between normal and view from which a photo begins to tell, and tells."""
EVERY = 3
"""One point of so many looks for it, which the others take over; all of an ear and of the outline do."""
OUTLINE = (0.2, 0.5)
"""Cosines between normal and view up to which a point makes the outline, and from which it does not."""
SQUARELY = (0.25, 0.6)
"""Cosines between normal and view between which the surface is looked for along the normal, and along the view."""
NEAREST = 8
"""Points that looked whose findings each point takes over."""
HOLE, HOLE_RIM = 0.1, 3
"""How much of a hole is mixed in, so often, where a point looks like the cover around."""
SEEN = (0.2, 0.5)
"""Shares of a point's neighbours that must have found a surface: to be told as they are, and not to be hollow."""
DOWNWARDS = -0.3
"""Height of a way out below which it leads down, from below a jaw."""
BALD, LINING, DEEP = 0.3, 0.5, 0.08
"""Share of the scalp below which it is bald, cosine to the way out below which skin may line the mouth, and how far
behind the fitted head all else is looked for, world units."""
CLOTHED = 0.5
"""Chance of clothes from which a point below the jaw is below them."""
EAR = 0.5
"""Share of an ear from which a point is on it."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What a field shows on each point [P] of a fitted head. Distances are from its skin, drawn over its ears.

    Attributes:
        target: the fitted head, with the ears that are seen.
        outwards: float64 [P, 3] unit, along which it was looked at.
        known: bool [P], where a surface was found.
        own: bool [P], where the field's own surface tells the shape: on all but the skin of the face.
        surface: float64 [P], how far out the field's own surface is, world units.
        outer: float64 [P], how far out there is something at all, world units.
        deep: float64 [P], where behind the surface the field is solid, world units.
        outline: float64 [P], how far each makes the outline that the camera sees, 0..1.
        covered: float64 [P], how far each is below hair or cloth, 0..1.
        clothed: float64 [P], how far each is below clothes, 0..1.
        weight: float64 [P], how far the field can be told there, 0..1.
        lost: bool [P], what has nothing fitting of its own below it.
        bare: float64 [P], how far each is on an ear that is seen, 0..1.
        standing: float64 [P], how far an ear's points stand out from that skin, world units; 0 elsewhere.
        falls: whether hair falls beside the neck, 0..1.
    """

    target: Target
    outwards: Array
    known: Flags
    own: Flags
    surface: Array
    outer: Array
    deep: Array
    outline: Array
    covered: Array
    clothed: Array
    weight: Array
    lost: Flags
    bare: Array
    standing: Array
    falls: float


def sight_of(
    generator: Generator, field: Field, camera: Camera, whole: Target, shown: ShownPerson | None = None
) -> Sight | None:
    """Look at a field where a head was fitted.

    Args:
        generator: decodes the field, with its tuning; it knows parts.
        field: a head's.
        camera: along its views what it sees squarely is looked for, so that its picture stays.
        whole: the fitted head, with its ears.
        shown: what the camera's picture shows; None is unknown.

    Returns:
        None where the field shows hardly any skin in the face.
    """
    parts, target = generator.info.parts, whole.without_ears()
    outwards = _ways_out(camera, target)
    of_ear = whole.ear > ANY_EAR
    standing = ((whole.points - target.points) * outwards).sum(1) * of_ear
    outline = _outline(camera, target)
    each = ~target.is_skin | of_ear | (outline > 0) | (np.arange(len(target.points)) % EVERY == 0)
    looking = (target.share > 0) & each
    there = replace(target, points=np.where(of_ear[:, None], whole.points, target.points))
    found = _look(generator, field, there, outwards, looking)
    for values in (found.surface, found.outer, found.deep):
        values += standing * found.known
    covered = covered_share(parts, found.chances)
    if shown is not None:
        worn, told = _photographed(camera, target, shown.worn)
        covered = np.maximum(covered, np.maximum(worn * told, carried_back(target, worn, told)) * looking)
    covered = covered * target.is_skin
    skin = skin_share(parts, found.chances, target)
    of_face = target.face * looking
    if (skin * (1 - covered) * found.known * of_face).sum() < LEAST_SKIN * of_face.sum():
        return None

    known, in_face = found.known > 0, target.face > 0.5
    own = known & ((covered > 0.5) | ~in_face)
    beside = nearest_told(target, looking, NEAREST)
    told = np.maximum(skin, covered) * found.known
    weight, covered, seen = (values[beside].mean(1) for values in (told, covered, found.known))
    weight = np.where(in_face, np.minimum(weight / np.maximum(seen, SEEN[0]), 1), weight)
    settled = without_crumbs(target, without_holes(target, covered))
    # ears are below hair or they are not, both alike, and hair that hides them lies around them, too
    hidden = float(settled[target.auricle > EAR].mean() > 0.5)
    settled += (target.ear if hidden else target.auricle) * (hidden - settled)
    clothed = found.chances[:, parts.index("cloth")] if "cloth" in parts else np.zeros(len(covered))
    clothed = evened(target, (clothed[beside].mean(1) > CLOTHED) * (target.height < mean_height(JAW)))
    hole = target.smoothed(settled - covered, np.ones(len(covered)), HOLE_RIM) > HOLE
    covered = evened(target, settled)
    bare = target.auricle * (1 - smooth(*COVERED, covered))
    seen_ears = whole.moved(target.points + bare[:, None] * (whole.points - target.points))
    return Sight(
        seen_ears,
        outwards,
        known,
        own,
        found.surface,
        found.outer,
        found.deep,
        outline,
        covered,
        clothed * covered,
        weight,
        ((seen < SEEN[1]) & in_face) | hole,
        bare,
        standing,
        falling_share(parts, found.chances, target, looking),
    )


def _look(generator: Generator, field: Field, target: Target, outwards: Array, looking: Flags) -> FieldLook:
    """What the looking points of a target find."""
    found = FieldLook.nothing(len(target.points), len(generator.info.parts))
    # hair that hangs beside a face is thicker than anything before it; a neck has a chin and shoulders around it
    low_face = (target.face > 0.5) & (target.height < mean_height(BROW))
    close = low_face & (target.around_degrees < ASIDE_DEGREES)
    neck = ~low_face & (target.height < mean_height(JAW))
    for chosen, before in ((close, BEFORE_FACE), (neck, BEFORE_NECK), (~close & ~neck, BEFORE_SCALP)):
        found.look(generator, field, target, outwards, np.flatnonzero(looking & chosen), before)
    # a thick collar, or hair, may hide it; what else lies so far before it is the chin, and far below that a shirt
    lost = looking & neck & (found.known == 0) & (outwards[:, 1] > DOWNWARDS)
    found.look(generator, field, target, outwards, np.flatnonzero(lost), BEFORE_SCALP)
    covered = covered_share(generator.info.parts, found.chances)
    found.known[lost & (covered < 0.5)] = 0
    # a narrow field lies deep below the fitted head; not below hair, where the skull is where it was fitted, nor below
    # the lining of the mouth, which looks inwards
    deep = close & (_outwards(target) > LINING)
    if covered[looking & target.scalp].mean() < BALD:
        deep |= target.scalp
    found.look(generator, field, target, outwards, np.flatnonzero(looking & deep & (found.known == 0)), 0.0, DEEP)
    return found


def _outwards(target: Target) -> Array:
    """Cosines [P] between normals and the ways out from the head's axis."""
    around = target.points[:, [0, 2]] - target.points[target.scalp][:, [0, 2]].mean(axis=0)
    around /= np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-12)
    return np.asarray((around * target.normals[:, [0, 2]]).sum(axis=1), np.float64)


def _photographed(camera: Camera, target: Target, worn: NDArray[np.float32]) -> tuple[Array, Array]:
    """How far points [P] are below what the camera's picture shows as hair or cloth, 0..1, and how far it sees them."""
    side = len(worn)
    column, row = np.clip(np.nan_to_num(camera.project(target.points)[0]) * side, 0, side - 1).astype(int).T
    return smooth(*SHOWN, worn[row, column].astype(np.float64)), smooth(*SHOWN_FACING, _towards(camera, target)[1])


def _towards(camera: Camera, target: Target) -> tuple[Array, Array]:
    """Unit ways [P, 3] from points to the camera, and their cosines [P] to the points' normals."""
    towards = camera.position - target.points
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    return towards, (towards * target.normals).sum(1)


def _outline(camera: Camera, target: Target) -> Array:
    """How far points [P] make the outline that the camera sees, 0..1."""
    return 1 - smooth(*OUTLINE, np.abs(_towards(camera, target)[1]))


def _ways_out(camera: Camera, target: Target) -> Array:
    """Unit ways out [P, 3]: towards the camera where it sees a point squarely, else along its normal."""
    towards, cosines = _towards(camera, target)
    squarely = smooth(*SQUARELY, cosines)[:, None]
    outwards = target.normals + squarely * (towards - target.normals)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    return outwards
