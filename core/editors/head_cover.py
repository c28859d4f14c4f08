"""How a fitted head joins a field: where its surface is to be, with what covers it, and how far the field is told.

Skin of the face and of the ears comes to lie where the fitted head has it. Hair cannot be fitted, but it can be told
how far it is from the scalp: the field's own thickness, without lumps, and thin where it begins above the face, however
far before it the field has put a fringe that the photo only shows from in front. So can a neck, and what is worn on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.editors.cover_labels import FACE, evened
from core.editors.face_shares import BROW, mean_height
from core.editors.face_target import ANY_EAR, NAPE, nearest_told
from core.editors.field_parts import chances_at, covered_share
from core.editors.head_sight import NEAREST, sight_of
from core.editors.photo_outline import to_outline
from core.editors.thickness import BLUR, NEIGHBOURS, calmed, thickness_of
from core.ramp import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.editors.face_target import Target
    from core.editors.head_sight import Sight
    from core.field import Field
    from core.protocols import Generator
    from core.shown_person import ShownPerson

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

FEWER = 3
"""Points whose findings decide about what is as fine as an eye."""
FURTHEST = (0.12, 0.15)
"""Distances from the fitted head, world units, beyond which a surface is no part of it any more."""
JOINED, ENDING = 0.35, (0.0, 0.35)
"""Share of the head below which the target is the field's own surface, and shares over which the field begins to be
told."""
LYING, HANGING, HANGING_BEHIND, BESIDE = (0.05, 0.07), (0.012, 0.03), (0.03, 0.05), 0.03
"""Thickness of hair below the brows from which it hangs and is left to the field: where it does not fall beside the
neck; where it does, before the ears and behind them; and over which height, world units."""
BEHIND_DEGREES = (70, 100)
"""Angles about the head's axis between which that changes."""
BESIDE_HAIR, BESIDE_STEPS = (0.0, 0.3), 16
"""Shares of hanging hair, mixed so often, between which a point comes to lie on the field's own surface."""
SHOWN_OUTLINE = 0.5
"""Share of the outline from which hair stays as it is but where it folds: the photo shows it."""
ON_EAR = (0.2, 0.6)
"""Shares of a seen ear over which what is told becomes its own surface."""
BELOW, FITTING = 0.95, 0.75
"""Share of cover from which a point is surely below it, its border apart; and that of hair and cloth from which there
is surely some at a place."""
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


def cover_of(
    generator: Generator, field: Field, camera: Camera, target: Target, shown: ShownPerson | None = None
) -> Cover | None:
    """A fitted head as it joins a field.

    Args:
        generator: decodes the field, with its tuning; it knows parts.
        field: a head's.
        camera: of the photo, whose picture and outline are to stay.
        target: the fitted head.
        shown: what the photo shows; None where nothing can tell.

    Returns:
        None where the field shows hardly any skin in the face.
    """
    sight = sight_of(generator, field, camera, target, shown)
    if sight is None:
        return None
    cover = _joined(sight)
    if shown is not None:
        # faces are told by landmarks
        free = np.maximum(cover.worn, evened(cover.target, cover.target.scalp.astype(float)))
        ways = to_outline(cover.target, free * cover.weight, camera, shown)
        cover = _moved(cover, ways, (ways * sight.outwards).sum(1))
    return _below_cover(generator, field, cover)


def _joined(sight: Sight) -> Cover:
    """What is seen, with its head brought to where it is to be.

    Towards the ends of what is told the target comes to lie on the field's own surface, so that there is no step.
    """
    target, covered = sight.target, sight.covered
    around = nearest_told(target, sight.known, NEIGHBOURS)
    wide = np.median(sight.surface[around], axis=1)
    hanging = evened(target, _hanging(target, wide, covered, sight.falls))
    beside_hair = smooth(*BESIDE_HAIR, target.smoothed(hanging, np.ones(len(hanging)), BESIDE_STEPS))
    # clothes have a form of their own
    left = np.maximum(np.maximum(hanging, beside_hair), sight.clothed)
    target = replace(target, share=target.share * (1 - left))
    low_face = (target.face > 0.5) & (target.height < mean_height(BROW))
    deep = np.where(low_face, *(np.median(sight.deep[around[:, :count]], axis=1) for count in (FEWER, NEAREST)))
    outer = sight.outer[around[:, :NEAREST]].max(1)

    joined = smooth(JOINED, 1.0, target.share)
    as_it_is = calmed(target, sight.surface, sight.known, (joined < 1).astype(float), BLUR)
    thick = thickness_of(target, sight.surface, sight.own, covered, sight.weight, sight.outline, left)
    shaped = np.maximum(covered, 1 - target.face)
    aside = joined * shaped * thick + (1 - joined) * as_it_is
    weight = sight.weight * smooth(*ENDING, target.share) * (1 - smooth(*FURTHEST, np.abs(aside)))
    # what is no skin, such as teeth, is not moved, and what is not told is in nobody's way, but keeps what is its own
    aside = np.where(target.is_skin & (weight > 0), aside, np.where(left > 0, wide, 0.0))
    on_ear = smooth(*ON_EAR, sight.bare)
    aside = _ears_riding(target, aside, covered, on_ear)
    inside = np.where(target.share > 0, deep - aside - sight.standing * sight.bare, 0.0)
    before = outer - aside - sight.standing * on_ear
    empty = np.where((weight > 0) & (before > 0), before + AROUND, 0.0)
    folding = target.moved(target.points + aside[:, None] * sight.outwards)
    hair = (covered > BELOW) & (target.height > NAPE)
    # not faces; nor where hair begins, which is steep, nor what is worn around a neck, which has folds
    may = np.where(covered < 0.5, target.face < FACE, hair) & target.is_skin & (weight > 0) & (sight.bare <= ANY_EAR)
    # the outline is the photo's
    moved = folding.unfolded(target, may & (sight.outline * hair < SHOWN_OUTLINE)).unfolded(target, may, rim=1)
    feet = folding.points + inside[:, None] * sight.outwards
    empty = np.clip(empty - ((moved.points - folding.points) * sight.outwards).sum(1), 0, empty)
    lost = sight.lost & (weight > 0)
    ways = _led_aside(moved, feet - moved.points, sight.known & ~lost, lost)
    return Cover(moved, ways, weight, empty, covered)


def _moved(cover: Cover, ways: Array, out: Array) -> Cover:
    """A cover whose points went some ways [P, 3], so far out [P], and show what they did."""
    target = cover.target.moved(cover.target.points + ways)
    return replace(cover, target=target, inside=cover.inside - ways, empty=np.clip(cover.empty - out, 0, cover.empty))


def _ears_riding(target: Target, aside: Array, covered: Array, on_ear: Array) -> Array:
    """How far points [P] lie aside: where a bald head is narrower, its ears are, too, or they would stand on plinths.

    Args:
        target: the fitted head.
        aside: as everything around has it, float64 [P], world units.
        covered: float64 [P], how far each is below hair or cloth, 0..1.
        on_ear: float64 [P], how far each is on an ear that is seen, 0..1; an ear that hair hides lies below that.
    """
    if not on_ear.any():
        # its points lie close together, and no two of them should differ
        return target.drawn_over(aside, target.ear > ANY_EAR)
    riding = np.minimum(target.drawn_over(aside * (1 - covered), on_ear > 0), 0)
    return aside + on_ear * (riding - aside)


def _below_cover(generator: Generator, field: Field, cover: Cover) -> Cover:
    """A cover below whose hair and cloth there is hair or cloth: a thin cap has skin where the field is solid."""
    target = cover.target
    worn = (cover.worn > BELOW) & (cover.weight > 0) & target.is_skin
    feet = covered_share(generator.info.parts, chances_at(generator, field, target.points[worn] + cover.inside[worn]))
    fitting = np.zeros_like(worn)
    fitting[worn] = feet > FITTING
    return replace(cover, inside=_led_aside(target, cover.inside, fitting, worn & ~fitting))


def _led_aside(target: Target, inside: Array, fitting: Flags, lost: Flags) -> Array:
    """Ways inside [P, 3] that lead from places below which nothing fits to where the nearest fitting point's does."""
    from scipy.spatial import cKDTree

    inside = inside.copy()
    for group in (target.is_skin, ~target.is_skin):
        sure, led = np.flatnonzero(fitting & group), np.flatnonzero(lost & group)
        if len(sure) and len(led):
            _, near = cKDTree(target.points[sure]).query(target.points[led])
            inside[led] = target.points[sure[near]] + inside[sure[near]] - target.points[led]
    return inside


def _hanging(target: Target, thickness: Array, covered: Array, falls: float) -> Array:
    """How far points [P] are below hair that hangs beside the face or the neck rather than lying on the head, 0..1."""
    brow = mean_height(BROW)
    low = 1 - smooth(brow - BESIDE, brow + BESIDE, target.height)
    behind = smooth(*BEHIND_DEGREES, target.around_degrees)
    before = smooth(*HANGING, thickness)
    hanging = before + behind * (smooth(*HANGING_BEHIND, thickness) - before)
    lying = smooth(*LYING, thickness)
    return covered * low * (lying + falls * (hanging - lying))
