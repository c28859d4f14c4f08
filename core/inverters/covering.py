"""What stands before a person and beside them: a hand, a cup, a mask, and pieces of the background in the person mask.

The parser, which was taught with things before faces, gives them no part. What touches the face stands before it: the
photo tells nothing of the head there. What lies beside the person is none of it. Above the brows nobody is believed:
emblems on caps have no part, either.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.inverters.part_reading import brow_height, photo_parts
from core.mask import PARTS
from core.perception.face_mesh import LEFT_EYE, LIPS, OVAL, RIGHT_EYE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.align import Alignment

    Floats = NDArray[np.float32]

NO_PART = 0.6
"""Chance of no part from which something is none."""
SLIVER = 1 / 64
"""Width, in picture sides, below which what has no part is the border of one."""
LEAST_FACE, MOST_FACE = 0.02, 0.5
"""Share of the face that something before it hides at least, and at most: beyond, the parser did not know the face."""
LEAST_PIECE = 0.002
"""Share of the picture that a piece beside the person has at least."""
EDGE_BEFORE, EDGE_BESIDE = 1 / 48, 1 / 170
"""Width of the surroundings that go with what stands before and beside, in picture sides: shadows, pixels of both."""
SOFT = 1 / 250
"""Deviation of the blur of their borders, in picture sides."""
NAMED = (("right eye", RIGHT_EYE), ("left eye", LEFT_EYE), ("nose", (1, 4, 5, 195, 197)), ("mouth", LIPS))
"""What people call parts of the face, and points of the face mesh on it."""
DARK_GLASS, LIGHTEST = 0.5, 0.8
"""Lightness, beside the skin's, below which glasses let no eyes be seen; of that quantile: eyes are partly dark."""


@dataclass(frozen=True, eq=False)
class PersonSeen:
    """What a photo's crop shows of a person.

    Attributes:
        person: float32 [S, S], 0..1: the person and what stands before them.
        clear: float32 [S, S], 0..1: where nothing stands before them.
    """

    person: Floats
    clear: Floats


@lru_cache(maxsize=2)
def person_seen(alignment: Alignment) -> PersonSeen:
    """What an aligned photo shows; all of the person where nothing can tell parts."""
    mask = np.asarray(alignment.mask, np.float32)
    whole = PersonSeen(mask, np.ones_like(mask))
    parts, side = photo_parts(alignment), len(mask)
    if not parts.any():
        return whole
    known = (mask > 0.5) & (alignment.inside_photo > 0.5)
    known[: round(brow_height(alignment.landmarks_in_crop, side) * side)] = False
    none = known & (parts[PARTS.index("background")] > NO_PART)
    oval = alignment.landmarks_in_crop[list(OVAL)].astype(np.int32)
    face = known & (cv2.fillPoly(np.zeros(mask.shape, np.uint8), [oval], 1) > 0)
    if not face.any() or none[face].mean() > MOST_FACE:
        return whole
    body = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(side * SLIVER) | 1,) * 2)
    firm = cv2.morphologyEx(none.astype(np.uint8), cv2.MORPH_OPEN, body)
    count, pieces, facts, _ = cv2.connectedComponentsWithStats(firm)
    on_face = np.bincount(pieces[face], minlength=count) / int(face.sum())
    numbers = np.arange(count)
    before = (numbers > 0) & (on_face >= LEAST_FACE)
    beside = (numbers > 0) & (on_face == 0) & (facts[:, cv2.CC_STAT_AREA] >= LEAST_PIECE * mask.size)
    return PersonSeen(mask * (1 - _wide(beside[pieces], EDGE_BESIDE)), 1 - _wide(before[pieces], EDGE_BEFORE))


def _wide(where: NDArray[np.bool_], edge: float) -> Floats:
    """Pixels [S, S] and their surroundings, 0..1."""
    side = len(where)
    if not where.any():
        return np.zeros(where.shape, np.float32)
    wide = cv2.dilate(where.astype(np.float32), np.ones((2 * round(side * edge) + 1,) * 2, np.uint8))
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), side * SOFT), np.float32)


def hidden_parts(alignment: Alignment) -> tuple[str, ...]:
    """What of the face an aligned photo does not show, in sentences for people."""
    clear, found = person_seen(alignment).clear, []
    names = [f"the {name}" for name, points in NAMED if _at(clear, alignment, points).mean() < 0.5]
    if names:
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        found.append(f"Something covers {listed}; {'they' if names[1:] else 'it'} will be guessed.")
    if not names and _has_dark_glasses(alignment):
        found.append("Dark glasses hide the eyes; they will be guessed.")
    return tuple(found)


def _has_dark_glasses(alignment: Alignment) -> bool:
    parts = photo_parts(alignment)
    light = alignment.crop.mean(axis=2)
    skin = light[parts.argmax(axis=0) == PARTS.index("skin")]
    eyes = (*RIGHT_EYE, *LEFT_EYE)
    worn = _at(parts[PARTS.index("glasses")], alignment, eyes).mean() > 0.5
    return bool(
        worn and len(skin) and np.quantile(_at(light, alignment, eyes), LIGHTEST) < DARK_GLASS * np.median(skin)
    )


def _at(picture: NDArray[np.floating], alignment: Alignment, points: tuple[int, ...]) -> NDArray[np.floating]:
    """Values of a picture [S, S] at points of the face mesh."""
    at = np.clip(alignment.landmarks_in_crop[list(points)].astype(int), 0, len(picture) - 1)
    return np.asarray(picture[at[:, 1], at[:, 0]])
