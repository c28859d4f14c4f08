"""Heads of other forms: facets, pixels, and the large eyes of animated films."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.subject import BROWS, EARS, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, NECK, NOSE, SKIN, floats

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values

FACETS = 1100
PIXELS = 64
GLASSED = 0.004
"""Share of a picture from which glasses are worn."""
FINE = 2
"""How many pixels of a face lie along one of the rest."""
PIXEL_TONES, FACE_TONES = 7, 9


def low_poly(subject: Subject, random: np.random.Generator) -> Values:
    """Flat triangles, their corners where there is something to see."""
    size = subject.size_px
    lit = subject.whole * (0.63 + 0.48 * subject.modelled(0.2))[..., None]
    grey = (lit @ GREY)[..., None]
    lit = np.clip(grey + (lit - grey) * 1.25, 0, 1)
    edges = cv2.Sobel(subject.grey, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(subject.grey, cv2.CV_32F, 0, 1) ** 2
    odds = subject.blurred(np.sqrt(edges) * subject.unit, 2.0) * subject.figure + 0.03 * subject.figure
    odds = (
        odds
        + 0.05 * subject.face
        + 0.40 * subject.part(EYES, NOSE, LIPS, BROWS, MOUTH, GLASSES, soft_px=4.0 * subject.unit)
    )
    odds = odds + 1.2 * subject.part(GLASSES, soft_px=subject.unit) * (subject.light < 0)
    places = random.choice(size * size, FACETS, replace=False, p=(odds / odds.sum()).ravel().astype(np.float64))
    corners = np.stack([places % size, places // size], -1).astype(np.float32) + 0.5
    outline, _ = cv2.findContours(subject.figure.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rim = (
        np.concatenate([contour[:: max(3, round(9 * subject.unit)), 0] for contour in outline]).astype(np.float32) + 0.5
    )
    net = cv2.Subdiv2D((0, 0, size, size))
    net.insert(np.clip(np.concatenate([corners, rim]), 0.1, size - 0.1).tolist())
    triangles = np.asarray(net.getTriangleList(), np.float32).reshape(-1, 3, 2)
    inside = ((triangles >= 0) & (triangles <= size)).all((1, 2))
    index = np.zeros((size, size), np.int32)
    for number, triangle in enumerate(triangles[inside], 1):
        cv2.fillConvexPoly(index, np.round(triangle * 16 - 8).astype(np.int32), number, cv2.LINE_8, 4)
    weight = subject.figure.ravel().astype(np.float32)
    count = np.bincount(index.ravel(), weight).astype(np.float32)
    area = np.bincount(index.ravel())
    sums = np.stack([np.bincount(index.ravel(), lit[..., c].ravel() * weight) for c in range(3)], -1)
    colours = floats(sums / np.maximum(count, 1)[:, None] * (1 + random.normal(0, 0.045, (len(count), 1))))
    solid = count > 0.45 * np.maximum(area, 1)
    solid[0] = False
    picture = np.where(solid[index][..., None], np.clip(colours[index], 0, 1), 1.0).astype(np.float32)
    return subject.blurred(picture, 0.35)


def pixel_art(subject: Subject, random: np.random.Generator) -> Values:
    """A sprite of few pixels and few tones with a dark outline; its face has more of both, or it would be nobody's."""
    size, shift = subject.size_px, float(random.uniform(-0.08, 0.08))
    face = _shrunk(np.clip(subject.face * subject.cover[..., 0], 0, 1), PIXELS) > 0.5
    cover = _shrunk(subject.figure.astype(np.float32), PIXELS) > 0.5
    cross = floats([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).astype(np.uint8)
    # cut off by the picture's edge there is no outline
    inner = cv2.erode(cover.astype(np.uint8), cross, borderType=cv2.BORDER_REPLICATE).astype(bool)
    coarse = _toned(subject, PIXELS, PIXEL_TONES, shift)
    coarse = np.where((cover & ~inner)[..., None], coarse * 0.28, coarse)
    coarse = np.where(cover[..., None], np.clip(coarse, 0, 1), 1.0)
    fine = _toned(subject, FINE * PIXELS, FACE_TONES, shift)
    block = np.ones((FINE, FINE, 1), np.float32)
    finely = np.kron((face & inner)[..., None].astype(np.float32), block) > 0
    sprite = np.where(finely, np.clip(fine, 0, 1), np.kron(coarse.astype(np.float32), block))
    return np.asarray(cv2.resize(sprite.astype(np.float32), (size, size), interpolation=cv2.INTER_NEAREST), np.float32)


def _toned(subject: Subject, pixels: int, tones: int, shift: float) -> Values:
    """float32 [P, P, 3]: a head in so many pixels a side and tones a colour."""
    small = _shrunk(subject.whole * (0.72 + 0.36 * subject.modelled(0.2))[..., None], pixels)
    grey = (small @ GREY)[..., None]
    small = np.clip(grey + (small - grey) * 1.25, 0, 1)
    small = np.clip(0.5 + (small - 0.5) * 1.12, 0, 1)
    dark = _shrunk(subject.part(EYES, BROWS, soft_px=0), pixels) > 0.45
    lips = _shrunk(subject.part(LIPS, MOUTH, soft_px=0), pixels) > 0.5
    small = np.where(dark[..., None], small * (0.62 if pixels == PIXELS else 0.9), small)
    small = np.where(lips[..., None], small * floats([0.98, 0.86, 0.86]), small)
    return np.asarray(np.floor(small * (tones - 1) + 0.5 + shift) / (tones - 1), np.float32)


def _shrunk(picture: Values, pixels: int) -> Values:
    return np.asarray(cv2.resize(picture, (pixels, pixels), interpolation=cv2.INTER_AREA), np.float32)


def animated(subject: Subject, random: np.random.Generator) -> Values:
    """The hero of an animated film: large shining eyes, a small nose, smooth glowing skin, soft glossy hair."""
    marks, size = subject.landmarks, subject.size_px
    skin = subject.part(SKIN, NOSE, EARS, NECK, soft_px=1.2)
    features = subject.part(EYES, BROWS, LIPS, MOUTH, soft_px=2.0 * subject.unit)[..., None]
    smooth = cv2.bilateralFilter(subject.whole, 0, 0.10, max(1.0, 2.5 * subject.unit))
    picture = subject.whole + (smooth - subject.whole) * skin[..., None] * (1 - features)
    shade = subject.blurred(subject.lit(0.45), 2.0)
    picture = picture * (0.86 + 0.26 * shade)[..., None]
    warm = np.clip(1 - subject.facing, 0, 1) ** 2 * skin
    picture = picture + warm[..., None] * floats([0.12, 0.03, 0.01])
    cheeks = [
        0.45 * marks.mouth[i] + 0.55 * marks.eyes[i] + floats([s * 0.015, -0.01, 0.01]) for i, s in ((0, 1), (1, -1))
    ]
    blush = np.maximum(*(subject.near(c, 0.36 * marks.apart, 1.4) for c in cheeks)) * skin
    picture = picture * (1 - blush[..., None] * floats([0.0, 0.11, 0.09])) + 0.05 * blush[..., None] * floats(
        [1, 0.2, 0.2]
    )
    hair = subject.part(HAIR, soft_px=1.0)[..., None]
    locks = cv2.bilateralFilter(subject.whole, 0, 0.15, max(1.0, 2.0 * subject.unit)) * (0.8 + 0.35 * shade)[..., None]
    locks = locks + 0.16 * (subject.shine(10) * np.clip(1 + subject.detail, 0.4, 1.6))[..., None]
    picture = picture + (locks - picture) * hair
    grey = (picture @ GREY)[..., None]
    picture = np.clip(grey + (picture - grey) * 1.2, 0, 1) * 1.04
    picture = subject.on_white(picture.astype(np.float32))
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = at[1].copy(), at[0].copy()
    per_world = size * subject.focal / max(subject.seen_at(marks.nose)[2], 0.1)
    growth = float(random.uniform(1.5, 1.65))
    if subject.part(GLASSES, soft_px=0).mean() > GLASSED:
        growth = 1 + 0.45 * (growth - 1)  # glasses grow with the eyes
    lenses = [(eye, 0.66 * marks.apart, growth) for eye in marks.eyes]
    lenses.append((marks.nose + floats([0, 0, -0.02]), 0.34 * marks.apart, 0.74))
    for place, radius, scale in lenses:
        if not subject.shows(place, 0.06):
            continue
        column, row, _ = subject.seen_at(place)
        distance = np.hypot(at[1] - column, at[0] - row) / (radius * per_world)
        fall = np.clip(1 - distance * distance, 0, 1) ** 1.1
        shrink = (1 / scale - 1) * fall
        across += (at[1] - column) * shrink
        down += (at[0] - row) * shrink
    picture = cv2.remap(picture, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    for eye in marks.eyes:
        if subject.shows(eye, 0.06):
            _glint(picture, subject, eye, marks.apart * per_world)
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def _glint(picture: Values, subject: Subject, eye: Values, apart_px: float) -> None:
    """Draws two lights into an eye that faces the camera."""
    column, row, _ = subject.seen_at(eye)
    side = subject.seen_at(subject.landmarks.eyes[0])[0] - subject.seen_at(subject.landmarks.eyes[1])[0]
    narrow = float(min(abs(side) / apart_px, 1))
    if narrow < 0.4:
        return
    radius = 0.13 * apart_px

    def disc(right: float, up: float, radius_px: float, colour: tuple[float, float, float], share: float) -> None:
        layer = np.zeros(picture.shape[:2], np.float32)
        centre = (round((column + right * narrow) * 16), round((row - up) * 16))
        axes = (max(1, round(radius_px * narrow * 16)), max(1, round(radius_px * 16)))
        cv2.ellipse(layer, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA, 4)
        picture[...] = picture + (floats(colour) - picture) * (share * layer)[..., None]

    disc(-0.35 * radius, 0.40 * radius, radius * 0.26, (1.0, 1.0, 1.0), 0.95)
    disc(0.40 * radius, -0.42 * radius, radius * 0.12, (1.0, 1.0, 1.0), 0.6)
