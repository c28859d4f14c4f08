"""Heads that become somebody else: zombie, joker, elf. What is painted on is tied to places of the head.

Longer than usual: the three share skins, eyes and hair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.subject import (
    BARE,
    BROWS,
    CLOTH,
    EARS,
    EYES,
    FAR_APART,
    GREY,
    HAIR,
    LIPS,
    MOUTH,
    NECK,
    NOSE,
    SKIN,
    floats,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.drawing.subject import Subject, Values

TIP = 3
"""Which corner of an elf's ear is pointed."""


def mixed(picture: Values, colour: Values | tuple[float, float, float], share: Values | NDArray[np.float64]) -> Values:
    """A picture [S, S, 3] with a share [S, S] of a colour, [3] or [S, S, 3]."""
    return np.asarray(picture + (floats(colour) - picture) * share[..., None], np.float32)


def even_skin(subject: Subject) -> Values:
    """Float32 [S, S], around .75: the skin's own light and lines without its colour."""
    grey, skin = np.asarray(subject.calm @ GREY, np.float32), np.isin(subject.labels, BARE)
    level = float(np.median(grey[skin])) if skin.any() else 0.6
    return np.asarray(np.clip(grey / max(level, 0.05) * 0.72, 0, 1.15), np.float32)


def eyeballs(subject: Subject) -> tuple[Values, Values]:
    """Float32 [S, S] each: where eyeballs are seen, and irises."""
    eyes = subject.part(EYES, soft_px=0.6)
    iris = np.zeros_like(eyes)
    for eye in subject.landmarks.eyes:
        iris = np.maximum(iris, subject.near(eye, 0.10 * subject.landmarks.apart, 0.3))
    return eyes, np.asarray(iris * eyes, np.float32)


def _around_eyes(subject: Subject, radius: float) -> Values:
    """float32 [S, S]: sockets, `radius` in distances of the eyes."""
    apart = subject.landmarks.apart
    near = [subject.near(eye, radius * apart, 1.1) for eye in subject.landmarks.eyes]
    return np.asarray(np.maximum(*near), np.float32)


def _along(subject: Subject, path: Values, radius: float) -> Values:
    """float32 [S, S]: a smear along a path [N, 3] of the world."""
    # every second pixel tells the distance well enough
    points, size = subject.points[::2, ::2], subject.size_px
    distance = np.min([np.linalg.norm(points - place, axis=-1) for place in path], 0)
    fine = cv2.resize(floats(distance), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip((radius - fine) / (0.5 * radius) + 0.5, 0, 1), np.float32)


def _hair_in(subject: Subject, colour: tuple[float, float, float], contrast: float = 1.0) -> Values:
    """float32 [S, S, 3]: hair of another colour with its strands and lights."""
    hair = subject.labels == HAIR
    level = max(float(subject.grey[hair].mean()), 0.03) if hair.any() else 0.3
    streaks = np.clip(subject.grey / level, 0.25, 2.2) ** np.float32(0.55 * contrast)
    shade = streaks * (0.72 + 0.4 * subject.lit(0.3)) * (1 + 0.25 * subject.light)
    return np.asarray(shade[..., None] * floats(colour), np.float32)


def zombie(subject: Subject, random: np.random.Generator) -> Values:
    """Rotten grey-green skin with veins, sunken eyes without irises, gaunt cheeks, torn wounds."""
    seed, marks, unit = int(random.integers(1 << 16)), subject.landmarks, subject.unit
    skin = subject.bare
    rough = subject.bumps(34, 0.22, seed) + subject.bumps(80, 0.12, seed + 7)
    light = even_skin(subject) * (0.72 + 0.58 * subject.modelled(0.2, rough)) * np.exp(0.35 * subject.light)
    blotch = subject.noise(13, seed + 1)
    rot = floats([0.76, 0.88, 0.58]) + blotch[..., None] * floats([0.06, 0.015, -0.02])
    flesh = np.clip(light, 0, 1.1)[..., None] * rot
    bruise = np.clip(subject.noise(6, seed + 8) - 0.9, 0, 1) * 0.6
    flesh = mixed(flesh, floats([0.40, 0.27, 0.36]) * (0.4 + 0.7 * light[..., None]), bruise)
    veins = np.exp(-np.square(subject.noise(17, seed + 2) / 0.09)) * np.clip(0.3 + subject.noise(5, seed + 3), 0, 1)
    flesh = mixed(flesh, (0.22, 0.20, 0.30), 0.6 * veins)
    picture = mixed(subject.whole, flesh, 0.96 * skin)
    around = _around_eyes(subject, 0.25) * np.clip(skin + 0.2, 0, 1)
    picture = mixed(picture, picture * floats([0.34, 0.26, 0.30]), 0.55 * around)
    cheeks = [
        marks.mouth[i] * 0.5 + marks.eyes[i] * 0.5 + floats([s * 0.025, -0.015, -0.02]) for i, s in ((0, 1), (1, -1))
    ]
    gaunt = np.maximum(*(subject.near(c, 0.22 * marks.apart, 1.2) for c in cheeks))
    picture = mixed(picture, picture * floats([0.42, 0.46, 0.38]), 0.45 * gaunt * skin)
    depth = subject.noise(15, seed + 4) + 0.35 * subject.noise(44, seed + 5)
    # eyes, nose and mouth tell who it is: wounds are elsewhere
    kept = [subject.near(place, 0.42 * marks.apart, 0.5) for place in (*marks.eyes, marks.nose, marks.mouth.mean(0))]
    torn = np.clip(3.0 * (depth - 1.2), 0, 1) * skin * (1 - np.max(kept, 0))
    edge = np.clip(3.0 * (depth - 0.85), 0, 1) * skin * (1 - np.max(kept, 0))
    picture = mixed(picture, picture * floats([0.45, 0.25, 0.22]), 0.8 * edge)
    raw = floats([0.46, 0.06, 0.05]) * (0.35 + 0.9 * subject.lit(0.1, subject.bumps(90, 0.5, seed + 6))[..., None])
    picture = mixed(picture, raw + 0.35 * subject.shine(30, subject.bumps(60, 0.4, seed + 6))[..., None], torn)
    mouth = np.mean(marks.mouth, 0)
    blood = mouth + floats([[0.028 * np.sign(random.uniform(-1, 1)) * (i > 0), -0.018 * i, 0.01] for i in range(7)])
    drip = _along(subject, blood, 0.011) * np.clip(0.75 + 0.4 * subject.noise(60, seed + 9), 0, 1)
    picture = mixed(picture, floats([0.30, 0.02, 0.03]) * (0.5 + light[..., None]), 0.8 * drip * skin)
    lips = subject.part(LIPS, soft_px=0.8 * unit)
    picture = mixed(picture, floats([0.34, 0.20, 0.22]) * (0.4 + 0.9 * light[..., None]), 0.7 * lips)
    teeth = subject.part(MOUTH, soft_px=0.8 * unit)
    picture = mixed(picture, subject.calm * floats([0.80, 0.70, 0.42]), 0.8 * teeth)
    eyes, iris = eyeballs(subject)
    glow = np.clip(0.45 + 0.9 * subject.grey, 0, 1)[..., None]
    picture = mixed(picture, floats([0.95, 0.95, 0.80]) * glow, 0.6 * eyes)
    picture = mixed(picture, (0.80, 0.84, 0.74), 0.45 * iris)
    picture = mixed(picture, _hair_in(subject, (0.25, 0.24, 0.20), 1.3), 0.7 * subject.part(HAIR, soft_px=0.6 * unit))
    dirt = np.clip(0.3 + 0.3 * subject.noise(11, seed + 6), 0, 0.7) * subject.part(CLOTH)
    return subject.on_white(mixed(picture, (0.20, 0.18, 0.14), dirt))


def joker(subject: Subject, random: np.random.Generator) -> Values:
    """White face, green hair, black eyes, a red grin painted far into the cheeks."""
    seed, marks = int(random.integers(1 << 16)), subject.landmarks
    skin = subject.bare * (1 - subject.part(NECK)) * (subject.points[..., 1] > marks.chin - 0.02)
    light = even_skin(subject)
    # paint is thin: the face's own light and shade stay
    paint = np.clip(1.22 * light, 0, 1)[..., None] ** np.float32(1.25) * floats([0.98, 0.98, 0.96])
    worn = 0.88 - 0.14 * np.clip(subject.noise(16, seed), 0, 1)
    face = skin * np.clip((subject.points[..., 2] - (marks.nose[2] - 0.36)) / 0.05, 0, 1)
    picture = mixed(subject.whole, paint, face * worn)
    black = 0.5 * _around_eyes(subject, 0.17)
    for eye in marks.eyes:
        drop = eye + floats([[0, step, 0.01] for step in np.linspace(0.03, -0.06, 12)])
        black = np.maximum(black, 0.8 * _along(subject, drop, 0.008))
    eyes, iris = eyeballs(subject)
    picture = mixed(picture, (0.05, 0.06, 0.09), 0.82 * np.clip(black, 0, 1) * (skin + eyes).clip(0, 1) * (1 - eyes))
    picture = mixed(picture, (0.95, 0.94, 0.90), 0.25 * eyes * (1 - iris))
    grin = []
    for i, side in ((0, 1), (1, -1)):
        for t in np.linspace(0, 1, 8):
            grin.append(marks.mouth[i] + floats([side * 0.055 * t, 0.05 * t * t, -0.03 * t]))
    # the paint follows the lips that are seen: what is redder than the skin around the mouth, and what is labelled
    redness = np.clip((subject.calm[..., 0] - subject.calm[..., 1]) / (subject.grey + 0.1), 0, 2)
    usual = float(np.median(redness[skin > 0.5])) if (skin > 0.5).any() else 0.3
    about = subject.near(marks.mouth.mean(0), 0.45 * marks.apart, 0.3) * (subject.points[..., 1] < marks.nose[1] - 0.02)
    lips = np.clip((redness - 1.25 * usual) * 5, 0, 1) * about * (subject.light < 0.35)
    lips = np.maximum(lips, subject.part(LIPS, soft_px=1.0) * (subject.grey < 0.92))
    red = np.maximum(0.85 * _along(subject, floats(grin), 0.010), subject.blurred(floats(lips), 0.8))
    red = np.clip(red, 0, 1) * np.clip(skin + subject.part(LIPS), 0, 1)
    picture = mixed(picture, floats([0.76, 0.05, 0.07]) * (0.55 + 0.55 * light[..., None]), 0.8 * red)
    hair = _hair_in(subject, (0.20, 0.66, 0.20), 1.1)
    picture = mixed(picture, hair, subject.part(HAIR, soft_px=0.6))
    picture = mixed(picture, (0.12, 0.28, 0.10), 0.5 * subject.part(BROWS))
    suit = np.clip(0.35 + subject.lit(0.2), 0, 1.2)[..., None] * floats([0.40, 0.13, 0.48])
    return subject.on_white(mixed(picture, suit * (1 + 0.3 * subject.detail[..., None]), subject.part(CLOTH)))


def elf(subject: Subject, random: np.random.Generator) -> Values:
    """Smooth luminous skin, long pointed ears, silver hair under a golden circlet, green eyes."""
    marks = subject.landmarks
    smooth = cv2.bilateralFilter(subject.whole, 0, 0.08, max(1.0, 2.0 * subject.unit))
    level = (smooth @ GREY)[..., None]
    pale = np.clip(0.16 + 0.92 * level, 0, 1) * floats([1.0, 0.93, 0.88])
    skin = np.clip(subject.bare - subject.part(LIPS, BROWS), 0, 1)
    picture = mixed(subject.whole, 0.42 * smooth + 0.62 * pale, skin)
    glow = np.clip(1 - subject.facing, 0, 1) ** 2 * skin
    picture = picture + glow[..., None] * floats([0.10, 0.13, 0.17])
    silver = _hair_in(subject, (0.80, 0.79, 0.76), 0.8)
    picture = mixed(picture, np.minimum(silver, 1.0), subject.part(HAIR, soft_px=0.6))
    eyes, iris = eyeballs(subject)
    picture = mixed(picture, (0.10, 0.72, 0.36), 0.85 * iris)
    picture = mixed(picture, (0.93, 0.95, 0.93), 0.35 * eyes * (1 - iris))
    picture = mixed(picture, (0.80, 0.42, 0.45), 0.5 * subject.part(LIPS))
    height = marks.brow + 0.062
    band = np.exp(-np.square((subject.points[..., 1] - height - 0.02 * np.abs(subject.points[..., 0]) / 0.15) / 0.0085))
    gold = floats([0.93, 0.74, 0.30]) * (0.55 + 0.55 * subject.lit(0.1) + 0.8 * subject.shine(12))[..., None]
    picture = mixed(picture, gold, np.clip(1.5 * band, 0, 1) * subject.part(SKIN, HAIR))
    gem = subject.near(_brow_centre(subject, height), 0.02, 0.4)
    picture = mixed(picture, (0.12, 0.62, 0.45), gem * subject.part(SKIN, HAIR))
    cloak = np.clip(0.3 + 0.95 * subject.lit(0.2), 0, 1.2)[..., None] * floats([0.20, 0.42, 0.24])
    picture = mixed(picture, cloak * (1 + 0.3 * subject.detail[..., None]), 0.9 * subject.part(CLOTH))
    tone = smooth[skin > 0.9].mean(0) if (skin > 0.9).any() else floats([0.8, 0.65, 0.55])
    tone = 0.42 * tone + 0.60 * float(tone @ GREY) * floats([1.0, 0.93, 0.88]) + 0.10
    return _with_ears(subject, subject.on_white(picture), tone.astype(np.float32), float(random.uniform(0.9, 1.15)))


def _with_ears(subject: Subject, picture: Values, tone: Values, length: float) -> Values:
    """Pointed ears, drawn as leaves of the world that stand out to the sides: a rolled rim, a hollow, a red tip."""
    marks, scale = subject.landmarks, subject.landmarks.apart / 0.15 * length
    size, unit = subject.size_px, subject.unit
    for ear, side in zip(marks.ears, (1.0, -1.0), strict=True):
        low = ear + floats([0.004 * side, -0.048, 0.012]) * scale
        front = ear + floats([0.004 * side, 0.030, 0.026]) * scale
        tip = ear + floats([0.085 * side, 0.132, -0.080]) * scale
        away = side * float(subject.world_from_camera[0, 3]) < 0
        if away and _behind_face(subject, tip):
            continue
        ahead = front + floats([0.030 * side, 0.052, -0.020]) * scale
        behind = ear + floats([0.058 * side, 0.030, -0.072]) * scale
        back = ear + floats([0.034 * side, -0.022, -0.036]) * scale
        rim = _curve((low, front, ahead, tip, behind, back))
        seen = floats([subject.seen_at(place) for place in rim])
        cover = np.zeros((size, size), np.float32)
        cv2.fillPoly(cover, [np.round(seen[:, :2] * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
        covering = (SKIN, NOSE, NECK, LIPS, CLOTH, HAIR) if away else (SKIN, NOSE, NECK, LIPS, CLOTH)
        hidden = (subject.relief < seen[:, 2].min() - 0.5 * FAR_APART) & np.isin(subject.labels, covering)
        cover = cover * ~hidden
        if cover.sum() < 4:
            continue
        deep = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
        deep = deep / max(float(deep.max()), 1e-3)
        root, point = floats(subject.seen_at(ear)[:2]), floats(subject.seen_at(tip)[:2])
        rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
        way = point - root
        along = np.clip(((columns - root[0]) * way[0] + (rows - root[1]) * way[1]) / max(float(way @ way), 1.0), 0, 1)
        hollow = np.clip((deep - 0.34) / 0.36, 0, 1) * (1 - 0.55 * along)
        rolled = np.exp(-np.square((deep - 0.20) / 0.13))
        leaf = tone * (0.80 + 0.24 * rolled - 0.42 * hollow)[..., None]
        leaf = (
            leaf
            * (1 - hollow[..., None] * floats([0.0, 0.16, 0.14]))
            * (1 - along[..., None] * floats([0, 0.14, 0.13]))
        )
        leaf = leaf * (1 - 0.30 * np.clip(1 - deep / 0.10, 0, 1))[..., None]
        # where it grows out of the head it has no edge
        rooted = cv2.GaussianBlur(cover, (0, 0), 0.8 * unit) * np.clip(0.25 + 4.0 * along, 0, 1)
        picture = mixed(picture, np.clip(leaf, 0, 1), np.clip(rooted * 1.15, 0, 1) * (cover > 0.02))
    return picture


def _curve(corners: Sequence[Values]) -> Values:
    """A closed smooth line [N, 3] through corners (Catmull-Rom); the fourth stays a corner."""
    found, count = [], len(corners)
    for number in range(count):
        before, here, there, after = (corners[(number + step) % count] for step in (-1, 0, 1, 2))
        into, out = 0.5 * (there - before), 0.5 * (after - here)
        if number == TIP:
            into = there - here
        if (number + 1) % count == TIP:
            out = there - here
        for t in np.linspace(0, 1, 8, endpoint=False):
            found.append(
                (2 * t**3 - 3 * t**2 + 1) * here
                + (t**3 - 2 * t**2 + t) * into
                + (3 * t**2 - 2 * t**3) * there
                + (t**3 - t**2) * out
            )
    return floats(found)


def _brow_centre(subject: Subject, height: float) -> Values:
    """Where the middle of the forehead is, [3]; taken from the surface where it is seen."""
    points, marks = subject.points, subject.landmarks
    near = (np.abs(points[..., 0]) < 0.012) & (np.abs(points[..., 1] - height) < 0.012) & (points[..., 2] > 0.1)
    depth = float(points[near][:, 2].max()) if near.any() else float(marks.nose[2]) - 0.06
    return floats([0, height - 0.004, depth])


def _behind_face(subject: Subject, place: Values) -> bool:
    """Whether the head hides a place of the world."""
    column, row, depth = subject.seen_at(place)
    row_px, column_px = int(np.clip(row, 0, subject.size_px - 1)), int(np.clip(column, 0, subject.size_px - 1))
    hides = subject.labels[row_px, column_px] in (SKIN, NOSE, LIPS, EYES, NECK, HAIR, EARS)
    return bool(hides and subject.relief[row_px, column_px] < depth - 0.04)
