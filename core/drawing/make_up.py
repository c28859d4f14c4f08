"""What is painted on faces: even skin, eyeballs and pupils, brows, smears along paths of the surface, dyed hair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.smoothing import softened
from core.drawing.subject import BARE, BROWS, EYES, FAR_APART, GLASSES, GREY, HAIR, SKIN, floats, lengths

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.drawing.subject import Subject, Values

IRIS, PUPIL_WITHIN, PULL = 0.045, 0.17, 0.6
"""Radius of an iris and how far from the middle of an eye its own may lie, in distances of the eyes; and by how much a
place that is farther by such a distance counts as lighter."""


def mixed(picture: Values, colour: Values | tuple[float, float, float], share: Values | NDArray[np.float64]) -> Values:
    """A picture [S, S, 3] with a share [S, S] of a colour, [3] or [S, S, 3]."""
    rows, columns = (np.flatnonzero(share.max(axis)) for axis in (1, 0))
    if not len(rows):
        return picture
    here = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    colour, mix = floats(colour), np.array(picture, np.float32)
    mix[here] += ((colour[here] if colour.ndim > 1 else colour) - mix[here]) * share[here][..., None]
    return mix


def even_skin(subject: Subject) -> Values:
    """Float32 [S, S], around .75: the skin's own light and lines without its colour."""
    grey, skin = np.asarray(subject.calm @ GREY, np.float32), np.isin(subject.labels, BARE)
    level = float(np.median(grey[skin])) if skin.any() else 0.6
    return np.asarray(np.clip(grey / max(level, 0.05) * 0.72, 0, 1.15), np.float32)


def pupils(subject: Subject) -> list[Values]:
    """Places [3] of the world where each eye is darkest, looked at through a disc of an iris's size.

    Labels tell eyes coarsely; where none is seen it is the place that the landmarks say.
    """
    apart, found = subject.landmarks.apart, []
    tone = np.log(subject.grey + np.float32(0.05))
    for eye in subject.landmarks.eyes:
        away = lengths(subject.points - eye) / np.float32(apart)
        here = (away < PUPIL_WITHIN) & np.isin(subject.labels, (SKIN, EYES, GLASSES)) & (subject.rims < 1 / 2)
        if not here.any() or not subject.shows(eye):
            found.append(eye)
            continue
        disc_px = IRIS * apart * subject.size_px * subject.focal / subject.seen_at(eye)[2]
        small, wide = (softened(tone, max(0.5, width * disc_px)) for width in (1.0, 3.0))
        dark = small - wide + np.float32(PULL) * away
        found.append(subject.points.reshape(-1, 3)[np.where(here, dark, np.inf).argmin()])
    return found


def eyeballs(subject: Subject) -> tuple[Values, Values]:
    """Float32 [S, S] each: where eyeballs are seen, and irises."""
    eyes = subject.part(EYES, soft_px=0.6) * (1 - lids(subject))
    iris = np.zeros_like(eyes)
    for eye in pupils(subject):
        iris = np.maximum(iris, subject.near(eye, 0.10 * subject.landmarks.apart, 0.3))
    return eyes, np.asarray(iris * eyes, np.float32)


def lids(subject: Subject) -> Values:
    """float32 [S, S], 0..1: what is called an eye and has the colour of skin: labels reach over the lids."""
    eyes, skin = subject.labels == EYES, subject.labels == SKIN
    if not eyes.any() or not skin.any():
        return np.zeros(eyes.shape, np.float32)
    usual = np.median(subject.calm[skin], 0)
    red, level = max(float(usual[0] - usual[2]), 0.05), max(float(usual @ GREY), 0.05)
    pale = (red - (subject.calm[..., 0] - subject.calm[..., 2])) / red
    dark = (level - subject.grey) / level
    return np.asarray(eyes * np.clip(1.6 - 3.0 * np.maximum(pale, dark), 0, 1), np.float32)


def dark_brows(subject: Subject) -> Values:
    """float32 [S, S], 0..1: the hairs of brows; labels are wider."""
    return floats(subject.part(BROWS) * np.clip(-4 * subject.light, 0, 1))


def mouth_line(subject: Subject) -> Values:
    """float32 [S, S], 0..1: how much light the dark line between lips leaves: it is theirs, not of their paint."""
    return floats(np.exp(1.8 * np.clip(subject.light + 0.3, -1, 0)))


def around_eyes(subject: Subject, radius: float) -> Values:
    """float32 [S, S]: sockets, `radius` in distances of the eyes."""
    apart = subject.landmarks.apart
    near = [subject.near(eye, radius * apart, 1.1) for eye in subject.landmarks.eyes]
    return np.asarray(np.maximum(*near), np.float32)


def along(subject: Subject, path: Values, radius: float | NDArray[np.float64]) -> Values:
    """float32 [S, S]: a smear along a path [N, 3] of the world; its radius may change on the way [N]."""
    # every second pixel tells the distance well enough
    radii = np.broadcast_to(np.asarray(radius, np.float32), len(path))
    here = subject.window(path, 1.3 * float(radii.max()))
    points, found = subject.points[here][::2, ::2], np.zeros((subject.size_px,) * 2, np.float32)
    if not points.size:
        return found
    deep = np.max([(r - lengths(points - place)) / (0.5 * r) for place, r in zip(path, radii, strict=True)], 0)
    side = found[here].shape
    found[here] = np.clip(cv2.resize(floats(deep), side[::-1], interpolation=cv2.INTER_LINEAR) + 0.5, 0, 1)
    return found


def on_surface(subject: Subject, path: Values) -> Values:
    """A path [N, 3] of the world, drawn to the surface where that is seen close by."""
    found = path.copy()
    for number, place in enumerate(path):
        column, row, _ = subject.seen_at(place)
        here = np.clip([round(row), round(column)], 0, subject.size_px - 1)
        seen = subject.points[here[0], here[1]]
        if np.linalg.norm(seen - place) < FAR_APART:
            found[number] = seen
    return found


def hair_in(subject: Subject, colour: tuple[float, float, float], contrast: float = 1.0) -> Values:
    """float32 [S, S, 3]: hair of another colour with its strands and lights."""
    hair = subject.labels == HAIR
    level = max(float(subject.grey[hair].mean()), 0.03) if hair.any() else 0.3
    streaks = np.clip(subject.grey / level, 0.25, 2.2) ** np.float32(0.55 * contrast)
    shade = streaks * (0.72 + 0.4 * subject.lit(0.3)) * (1 + 0.25 * subject.light)
    return np.asarray(shade[..., None] * floats(colour), np.float32)
