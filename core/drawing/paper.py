"""Heads drawn and painted by hand: pencil, ink, watercolour, oil, comic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.subject import BARE, BROWS, CLOTH, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, floats, smooth_noise

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values


def _tone(subject: Subject) -> Values:
    """float32 [S, S], 0..1: how light an artist leaves a place: local colour, some light, and the face's features."""
    grey = subject.grey
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = float(np.median(grey[skin])) if skin.any() else 0.6
    # skin of any colour is drawn in the upper half, with what difference there is kept smaller
    lifted = grey * np.float32((0.78 + 0.25 * (level - 0.5)) / max(level, 0.08))
    tone = np.where(skin, lifted, 0.15 + 0.8 * grey)
    tone = tone + (cv2.GaussianBlur(tone.astype(np.float32), (0, 0), 1.0) - tone) * 0.5
    shade = 0.62 + 0.5 * subject.lit(0.3)
    return np.asarray(np.clip(tone * shade + 0.18 * subject.detail, 0, 1), np.float32)


def _lines(subject: Subject, features: float = 1.0) -> Values:
    """float32 [S, S], 0..1: outlines, and the dark lines of eyes, brows, mouth and strands."""
    tone = _tone(subject)
    fine = cv2.GaussianBlur(tone, (0, 0), 0.8) - cv2.GaussianBlur(tone, (0, 0), 2.6)
    weight = 1 + features * subject.part(EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=2.0)
    dark = np.clip((-fine - 0.012) * 11 * weight, 0, 1)
    return np.asarray(np.maximum(dark, cv2.GaussianBlur(subject.outlines, (0, 0), 0.7) * 0.9), np.float32)


def _hatching(size_px: int, degrees: float, spacing_px: float, random: np.random.Generator) -> Values:
    """float32 [S, S], 0..1: parallel strokes, 1 in the middle of each, unsteady."""
    at = np.arange(size_px, dtype=np.float32)
    angle = np.radians(degrees + random.normal(0, 3))
    across = at[None] * np.sin(angle) + at[:, None] * np.cos(angle) + 1.3 * smooth_noise(random, size_px, 7)
    wave: Values = (0.5 + 0.5 * np.cos(across * np.float32(2 * np.pi / spacing_px))).astype(np.float32)
    return wave


def _paper(size_px: int, random: np.random.Generator, strength: float) -> Values:
    """float32 [S, S] about 0: the grain of paper."""
    fine = cv2.GaussianBlur(random.standard_normal((size_px, size_px), np.float32), (0, 0), 1.0)
    return np.asarray(fine * np.float32(3.0 * strength), np.float32)


def pencil(subject: Subject, random: np.random.Generator) -> Values:
    """Graphite on white paper: hatched shades, thin searching lines."""
    size, tone = subject.size_px, _tone(subject)
    grey = np.ones((size, size), np.float32)
    for degrees, spacing, start, depth in ((48, 4.6, 0.80, 0.55), (62, 5.4, 0.55, 0.5), (-40, 5.0, 0.36, 0.5)):
        wave = _hatching(size, degrees, spacing, random)
        amount = np.clip((start - tone) / 0.32, 0, 1)
        grey = grey * (1 - depth * amount * np.clip(wave * 1.5 - 0.35 + 0.4 * amount, 0, 1))
    grey = grey * (1 - 0.22 * np.clip(0.85 - tone, 0, 1))
    shift = floats([[1, 0, random.normal(0, 1.2)], [0, 1, random.normal(0, 1.2)]])
    lines = _lines(subject)
    again = cv2.warpAffine(lines, shift, (size, size))
    grey = grey * (1 - 0.78 * lines) * (1 - 0.28 * again)
    ink = (1 - grey) * (1 + _paper(size, random, 0.16))
    fade = np.clip(cv2.GaussianBlur(subject.figure.astype(np.float32), (0, 0), 1.2) * 1.4, 0, 1)
    result = 1 - 0.93 * np.clip(ink, 0, 1) * fade
    return np.repeat(result[..., None], 3, -1).astype(np.float32) * floats([1.0, 0.998, 0.99])


def ink(subject: Subject, random: np.random.Generator) -> Values:
    """Black ink: solid hair and shadows, brush lines, a little cross-hatching; no greys."""
    size, tone = subject.size_px, cv2.GaussianBlur(_tone(subject), (0, 0), 1.2)
    hair = subject.part(HAIR, BROWS, soft_px=0.6)
    streak = np.clip(subject.detail * 2.2 + 2.2 * (tone - 0.42), 0, 1) * hair
    black = np.clip((0.30 - tone) * 14, 0, 1)
    black = np.maximum(black, hair * (1 - np.clip(1.5 * streak, 0, 1)) * np.clip((0.80 - tone) * 6, 0, 1))
    for degrees, start in ((45, 0.56), (-45, 0.44)):
        wave = _hatching(size, degrees, 6.4, random)
        amount = np.clip((start - tone) / 0.25, 0, 1) * subject.cover[..., 0]
        black = np.maximum(black, np.clip((wave - 1.0 + 0.75 * amount) * 9, 0, 1) * (amount > 0.02))
    thick = cv2.dilate(_lines(subject, 2.0), np.ones((2, 2)))
    black = np.maximum(black, np.clip(thick * 2.2 - 0.6, 0, 1))
    black = black * cv2.dilate(subject.figure.astype(np.float32), np.ones((3, 3)))
    black = cv2.GaussianBlur(black, (0, 0), 0.9)
    result = 1 - np.clip((black - 0.38) * 4.5, 0, 1)
    return np.repeat(result[..., None], 3, -1).astype(np.float32)


def watercolour(subject: Subject, random: np.random.Generator) -> Values:
    """Thin washes: pale clear colours that run together, darker at their edges, white paper in the lights."""
    size = subject.size_px
    smooth = cv2.bilateralFilter(subject.whole, 9, 0.12, 6)
    tone = cv2.GaussianBlur(_tone(subject), (0, 0), 1.2)
    level = (smooth @ GREY)[..., None]
    colour = np.clip(1 + (smooth / np.maximum(level, 0.06) - 1) * 1.15, 0.2, 1.9)
    steps = 0.6 * np.floor(tone * 4 + 0.5 + 0.15 * smooth_noise(random, size, 14)) / 4 + 0.4 * tone
    wash = np.clip((0.28 + 0.78 * steps)[..., None] * colour, 0, 1)
    flow = smooth_noise(random, size, 30, 2) * 0.9 + smooth_noise(random, size, 10, 2) * 1.0
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = (at[1] + flow[..., 0]).astype(np.float32), (at[0] + flow[..., 1]).astype(np.float32)
    wash = cv2.remap(wash.astype(np.float32), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(subject.cover[..., 0], across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # pigment gathers where a wash ends, and thins out in blooms
    edge = np.clip(cv2.GaussianBlur(wash, (0, 0), 2.5) - wash, 0, 0.3)
    bloom = 1 + np.clip(0.28 * smooth_noise(random, size, 7) + 0.10 * smooth_noise(random, size, 20), -0.55, 0.4)
    pigment = (1 - wash) * bloom[..., None] + edge * 0.9
    rim = np.clip(cover - cv2.GaussianBlur(cover, (0, 0), 3.0), 0, 0.5) * 0.5
    pigment = pigment + rim[..., None] * (1 - wash + 0.10)
    pigment = pigment * (1 + _paper(size, random, 0.10)[..., None])
    features = cv2.GaussianBlur(_lines(subject, 2.0), (0, 0), 0.8) * subject.part(
        EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=1.5
    )
    pigment = pigment + features[..., None] * floats([0.40, 0.46, 0.42])
    return np.asarray(1 - np.clip(pigment, 0, 1) * np.clip(cover * 1.1, 0, 1)[..., None], np.float32)


def oil(subject: Subject, random: np.random.Generator) -> Values:
    """Thick strokes of saturated paint that follow the form, with ridges that catch light."""
    warm = (subject.whole * 0.94 + 0.06) * (0.66 + 0.62 * subject.lit(0.3))[..., None]
    warm = warm + 0.22 * (subject.lit(0.1) - 0.5)[..., None] * floats([1.0, 0.6, 0.25])
    warm = warm + np.clip(0.45 - subject.lit(0.2), 0, 1)[..., None] * floats([0.02, 0.02, 0.13])
    grey = (warm @ GREY)[..., None]
    paint = _kuwahara(np.clip(grey + (warm - grey) * 1.5, 0, 1).astype(np.float32), 7)
    along = _strokes(subject, random)
    tints = np.stack([along, 0.6 * along + 0.4 * along[::-1, ::-1], 0.5 * along - 0.5 * along[:, ::-1]], -1)
    jitter = tints * floats([0.030, 0.030, 0.036]) * (0.4 + paint)
    down = cv2.Sobel(along, cv2.CV_32F, 0, 1) - cv2.Sobel(along, cv2.CV_32F, 1, 0)
    ridge = np.clip(down * 0.024, -0.05, 0.10)[..., None]
    features = subject.part(EYES, LIPS, BROWS, soft_px=1.5)[..., None]
    picture = paint + (jitter + ridge) * (1 - 0.6 * features)
    picture = picture + features * 0.5 * (np.clip(grey + (warm - grey) * 1.4, 0, 1) - paint)
    rough = np.clip(cv2.GaussianBlur(subject.figure.astype(np.float32), (0, 0), 1.6) + 0.10 * along, 0, 1)
    cover = np.clip((rough - 0.35) * 4, 0, 1)[..., None] * cv2.dilate(subject.cover, np.ones((5, 5)))[..., None]
    return np.asarray(1 - cover * (1 - np.clip(picture, 0, 1)), np.float32)


def _strokes(subject: Subject, random: np.random.Generator) -> Values:
    """float32 [S, S] of deviation about one: noise drawn out along the form (line integral convolution)."""
    size = subject.size_px
    axes = subject.world_from_camera[:3, :3]
    sideways = cv2.GaussianBlur(subject.normals @ axes[:, :2], (0, 0), 3.0)
    hair = subject.part(HAIR, soft_px=3.0)[..., None]
    grey = cv2.GaussianBlur(subject.grey, (0, 0), 1.5)
    slope = np.stack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)], -1)
    slope = cv2.GaussianBlur(slope * np.sign(slope[..., :1] + 1e-6), (0, 0), 3.0) * 6
    normal = sideways * (1 - hair) + slope * hair + 0.05
    along = np.stack([-normal[..., 1], normal[..., 0]], -1)
    along = along / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-4)
    grain = cv2.GaussianBlur(random.standard_normal((size, size), np.float32), (0, 0), 2.5) * 5
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    total = np.zeros((size, size), np.float32)
    for step in np.arange(-8, 9, 1.6, dtype=np.float32):
        total += cv2.remap(
            grain,
            at[1] + along[..., 0] * step,
            at[0] + along[..., 1] * step,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
    return np.asarray(total / total.std(), np.float32)


def _kuwahara(picture: Values, radius_px: int) -> Values:
    """Each pixel takes the mean of the calmest of four windows beside it."""
    side = radius_px + 1
    means, spreads = [], []
    square = picture @ GREY
    for row in (0, radius_px):
        for column in (0, radius_px):
            at = (column, row)

            def mean(values: Values, at: tuple[int, int] = at) -> Values:
                found = cv2.boxFilter(values, -1, (side, side), anchor=at, borderType=cv2.BORDER_REFLECT)
                return np.asarray(found, np.float32)

            means.append(mean(picture))
            spreads.append(mean(np.asarray(square * square, np.float32)) - mean(square) ** 2)
    weights = (np.stack(spreads) + 1e-4) ** -4.0
    weights = weights / weights.sum(0)
    return np.asarray((np.stack(means) * weights[..., None]).sum(0), np.float32)


def comic(subject: Subject, random: np.random.Generator) -> Values:
    """Flat colours in two or three tones, heavy black outlines, dots in the shades."""
    size = subject.size_px
    picture: Values = np.zeros_like(subject.rgb)
    shade = cv2.GaussianBlur(subject.lit(0.15), (0, 0), 1.5)
    tones = np.select([shade > 0.62, shade > 0.34], [1.0, 0.80], 0.56).astype(np.float32)
    for part in np.unique(subject.labels):
        mask = subject.labels == part
        picture[mask] = _flat(subject.whole[mask]) if part else 1.0
    bright = cv2.bilateralFilter(subject.whole, 9, 0.15, 5)
    own = np.isin(subject.labels, (EYES, MOUTH, CLOTH))[..., None]
    picture = np.where(own, np.clip(np.floor(bright * 5 + 0.5) / 5, 0, 1), picture).astype(np.float32)
    lightness = (picture @ GREY)[..., None]
    picture = floats(np.clip(lightness + (picture - lightness) * 1.6, 0, 1) * 1.08)
    angle = np.mgrid[0:size, 0:size].astype(np.float32) * np.float32(2 * np.pi / 7.0)
    dots = np.sin(angle[0] + angle[1]) + np.sin(angle[0] - angle[1]) > 0.35
    tones = np.where((tones < 0.7) & ~dots, 0.72, tones)
    strands = np.select([subject.detail > 0.28, subject.detail < -0.30], [1.35, 0.45], 1.0)
    tones = np.where(subject.labels == HAIR, tones * strands, tones)
    picture = floats(picture * np.where(subject.labels == EYES, 1.0, tones)[..., None])
    jump = cv2.GaussianBlur(cv2.dilate(subject.outlines, np.ones((3, 3))), (0, 0), 0.7)
    fine = cv2.dilate(_lines(subject, 2.5), np.ones((2, 2)))
    black = np.clip(np.maximum(jump * 1.5, np.clip(fine * 2.4 - 0.9, 0, 1) * (subject.labels != CLOTH)), 0, 1)
    picture = picture * (1 - black[..., None])
    figure = cv2.dilate(subject.figure.astype(np.float32), np.ones((3, 3)))
    figure = cv2.GaussianBlur(figure, (0, 0), 0.7)[..., None]
    shift = np.float32(1 + random.uniform(-0.04, 0.04))
    return np.asarray(1 - figure * (1 - np.clip(picture * shift, 0, 1)), np.float32)


def _flat(colours: Values) -> Values:
    """One colour for many: their median, made a little lighter where it is very dark."""
    middle = np.median(colours, 0)
    return np.asarray(np.maximum(middle * 1.12, 0.06), np.float32)
