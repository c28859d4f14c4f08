"""An elf: pointed ears that stand out from the head, silver hair under a golden circlet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.make_up import dark_brows, eyeballs, hair_in, mixed, mouth_line
from core.drawing.smoothing import evened
from core.drawing.subject import (
    CLOTH,
    EARS,
    EYES,
    FAR_APART,
    GREY,
    HAIR,
    LIPS,
    NECK,
    NOSE,
    SKIN,
    floats,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.drawing.subject import Subject, Values

BAND, TWISTS = 0.0080, 42.0
"""Half the width of the circlet, world units, and how often its wires are twisted in a turn, times pi."""
TIP = 3
"""Which corner of an elf's ear is pointed."""


def elf(subject: Subject, random: np.random.Generator) -> Values:
    """Smooth luminous skin, long pointed ears, silver hair under a golden circlet, green eyes."""
    smooth = evened(subject.whole, 0.08, max(1.0, 2.0 * subject.unit))
    level = (smooth @ GREY)[..., None]
    pale = np.clip(0.16 + 0.92 * level, 0, 1) * floats([1.03, 0.93, 0.85])
    skin = np.clip(subject.bare - subject.part(LIPS) - dark_brows(subject), 0, 1)
    picture = mixed(subject.whole, 0.48 * smooth + 0.57 * pale, skin)
    glow = np.clip(1 - subject.facing, 0, 1) ** 2 * skin
    picture = picture + glow[..., None] * floats([0.10, 0.13, 0.17])
    silver = hair_in(subject, (0.80, 0.79, 0.76), 0.8)
    picture = mixed(picture, np.minimum(silver, 1.0), subject.part(HAIR, soft_px=1.2 * subject.unit))
    eyes, iris = eyeballs(subject)
    picture = mixed(
        picture, floats([0.16, 0.74, 0.42]) * np.clip(0.3 + 1.3 * subject.grey, 0, 1)[..., None], 0.8 * iris
    )
    picture = mixed(picture, (0.93, 0.95, 0.93), 0.35 * eyes * (1 - iris))
    lips = floats([0.80, 0.42, 0.45]) * (mouth_line(subject) * (0.6 + 0.6 * subject.grey))[..., None]
    picture = mixed(picture, lips, 0.5 * subject.part(LIPS, soft_px=1.2 * subject.unit))
    picture = _with_circlet(subject, picture)
    cloak = np.clip(0.3 + 0.95 * subject.lit(0.2), 0, 1.2)[..., None] * floats([0.20, 0.42, 0.24])
    picture = mixed(picture, cloak * (1 + 0.3 * subject.detail[..., None]), 0.9 * subject.part(CLOTH))
    tone = smooth[skin > 0.9].mean(0) if (skin > 0.9).any() else floats([0.8, 0.65, 0.55])
    tone = 0.42 * tone + 0.60 * float(tone @ GREY) * floats([1.0, 0.93, 0.88]) + 0.10
    return _with_ears(subject, subject.on_white(picture), tone.astype(np.float32), float(random.uniform(0.9, 1.15)))


def _with_circlet(subject: Subject, picture: Values) -> Values:
    """A golden band around the head, round and twisted, and a cut stone before the forehead."""
    marks, points, worn = subject.landmarks, subject.points, subject.part(SKIN, HAIR)
    height = marks.brow + 0.062
    across = (points[..., 1] - height - 0.02 * np.abs(points[..., 0]) / 0.15) / BAND
    edge = 0.5 * subject.size_px * BAND * subject.focal / max(subject.seen_at(marks.nose)[2], 0.1)
    band = np.clip((1 - np.abs(across)) * edge + 0.5, 0, 1) * worn
    shadow = np.clip(1 - np.abs(across + 0.9) / 1.6, 0, 1) * worn
    picture = mixed(picture, 0.55 * picture, 0.7 * shadow)
    # two wires that are twisted: where one goes below the other it is dark
    turn = np.arctan2(points[..., 0], points[..., 2]) * np.float32(TWISTS)
    twist = np.abs(np.sin(turn + 1.2 * across))
    around = np.sqrt(np.clip(1 - across * across, 0, 1)) * (0.45 + 0.55 * twist)
    gold = floats([0.95, 0.74, 0.30]) * (0.16 + 0.85 * around * (0.45 + 0.6 * subject.lit(0.1)))[..., None]
    gleam = np.clip(1 - np.abs(across - 0.35) / 0.3, 0, 1) * twist**4 * (0.3 + 0.7 * subject.shine(6))
    picture = mixed(picture, gold + 0.6 * gleam[..., None] * floats([1.0, 0.93, 0.70]), band)
    middle = _brow_centre(subject, height)
    setting, stone = subject.near(middle, 0.024, 0.12), subject.near(middle, 0.0185, 0.12)
    picture = mixed(picture, floats([0.80, 0.60, 0.22]) * (0.35 + 0.65 * subject.lit(0.1))[..., None], setting * worn)
    off = (points - middle) / np.float32(0.0185)
    deep = 0.35 + 0.5 * np.clip(0.3 - 0.8 * off[..., 1], 0, 1)
    light = np.exp(-np.square(np.hypot(off[..., 0] + 0.35, off[..., 1] - 0.38) / 0.22))
    emerald = floats([0.08, 0.72, 0.48]) * deep[..., None] + 0.9 * light[..., None]
    return mixed(picture, np.clip(emerald, 0, 1), stone * worn)


def _with_ears(subject: Subject, picture: Values, tone: Values, length: float) -> Values:
    """Pointed ears, drawn as leaves of the world that stand out to the sides: a rolled rim, a hollow, a red tip."""
    marks, scale = subject.landmarks, subject.landmarks.apart / 0.15 * length
    size = subject.size_px
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
        leaf = tone * (0.90 + 0.16 * rolled - 0.26 * hollow)[..., None]
        leaf = (
            leaf
            * (1 - hollow[..., None] * floats([0.0, 0.16, 0.14]))
            * (1 - along[..., None] * floats([0, 0.14, 0.13]))
        )
        leaf = leaf * (1 - 0.30 * np.clip(1 - deep / 0.10, 0, 1))[..., None]
        # where it grows out of the head it has no edge
        rooted = subject.blurred(cover, 0.8) * np.clip(0.25 + 4.0 * along, 0, 1)
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
