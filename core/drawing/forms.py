"""Heads of other forms: facets, pixels, and the large eyes of animated films."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.subject import BROWS, EARS, EYES, GREY, HAIR, LIPS, MOUTH, NECK, NOSE, SKIN, floats

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values

FACETS = 260
PIXELS = 32
PIXEL_TONES = 6


def low_poly(subject: Subject, random: np.random.Generator) -> Values:
    """Flat triangles, their corners where there is something to see."""
    size = subject.size_px
    lit = subject.whole * (0.50 + 0.72 * subject.lit(0.2))[..., None]
    grey = (lit @ GREY)[..., None]
    lit = np.clip(grey + (lit - grey) * 1.25, 0, 1)
    edges = cv2.Sobel(subject.grey, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(subject.grey, cv2.CV_32F, 0, 1) ** 2
    odds = cv2.GaussianBlur(np.sqrt(edges), (0, 0), 2.0) * subject.figure + 0.03 * subject.figure
    odds = odds + 0.10 * subject.part(EYES, NOSE, LIPS, BROWS, soft_px=4.0)
    places = random.choice(size * size, FACETS, replace=False, p=(odds / odds.sum()).ravel().astype(np.float64))
    corners = np.stack([places % size, places // size], -1).astype(np.float32) + 0.5
    outline, _ = cv2.findContours(subject.figure.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rim = np.concatenate([contour[::9, 0] for contour in outline]).astype(np.float32) + 0.5
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
    colours = floats(sums / np.maximum(count, 1)[:, None] * (1 + random.normal(0, 0.075, (len(count), 1))))
    solid = count > 0.45 * np.maximum(area, 1)
    solid[0] = False
    picture = np.where(solid[index][..., None], np.clip(colours[index], 0, 1), 1.0).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.5), np.float32)


def pixel_art(subject: Subject, random: np.random.Generator) -> Values:
    """A sprite of few pixels and few tones with a dark outline."""
    step = subject.size_px // PIXELS
    shade = (0.60 + 0.55 * subject.lit(0.2))[..., None]
    small = cv2.resize(subject.whole * shade, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA)
    grey = (small @ GREY)[..., None]
    small = np.clip(grey + (small - grey) * 1.45, 0, 1)
    small = np.clip(0.5 + (small - 0.5) * 1.12, 0, 1)
    dark = cv2.resize(subject.part(EYES, BROWS, soft_px=0), (PIXELS, PIXELS), interpolation=cv2.INTER_AREA)
    lips = cv2.resize(subject.part(LIPS, MOUTH, soft_px=0), (PIXELS, PIXELS), interpolation=cv2.INTER_AREA)
    small = np.where((dark > 0.30)[..., None], small * 0.30, small)
    small = np.where((lips > 0.35)[..., None], small * floats([0.85, 0.5, 0.5]), small)
    tones = np.floor(small * (PIXEL_TONES - 1) + 0.5 + random.uniform(-0.08, 0.08)) / (PIXEL_TONES - 1)
    cover = cv2.resize(subject.figure.astype(np.float32), (PIXELS, PIXELS), interpolation=cv2.INTER_AREA) > 0.5
    cross = floats([[0, 1, 0], [1, 1, 1], [0, 1, 0]]).astype(np.uint8)
    # cut off by the picture's edge there is no outline
    inner = cv2.erode(cover.astype(np.uint8), cross, borderType=cv2.BORDER_REPLICATE).astype(bool)
    tones = np.where((cover & ~inner)[..., None], tones * 0.28, tones)
    sprite = np.where(cover[..., None], np.clip(tones, 0, 1), 1.0).astype(np.float32)
    return np.asarray(np.kron(sprite, np.ones((step, step, 1), np.float32)), np.float32)


def animated(subject: Subject, random: np.random.Generator) -> Values:
    """The hero of an animated film: large shining eyes, a small nose, smooth glowing skin, soft glossy hair."""
    marks, size = subject.landmarks, subject.size_px
    skin = subject.part(SKIN, NOSE, EARS, NECK, soft_px=1.2)
    features = subject.part(EYES, BROWS, LIPS, MOUTH, soft_px=2.0)[..., None]
    smooth = cv2.GaussianBlur(cv2.bilateralFilter(subject.whole, 15, 0.14, 9), (0, 0), 1.2)
    picture = subject.whole + (smooth - subject.whole) * skin[..., None] * (1 - features)
    shade = cv2.GaussianBlur(subject.lit(0.45), (0, 0), 2.0)
    picture = picture * (0.76 + 0.42 * shade)[..., None]
    warm = np.clip(1 - subject.facing, 0, 1) ** 2 * skin
    picture = picture + warm[..., None] * floats([0.20, 0.05, 0.02])
    cheeks = [
        0.45 * marks.mouth[i] + 0.55 * marks.eyes[i] + floats([s * 0.015, -0.01, 0.01]) for i, s in ((0, 1), (1, -1))
    ]
    blush = np.maximum(*(subject.near(c, 0.36 * marks.apart, 1.4) for c in cheeks)) * skin
    picture = picture * (1 - blush[..., None] * floats([0.0, 0.20, 0.17])) + 0.05 * blush[..., None] * floats(
        [1, 0.2, 0.2]
    )
    hair = subject.part(HAIR, soft_px=1.0)[..., None]
    locks = cv2.bilateralFilter(subject.whole, 9, 0.25, 5) * (0.72 + 0.5 * shade)[..., None]
    locks = locks + 0.22 * (subject.shine(10) * np.clip(1 + subject.detail, 0.4, 1.6))[..., None]
    picture = picture + (locks - picture) * hair
    grey = (picture @ GREY)[..., None]
    picture = np.clip(grey + (picture - grey) * 1.42, 0, 1) * 1.04
    picture = subject.on_white(picture.astype(np.float32))
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = at[1].copy(), at[0].copy()
    per_world = size * 4.2647 / 2.7
    growth = float(random.uniform(2.0, 2.4))
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
    """Draws a large dark pupil with a coloured ring and two lights into an eye that faces the camera."""
    column, row, _ = subject.seen_at(eye)
    side = subject.seen_at(subject.landmarks.eyes[0])[0] - subject.seen_at(subject.landmarks.eyes[1])[0]
    narrow = float(min(abs(side) / apart_px, 1))
    if narrow < 0.4:
        return
    radius = 0.17 * apart_px

    def disc(right: float, up: float, radius_px: float, colour: tuple[float, float, float], share: float) -> None:
        layer = np.zeros(picture.shape[:2], np.float32)
        centre = (round((column + right * narrow) * 16), round((row - up) * 16))
        axes = (max(1, round(radius_px * narrow * 16)), max(1, round(radius_px * 16)))
        cv2.ellipse(layer, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA, 4)
        picture[...] = picture + (floats(colour) - picture) * (share * layer)[..., None]

    row_px, column_px = int(np.clip(row, 0, len(picture) - 1)), int(np.clip(column, 0, len(picture) - 1))
    own = subject.whole[max(0, row_px - 2) : row_px + 3, max(0, column_px - 2) : column_px + 3].reshape(-1, 3).mean(0)
    tint = np.clip(own / max(float(own.max()), 0.05), 0, 1) * 0.62
    disc(0, 0, radius * 1.05, (0.06, 0.04, 0.04), 0.9)
    disc(0, 0, radius * 0.92, tuple(tint), 0.95)
    disc(0, -0.25 * radius, radius * 0.62, tuple(np.clip(tint * 1.5, 0, 1)), 0.6)
    disc(0, 0, radius * 0.50, (0.02, 0.02, 0.03), 0.97)
    disc(-0.35 * radius, 0.40 * radius, radius * 0.30, (1.0, 1.0, 1.0), 0.97)
    disc(0.40 * radius, -0.42 * radius, radius * 0.15, (1.0, 1.0, 1.0), 0.7)
