"""Heads that become somebody else: zombie and joker. What is painted on is tied to places of the head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.make_up import (
    along,
    around_eyes,
    dark_brows,
    even_skin,
    eyeballs,
    hair_in,
    lids,
    mixed,
    mouth_line,
    on_surface,
)
from core.drawing.subject import BARE, CLOTH, GREY, HAIR, LIPS, MOUTH, NECK, floats

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values

LIT = 0.92
"""Share of the skin that is darker than what becomes white under paint."""
GRIN = (0.05, 0.10)
"""How far out and up a joker draws the corners of his mouth, in distances of the eyes."""


def zombie(subject: Subject, random: np.random.Generator) -> Values:
    """Rotten grey-green skin with veins, sunken eyes without irises, gaunt cheeks, torn wounds."""
    seed, marks, unit = int(random.integers(1 << 16)), subject.landmarks, subject.unit
    skin = np.maximum(subject.bare, lids(subject))
    rough = subject.bumps(34, 0.24, seed) + subject.bumps(80, 0.16, seed + 7)
    light = even_skin(subject) * (0.62 + 0.62 * subject.modelled(0.2, rough)) * np.exp(0.5 * subject.light)
    picture = mixed(subject.whole, _rotten(subject, light, seed), 0.96 * skin)
    around = around_eyes(subject, 0.25) * np.clip(skin + 0.2, 0, 1)
    picture = mixed(picture, picture * floats([0.34, 0.26, 0.30]), 0.45 * around)
    cheeks = [
        marks.mouth[i] * 0.5 + marks.eyes[i] * 0.5 + floats([s * 0.025, -0.015, -0.02]) for i, s in ((0, 1), (1, -1))
    ]
    gaunt = np.maximum(*(subject.near(c, 0.22 * marks.apart, 1.2) for c in cheeks))
    picture = mixed(picture, picture * floats([0.42, 0.46, 0.38]), 0.30 * gaunt * skin)
    picture = _wounded(subject, picture, skin, seed)
    mouth = np.mean(marks.mouth, 0)
    blood = mouth + floats([[0.028 * np.sign(random.uniform(-1, 1)) * (i > 0), -0.018 * i, 0.01] for i in range(7)])
    drip = along(subject, blood, 0.011) * np.clip(0.75 + 0.4 * subject.noise(60, seed + 9), 0, 1)
    picture = mixed(picture, floats([0.30, 0.02, 0.03]) * (0.5 + light[..., None]), 0.8 * drip * skin)
    lips = subject.part(LIPS, soft_px=0.8 * unit)
    picture = mixed(picture, floats([0.34, 0.20, 0.22]) * (0.4 + 0.9 * light[..., None]), 0.7 * lips)
    teeth = subject.part(MOUTH, soft_px=0.8 * unit)
    picture = mixed(picture, subject.calm * floats([0.80, 0.70, 0.42]), 0.8 * teeth)
    eyes, iris = eyeballs(subject)
    glow = np.clip(0.45 + 0.9 * subject.grey, 0, 1)[..., None]
    picture = mixed(picture, floats([0.95, 0.95, 0.80]) * glow, 0.6 * eyes)
    picture = mixed(picture, (0.80, 0.84, 0.74), 0.45 * iris)
    picture = mixed(picture, hair_in(subject, (0.25, 0.24, 0.20), 1.3), 0.7 * subject.part(HAIR, soft_px=0.6 * unit))
    dirt = np.clip(0.3 + 0.3 * subject.noise(11, seed + 6), 0, 0.7) * subject.part(CLOTH)
    return subject.on_white(mixed(picture, (0.20, 0.18, 0.14), dirt))


def _rotten(subject: Subject, light: Values, seed: int) -> Values:
    """float32 [S, S, 3]: dead skin in some light [S, S]: grey green, blotched, sallow and bruised in places, veined."""
    broad, fine = subject.noise(13, seed + 1), subject.noise(42, seed + 13)
    patches = np.clip(0.5 + 0.22 * broad + 0.18 * fine, 0, 1)[..., None]
    dark, pale = floats([0.50, 0.56, 0.40]), floats([0.86, 0.90, 0.72])
    sallow = np.clip(0.30 * subject.noise(8, seed + 14), 0, 0.4)[..., None] * floats([0.10, 0.02, -0.10])
    flesh = floats(dark + patches * (pale - dark) + sallow) * np.clip(light, 0, 1.1)[..., None]
    bruise = np.clip(subject.noise(6, seed + 8) - 0.9, 0, 1) * 0.6
    flesh = mixed(flesh, floats([0.36, 0.25, 0.33]) * (0.4 + 0.7 * light[..., None]), bruise)
    veins = np.exp(-np.square((subject.noise(17, seed + 2) + 0.2 * subject.noise(50, seed + 10)) / 0.08))
    veins = veins * np.clip(0.4 + subject.noise(5, seed + 3), 0, 1)
    return mixed(flesh, (0.20, 0.17, 0.26), 0.65 * veins)


def _wounded(subject: Subject, picture: Values, skin: Values, seed: int) -> Values:
    """A picture [S, S, 3] with ragged wounds in the skin [S, S], dark around them and wet within."""
    marks = subject.landmarks
    depth = subject.noise(15, seed + 4) + 0.35 * subject.noise(44, seed + 5) + 0.12 * subject.noise(95, seed + 11)
    # eyes, nose and mouth tell who it is: wounds are elsewhere
    kept = [subject.near(place, 0.42 * marks.apart, 0.5) for place in (*marks.eyes, marks.nose, marks.mouth.mean(0))]
    torn = np.clip(7.0 * (depth - 1.42), 0, 1) * skin * (1 - np.max(kept, 0))
    edge = np.clip(3.0 * (depth - 1.02), 0, 1) * skin * (1 - np.max(kept, 0))
    picture = mixed(picture, picture * floats([0.52, 0.28, 0.24]), 0.85 * edge)
    wet = subject.bumps(60, 0.55, seed + 6) + subject.bumps(110, 0.4, seed + 12)
    deep = np.clip(1.25 - 0.75 * np.clip(depth - 1.42, 0, 1), 0.3, 1)
    raw = floats([0.40, 0.05, 0.045]) * (deep * (0.25 + 0.95 * subject.lit(0.1, wet)))[..., None]
    return mixed(picture, raw + 0.30 * subject.shine(40, wet)[..., None], torn)


def joker(subject: Subject, random: np.random.Generator) -> Values:
    """White face, green hair, black eyes, lips drawn up into a grin that is painted on far into the cheeks."""
    seed, marks = int(random.integers(1 << 16)), subject.landmarks
    subject = _grinning(subject)
    # what labels call a neck begins at the chin's own front
    neck = subject.part(NECK, soft_px=1.5 * subject.unit) * (1 - _chin(subject))
    above = np.clip((subject.points[..., 1] - marks.chin) / 0.02 + 1, 0, 1)
    skin = np.maximum(subject.bare, lids(subject)) * (1 - neck) * above
    light = even_skin(subject)
    paint = _white_paint(subject)[..., None] * floats([0.98, 0.98, 0.96])
    worn = 0.83 - 0.14 * np.clip(subject.noise(16, seed), 0, 1)
    face = skin * np.clip((subject.points[..., 2] - (marks.nose[2] - 0.36)) / 0.05, 0, 1)
    picture = mixed(subject.whole, paint, face * worn)
    black = 0.52 * around_eyes(subject, 0.18)
    for eye in marks.eyes:
        drop = eye + floats([[0, step, 0.01] for step in np.linspace(-0.015, -0.07, 24)])
        black = np.maximum(black, 0.8 * along(subject, on_surface(subject, drop), np.linspace(0.0075, 0.0020, 24)))
    eyes, iris = eyeballs(subject)
    picture = mixed(picture, (0.05, 0.06, 0.09), 0.82 * np.clip(black, 0, 1) * (skin + eyes).clip(0, 1) * (1 - eyes))
    picture = mixed(picture, (0.95, 0.94, 0.90), 0.25 * eyes * (1 - iris))
    red = _painted_lips(subject, skin)
    lips = (0.30 + 0.85 * light) * mouth_line(subject)
    picture = mixed(picture, floats([0.70, 0.04, 0.06]) * lips[..., None], 0.80 * red)
    grown = subject.part(HAIR, soft_px=1.2 * subject.unit)
    grown = np.maximum(grown, 0.75 * subject.blurred(floats(subject.beard), 1.5) * (1 - red))
    picture = mixed(picture, hair_in(subject, (0.16, 0.56, 0.20), 1.1), grown)
    picture = mixed(picture, (0.12, 0.28, 0.10), 0.6 * dark_brows(subject))
    suit = np.clip(0.35 + subject.lit(0.2), 0, 1.2)[..., None] * floats([0.40, 0.13, 0.48])
    return subject.on_white(mixed(picture, suit * (1 + 0.3 * subject.detail[..., None]), subject.part(CLOTH)))


def _white_paint(subject: Subject) -> Values:
    """float32 [S, S], 0..1: skin as light as paint, its lights not burnt out: light and shade tell who it is."""
    grey, skin = np.asarray(subject.calm @ GREY, np.float32), np.isin(subject.labels, BARE)
    lightest = float(np.quantile(grey[skin], LIT)) if skin.any() else 0.8
    return np.asarray(np.clip(0.97 * grey / max(lightest, 0.05), 0, 1) ** np.float32(1.3), np.float32)


def _chin(subject: Subject) -> Values:
    """float32 [S, S], 0..1: the front of the lower face, down to where it ends."""
    marks = subject.landmarks
    middle = floats([marks.mouth[:, 0].mean(), 0.5 * (marks.mouth[:, 1].mean() + marks.chin), marks.mouth[:, 2].min()])
    return subject.near(middle, 1.1 * marks.apart, 0.3)


def _grinning(subject: Subject) -> Subject:
    """The same view with the corners of the mouth drawn up and out, in the picture and its parts."""
    marks, size = subject.landmarks, subject.size_px
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = columns.copy(), rows.copy()
    for corner, side in zip(marks.mouth, (1.0, -1.0), strict=True):
        if not subject.shows(corner):
            continue
        here = subject.seen_at(corner)
        there = subject.seen_at(corner + floats([side * GRIN[0], GRIN[1], 0]) * marks.apart)
        pulled = subject.near(corner, 0.30 * marks.apart, 2.0)
        across -= pulled * np.float32(there[0] - here[0])
        down -= pulled * np.float32(there[1] - here[1])
    rgb = cv2.remap(subject.rgb, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    labels = cv2.remap(subject.labels, across, down, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    bent = subject.repainted(floats(rgb))
    return replace(bent, labels=np.asarray(np.where(subject.figure, labels, 0), np.uint8))


def _painted_lips(subject: Subject, skin: Values) -> Values:
    """float32 [S, S], 0..1: red over the lips that are seen, and from their corners up into the cheeks."""
    marks = subject.landmarks
    # the paint follows what is redder than the skin around the mouth, and what is labelled
    redness = np.clip((subject.calm[..., 0] - subject.calm[..., 1]) / (subject.grey + 0.1), 0, 2)
    usual = float(np.median(redness[skin > 0.5])) if (skin > 0.5).any() else 0.3
    about = subject.near(marks.mouth.mean(0), 0.45 * marks.apart, 0.3) * (subject.points[..., 1] < marks.nose[1] - 0.02)
    lips = np.clip((redness - 1.25 * usual) * 5, 0, 1) * about * (subject.light < 0.35)
    lips = np.maximum(lips, subject.part(LIPS, soft_px=1.0) * (subject.grey < 0.92))
    red = subject.blurred(floats(lips), 0.8)
    way = np.linspace(0, 1, 24)[:, None]
    for corner, side in zip(marks.mouth, (1.0, -1.0), strict=True):
        # from where the corner has been drawn to
        start = corner + floats([side * (GRIN[0] - 0.08), GRIN[1] - 0.03, 0.02]) * marks.apart
        path = start + way * floats([side * 0.34, 0.03, -0.09]) * marks.apart
        path = path + way**2 * floats([0, 0.20, -0.09]) * marks.apart
        path = on_surface(subject, floats(path))
        red = np.maximum(red, 0.95 * along(subject, path, np.linspace(0.050, 0.012, 24) * marks.apart))
    return np.asarray(np.clip(red, 0, 1) * np.clip(skin + subject.part(LIPS), 0, 1), np.float32)
