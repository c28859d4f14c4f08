"""What a field shows on a fitted head, and how far from it: skin, or hair and cloth with a thickness.

Skin comes to lie where the fitted head has it. Hair cannot be fitted, but it can be told how far it is from the scalp:
the field's own thickness, without lumps, and thin where it begins above the face, however far before it the field has
put a fringe that the photo only shows from in front.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.face_target import BROW, NOSE_TIP, mean_height
from core.editors.field_look import BEFORE_FACE, BEFORE_SCALP, COVERS, FieldLook
from core.editors.thickness import BLUR, NEIGHBOURS, calmed, thickness_of
from core.ramp import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.editors.face_target import Target
    from core.field import Field
    from core.protocols import Generator

    Array = NDArray[np.float64]

LEAST_SKIN = 0.25
"""Share of the face in which the field must show skin."""
COVERED = (0.35, 0.65)
"""Chance of what covers a head from which it begins to be told as such, and from which entirely."""
SKIN = (0.2, 0.5)
"""Chance of skin at which the field begins to be told, and from which it is told entirely."""
WORN = 0.1
"""Mean chance of glasses between the brows and the tip of the nose from which they are worn; less is a mistake of the
labels, and so are glasses further down."""
EVERY = 3
"""One point of so many looks for it, which the others take over."""
SQUARELY = (0.25, 0.6)
"""Cosines between normal and view between which the surface is looked for along the normal, and along the view."""
FEWER, NEAREST = 3, 8
"""Points that looked whose findings each point takes over: of what is as fine as an eye, and of all else."""
ASIDE_DEGREES = 32
"""Angle about the head's axis from which a face may be below hair that hangs before it."""
TEMPLE = 0.04
"""Height above the brows, world units, from which both sides of a head are covered alike."""
FULL = 0.7
"""Share of the scalp from which all of it is covered: holes in hair are mistakes of the labels."""
HOLE, HOLE_RIM = 0.1, 3
"""How much of a hole is mixed in, so often, where a point looks like the cover around."""
FURTHEST = (0.12, 0.15)
"""Distances from the fitted head, world units, beyond which a surface is no part of it any more."""
JOINED, ENDING = 0.35, (0.0, 0.35)
"""Share of the head below which the target is the field's own surface, and shares over which the field begins to be
told."""
OUTLINE = (0.2, 0.5)
"""Cosines between normal and view up to which a point makes the outline, and from which it does not."""
HANGING, HANGING_BEHIND, BESIDE = (0.012, 0.03), (0.03, 0.05), 0.03
"""Thickness of hair below the brows from which it hangs and is left to the field, before the ears and behind them, and
over which height, world units."""
BEHIND_DEGREES = (70, 100)
"""Angles about the head's axis between which that changes."""
BESIDE_HAIR, BESIDE_STEPS = (0.0, 0.3), 16
"""Shares of hanging hair, mixed so often, between which a point comes to lie on the field's own surface."""
EVEN, EVENINGS = (0.3, 0.7), 6
"""Shares that are none and all where a border is made smooth, and how often points are mixed with those around."""
AROUND = 0.015
"""What is told to be empty reaches so much further out than the field's own surface, world units."""


@dataclass(frozen=True, eq=False)
class Cover:
    """A target as it joins a field.

    Attributes:
        target: where the surface is to be.
        inside: float64 [P, 3], from each of its points to where the field is solid below its own surface.
        weight: float64 [P], how far the field is told, 0..1.
        empty: float64 [P], distance before each point up to which there is to be nothing, world units.
        worn: float64 [P], how far each is hair or cloth, 0..1.
    """

    target: Target
    inside: Array
    weight: Array
    empty: Array
    worn: Array


def cover_of(generator: Generator, field: Field, camera: Camera, target: Target) -> Cover | None:
    """What a field shows on a fitted head.

    Towards the ends of what is told the target comes to lie on the field's own surface, so that there is no step.

    Args:
        generator: decodes the field, with its tuning; it knows parts.
        field: a head's.
        camera: along its views what it sees squarely is looked for, so that its picture stays.
        target: the fitted head.

    Returns:
        None where the field shows hardly any skin in the face.
    """
    whole, target = target, target.without_ears()
    outwards = _outwards(camera, target)
    looking = (target.share > 0) & (~target.is_skin | (np.arange(len(target.points)) % EVERY == 0))
    low_face = (target.face > 0.5) & (target.height < mean_height(BROW))
    found = FieldLook.nothing(len(target.points), len(generator.info.parts))
    # hair that hangs beside a face is thicker than anything before it
    close = low_face & (target.around_degrees < ASIDE_DEGREES)
    for chosen, before in ((looking & close, BEFORE_FACE), (looking & ~close, BEFORE_SCALP)):
        found.look(generator, field, target, outwards, np.flatnonzero(chosen), before)
    parts = generator.info.parts
    covered = _covered(parts, found.chances) * target.is_skin
    skin = _skin(parts, found.chances, target)
    of_face = target.face * looking
    if (skin * (1 - covered) * found.known * of_face).sum() < LEAST_SKIN * of_face.sum():
        return None

    told = np.maximum(skin, covered) * found.known
    # what is no part of the face has the field's own shape without its lumps, as hair has
    own = (found.known > 0) & ((covered > 0.5) | (target.face < 0.5))
    known = found.known > 0
    beside = _nearest(target, looking, NEAREST)
    weight, covered, seen = (values[beside].mean(1) for values in (told, covered, found.known))
    hollow = (seen < 0.5) & (target.face > 0.5)
    weight = np.where(target.face > 0.5, np.minimum(weight / np.maximum(seen, 0.2), 1), weight)
    whole_cover = without_holes(target, covered)
    hole = target.smoothed(whole_cover - covered, np.ones(len(covered)), HOLE_RIM) > HOLE
    covered = _evened(target, whole_cover)
    # an ear that is seen stays the field's own
    bare = target.ear * (1 - smooth(*COVERED, covered))
    back = target.points + bare[:, None] * (whole.points - target.points)
    target = replace(whole.moved(back), share=target.share * (1 - bare))
    outwards = _outwards(camera, target)
    around = _nearest(target, known, NEIGHBOURS)
    wide = np.median(found.surface[around], axis=1)
    hanging = _evened(target, _hanging(target, wide, covered))
    beside_hair = smooth(*BESIDE_HAIR, target.smoothed(hanging, np.ones(len(hanging)), BESIDE_STEPS))
    target = replace(target, share=target.share * (1 - np.maximum(hanging, beside_hair)))
    deep = np.where(low_face, *(np.median(found.deep[around[:, :count]], axis=1) for count in (FEWER, NEAREST)))
    outer = found.outer[around[:, :NEAREST]].max(1)
    joined = smooth(JOINED, 1.0, target.share)
    shaped = np.maximum(covered, 1 - target.face)
    thickness = calmed(target, found.surface, known, (joined < 1).astype(float), BLUR)
    own_thickness = thickness_of(target, found.surface, own, covered, weight, _outline(camera, target))
    aside = joined * shaped * own_thickness + (1 - joined) * thickness
    weight = weight * smooth(*ENDING, target.share) * (1 - smooth(*FURTHEST, np.abs(aside)))
    # what is no skin, such as teeth, is not moved, and what is not told is in nobody's way, but keeps what is its own
    aside = np.where(target.is_skin & (weight > 0), aside, np.where(hanging > 0.5, wide, 0.0))
    inside = np.where(target.share > 0, deep - aside, 0.0)
    empty = np.where((weight > 0) & (outer > aside) & (bare < 0.5), outer - aside + AROUND, 0.0)
    moved = target.moved(target.points + aside[:, None] * outwards)
    ways = inside[:, None] * outwards
    return Cover(moved, _led_aside(moved, ways, known, (hollow | hole) & (weight > 0)), weight, empty, covered)


def _led_aside(target: Target, inside: Array, known: NDArray[np.bool_], hollow: NDArray[np.bool_]) -> Array:
    """Ways inside [P, 3] that lead from places below which nothing fits to where the nearest known point's does."""
    from scipy.spatial import cKDTree

    inside = inside.copy()
    for group in (target.is_skin, ~target.is_skin):
        sure, lost = np.flatnonzero(known & ~hollow & group), np.flatnonzero(hollow & group)
        if len(sure) and len(lost):
            _, near = cKDTree(target.points[sure]).query(target.points[lost])
            inside[lost] = target.points[sure[near]] + inside[sure[near]] - target.points[lost]
    return inside


def _hanging(target: Target, thickness: Array, covered: Array) -> Array:
    """How far points [P] are below hair that hangs beside the face or the neck rather than lying on the head, 0..1."""
    brow = mean_height(BROW)
    low = 1 - smooth(brow - BESIDE, brow + BESIDE, target.height)
    behind = smooth(*BEHIND_DEGREES, target.around_degrees)
    before = smooth(*HANGING, thickness)
    return covered * low * (before + behind * (smooth(*HANGING_BEHIND, thickness) - before))


def _outline(camera: Camera, target: Target) -> Array:
    """How far points [P] make the outline that the camera sees, 0..1."""
    towards = camera.position - target.points
    squarely = np.abs((towards * target.normals).sum(1)) / np.linalg.norm(towards, axis=1)
    return 1 - smooth(*OUTLINE, squarely)


def _outwards(camera: Camera, target: Target) -> Array:
    """Unit ways out [P, 3]: towards the camera where it sees a point squarely, else along its normal."""
    towards = camera.position - target.points
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    squarely = smooth(*SQUARELY, (towards * target.normals).sum(1))[:, None]
    outwards = target.normals + squarely * (towards - target.normals)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    return outwards


def _covered(parts: Sequence[str], chances: Array) -> Array:
    """How far points with some chances of parts [P, parts] are below hair or cloth, 0..1."""
    return smooth(*COVERED, chances[:, [parts.index(part) for part in COVERS if part in parts]].sum(1))


def without_holes(target: Target, covered: Array) -> Array:
    """How far points are covered [P] where what is bare on the scalp is a mistake of the labels."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    scalp = (target.face < 0.05) & (target.share > 0.5) & (target.ear < 0.05)
    if covered[scalp].mean() < FULL:
        return covered
    # nobody has hair, or a hat, on one side only
    temple = (target.around_degrees > ASIDE_DEGREES) & (target.height > mean_height(BROW) + TEMPLE)
    covered = np.where(scalp | temple, np.maximum(covered, covered[target.opposite]), covered)
    bare = covered < 0.5
    one, other = target.links[bare[target.links].all(1)].T
    ways = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(len(covered), len(covered)))
    _, piece = connected_components(ways, directed=False)
    of_face = np.isin(piece, np.unique(piece[bare & (target.face > 0.9)]))
    return np.where(of_face | (target.share < 0.5), covered, 1.0)


def _evened(target: Target, shares: Array) -> Array:
    """Shares [P], 0 or 1 for the most part, with a smooth border."""
    return smooth(*EVEN, target.smoothed(shares, np.ones(len(shares)), EVENINGS))


def _skin(parts: Sequence[str], chances: Array, target: Target) -> Array:
    """How far the field is told as skin at a target's points with some chances of parts [P, parts], 0..1."""
    others = chances[:, parts.index("hair")] if "hair" in parts else np.zeros(len(chances))
    if "glasses" in parts:
        low, high = mean_height(NOSE_TIP), mean_height(BROW)
        glasses = chances[:, parts.index("glasses")] * (target.height > low) * (target.face > 0.5)
        before_eyes = (target.height > low) & (target.height < high) & (chances.sum(1) > 0) & (target.face > 0.5)
        others = others + glasses * bool(glasses[before_eyes].mean() > WORN)
    return 1 - smooth(1 - SKIN[1], 1 - SKIN[0], others)


def _nearest(target: Target, told: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Numbers [P, count] of the told points nearest to each of a target, the nearest first; skin apart from eyes.

    Where fewer are told, the last is repeated; where none is, a point stands for itself.
    """
    from scipy.spatial import cKDTree

    nearest = np.repeat(np.arange(len(told))[:, None], count, 1)
    for group in (target.is_skin, ~target.is_skin):
        known = np.flatnonzero(told & group)
        if len(known):
            tree = cKDTree(target.points[known])
            _, near = tree.query(target.points[group], k=np.arange(1, min(count, len(known)) + 1))
            nearest[group] = known[near[:, np.minimum(np.arange(count), len(known) - 1)]]
    return nearest
