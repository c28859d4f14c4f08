"""The hero of an animated film: another shape of eyes, nose, jaw and neck, and eyes that are drawn anew.

Shapes are bent in the picture, about places of the head, by what the head would look like from there: eyes grow about
their middles, the jaw is drawn in about the head's axis, neck and shoulders become slender.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.smoothing import evened
from core.drawing.subject import BROWS, EARS, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, NECK, NOSE, SKIN, floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.drawing.subject import Subject, Values

GLASSED = 0.004
"""Share of a picture from which glasses are worn."""
EYES_WIDER, EYES_HIGHER, EYES_BEHIND_GLASSES = 1.55, 1.85, 1.22
NOSE_SMALLER = 0.68
JAW, NECK_WIDTH, SHOULDERS = 0.93, 0.86, 0.93
"""Widths relative to what they were."""
IRIS = 0.165
"""Radius of an enlarged iris, in distances of the eyes."""
LASHES = (0.10, 0.06, 0.05)
TURNED_AWAY = 0.25
"""Share of the eyes' distance that is seen from which they are drawn."""
SHOWN = 0.06
"""How far before a feature the surface may lie, world units, so that the feature is seen."""
FEWEST_SEEN = 12
"""Pixels of an eye from which it is drawn."""
CATCHLIGHTS = ((-0.34, 0.42, 0.27, 0.97), (0.36, -0.38, 0.13, 0.6))
"""A window's light in an eye, and what the eye sends back of it: how far to the right and above the middle of the iris
and how wide, in radii of the iris; and how much of white it is."""


def animated(subject: Subject, random: np.random.Generator) -> Values:
    """Large shining eyes, a small nose, a small soft jaw on a slender neck, smooth glowing skin, glossy hair."""
    picture = subject.on_white(_painted(subject))
    across, down = _bent(subject, _growth(random))
    picture = cv2.remap(picture, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    picture = np.asarray(np.clip(picture, 0, 1), np.float32)
    if not _glassed(subject):
        seen = cv2.remap(subject.part(EYES, soft_px=0.8 * subject.unit), across, down, cv2.INTER_LINEAR)
        picture = _with_eyes(subject, picture, np.asarray(seen, np.float32))
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def reshaped(subject: Subject, random: np.random.Generator) -> Subject:
    """The parts, depth and cover of the head as its shape is in the drawing by the same random numbers."""
    across, down = _bent(subject, _growth(random))

    def moved(values: Values | NDArray[np.uint8], how: int) -> Values:
        return np.asarray(cv2.remap(values, across, down, how, borderMode=cv2.BORDER_REPLICATE))

    return replace(
        subject,
        labels=np.asarray(moved(subject.labels, cv2.INTER_NEAREST), np.uint8),
        depth=np.asarray(moved(subject.depth, cv2.INTER_NEAREST), np.float32),
        alpha=np.asarray(np.clip(moved(subject.cover[..., 0], cv2.INTER_LINEAR), 0, 1), np.float32),
        frames=None if subject.frames is None else floats(moved(subject.frames, cv2.INTER_LINEAR)),
    )


def _glassed(subject: Subject) -> bool:
    """Whether eyes are hidden by glasses, or nobody knows where through them: they grow less and are not drawn anew."""
    glass = subject.labels == GLASSES
    if subject.frames is not None:
        glass &= subject.frames < 1 / 2
    return bool(glass.mean() > GLASSED)


def _growth(random: np.random.Generator) -> float:
    return float(random.uniform(0.97, 1.03))


def _painted(subject: Subject) -> Values:
    """float32 [S, S, 3]: skin without pores, lit from within; hair in soft locks with a gloss."""
    marks, unit = subject.landmarks, subject.unit
    skin = subject.part(SKIN, NOSE, EARS, NECK, soft_px=1.2 * unit)
    features = subject.part(EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=1.5 * unit)
    smooth = _soft(subject.calm, 0.16, 4.0 * unit)
    share = (skin * (1 - features))[..., None]
    picture = subject.whole + (0.85 * (smooth - subject.whole)) * share
    shade = subject.blurred(subject.lit(0.5), 3.0)
    picture = picture * (0.84 + 0.30 * shade)[..., None]
    # light that went through skin is red where it turns away
    rim = np.clip(1 - subject.blurred(subject.facing, 1.5), 0, 1) ** 2 * skin
    picture = picture + rim[..., None] * floats([0.16, 0.035, 0.01])
    cheeks = [
        0.45 * marks.mouth[i] + 0.55 * marks.eyes[i] + floats([s * 0.015, -0.01, 0.01]) for i, s in ((0, 1), (1, -1))
    ]
    blush = np.maximum(*(subject.near(c, 0.34 * marks.apart, 1.4) for c in cheeks))
    blush = np.maximum(blush, 0.7 * subject.near(marks.nose, 0.16 * marks.apart, 1.4)) * share[..., 0]
    picture = picture * (1 - blush[..., None] * floats([0.0, 0.06, 0.05])) + 0.02 * blush[..., None] * floats([1, 0, 0])
    hair = subject.part(HAIR, soft_px=unit)[..., None]
    locks = _soft(subject.whole, 0.20, 3.0 * unit)
    locks = locks * (0.78 + 0.40 * shade)[..., None]
    gloss = subject.shine(14) * np.clip(1 + 1.2 * subject.blurred(subject.detail, 0.8), 0.3, 1.7)
    locks = locks + 0.26 * gloss[..., None] * (0.35 + locks)
    picture = picture + (locks - picture) * hair
    lips = subject.part(LIPS, soft_px=unit)[..., None]
    picture = picture * (1 - lips * floats([0.0, 0.16, 0.12])) + 0.10 * lips * subject.shine(22)[..., None]
    grey = (picture @ GREY)[..., None]
    return np.asarray(np.clip(grey + (picture - grey) * 1.28, 0, 1) * 1.03, np.float32)


def _soft(picture: Values, tones: float, width_px: float) -> Values:
    """A picture without its small things, its edges kept."""
    once = evened(picture, tones, max(1.0, 0.5 * width_px))
    return evened(once, 0.6 * tones, max(1.0, 0.4 * width_px))


def _bent(subject: Subject, growth: float) -> tuple[Values, Values]:
    """Columns and rows [S, S] of the picture from which each pixel of the bent one comes."""
    marks, size = subject.landmarks, subject.size_px
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    per_world = size * subject.focal / max(subject.seen_at(marks.nose)[2], 0.1)
    axis = _axis(subject)
    chin, brow = (
        subject.seen_at(floats([0, marks.chin, axis[2]]))[1],
        subject.seen_at(floats([0, marks.brow, axis[2]]))[1],
    )
    middle = subject.seen_at(axis)[0]
    height = max(chin - brow, 1.0)
    at = (rows - brow) / height  # 0 at the brows, 1 at the chin
    width = np.interp(at, (0.15, 0.75, 1.05, 1.45, 2.2), (1.0, JAW, JAW, NECK_WIDTH, SHOULDERS)).astype(np.float32)
    # a neck is drawn in as far as it reaches, and no more than the picture has
    reach = np.clip(1.15 - np.abs(columns - middle) / (0.5 * size), 0, 1) ** np.float32(0.5)
    across = middle + (columns - middle) / (1 + (width - 1) * reach)
    down = rows.copy()
    wide, high = (EYES_BEHIND_GLASSES,) * 2 if _glassed(subject) else (EYES_WIDER * growth, EYES_HIGHER * growth)
    lenses = [(eye, 0.62 * marks.apart, wide, high) for eye in marks.eyes]
    lenses.append((marks.nose + floats([0, 0, -0.02]), 0.32 * marks.apart, NOSE_SMALLER, NOSE_SMALLER))
    for place, radius, wider, higher in lenses:
        if not subject.shows(place, SHOWN):
            continue
        column, row, _ = subject.seen_at(place)
        distance = np.hypot(columns - column, rows - row) / (radius * per_world)
        fall = np.clip(1 - distance * distance, 0, 1) ** np.float32(1.2)
        across += (columns - column) * (1 / wider - 1) * fall
        down += (rows - row) * (1 / higher - 1) * fall
    return floats(across), floats(down)


def _axis(subject: Subject) -> Values:
    """A place on the axis of the neck, [3]."""
    marks = subject.landmarks
    return floats([marks.nose[0], marks.chin, 0.35 * marks.nose[2]])


def _with_eyes(subject: Subject, picture: Values, seen: Values) -> Values:
    """Eyes drawn anew where they are seen [S, S]: white, a large iris of their colour, lashes, a window's light."""
    marks, size = subject.landmarks, subject.size_px
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    left, right = subject.seen_at(marks.eyes[0]), subject.seen_at(marks.eyes[1])
    per_world = size * subject.focal / max(0.5 * (left[2] + right[2]), 0.1)
    wide = abs(left[0] - right[0]) / (marks.apart * per_world)
    if wide < TURNED_AWAY:
        return picture
    narrow = float(np.clip(wide, 0.3, 1))
    lid = np.clip(subject.blurred(seen, 1.6) - seen, 0, 0.5)
    colour = _iris_colour(subject)
    for eye, (column, row, _) in zip(marks.eyes, (left, right), strict=True):
        if not subject.shows(eye, SHOWN):
            continue
        apart_px = marks.apart * per_world
        near = (np.hypot((columns - column) / narrow, rows - row) < 0.46 * apart_px).astype(np.float32)
        open_eye = seen * near
        if open_eye.sum() < FEWEST_SEEN:
            continue
        weight = open_eye / open_eye.sum()
        centre = float((weight * columns).sum()), float((weight * rows).sum())
        spread = float(np.sqrt((weight * np.square(rows - centre[1])).sum()))
        radius = min(IRIS * apart_px, max(2.3 * spread, 0.08 * apart_px))
        away = np.hypot((columns - centre[0]) / narrow, rows - centre[1] + 0.12 * radius) / radius
        picture = _eye(picture, open_eye, away, (rows - centre[1]) / radius, colour)
        for right_of, above, disc, share in CATCHLIGHTS:
            spot = np.hypot((columns - centre[0]) / narrow - right_of * radius, rows - centre[1] + above * radius)
            light = np.clip((disc * radius - spot) / max(0.7 * subject.unit, 0.3) + 0.5, 0, 1) * np.clip(
                2 * open_eye, 0, 1
            )
            picture = picture + (1 - picture) * (share * light)[..., None]
        upper = np.clip((centre[1] - rows) / (0.5 * radius) + 0.25, 0, 1)
        lashes = np.clip(5.0 * lid * near * upper, 0, 1)[..., None]
        picture = picture + (floats(LASHES) - picture) * 0.9 * lashes
    return picture


def _eye(picture: Values, open_eye: Values, away: Values, below: Values, colour: Values) -> Values:
    """An eyeball, its iris and pupil, laid over a picture where an eye is open.

    Args:
        picture: float32 [S, S, 3].
        open_eye: float32 [S, S], 0..1.
        away: float32 [S, S], from the middle of the iris in radii of it.
        below: float32 [S, S], under the middle of the eye in the same.
        colour: of the iris, [3].
    """
    shaded = np.clip(0.80 + 0.30 * below, 0.55, 1.0)[..., None]
    white = floats([0.97, 0.965, 0.96]) * shaded
    # light falls in above and leaves below: an iris is brightest opposite the window
    glow = np.clip(0.62 + 0.75 * np.clip(below + 0.2, -0.6, 1), 0.25, 1.35)[..., None]
    iris = np.clip(colour * glow, 0, 1) * (1 - 0.75 * np.clip((away - 0.80) / 0.20, 0, 1))[..., None]
    ball = white + (iris - white) * np.clip((1.0 - away) / 0.10 + 0.5, 0, 1)[..., None]
    pupil = np.clip((0.46 - away) / 0.10 + 0.5, 0, 1)
    ball = ball * (1 - pupil)[..., None] + floats([0.02, 0.02, 0.03]) * pupil[..., None]
    return np.asarray(picture + (ball - picture) * np.clip(1.15 * open_eye, 0, 1)[..., None], np.float32)


def _iris_colour(subject: Subject) -> Values:
    """The colour of both irises, [3], stronger than it is; brown where none is seen."""
    apart = subject.landmarks.apart
    near = np.maximum(*(subject.near(eye, 0.06 * apart, 0.2) for eye in subject.landmarks.eyes))
    here = (near > 0.5) & (subject.labels == EYES)
    found = floats([0.30, 0.19, 0.12])
    if here.sum() > FEWEST_SEEN:
        # between a black pupil and the white
        dark, light = np.quantile(subject.grey[here], (0.15, 0.55))
        found = np.median(subject.whole[here & (subject.grey >= dark) & (subject.grey <= light)], 0)
    grey = float(found @ GREY)
    strong = np.clip(grey + (found - grey) * 2.0, 0.02, 1)
    return floats(np.clip(strong * (0.42 / max(float(strong @ GREY), 0.08)), 0, 1))
