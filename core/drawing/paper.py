"""Heads drawn and painted by hand: pencil, ink, watercolour, oil, comic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.subject import BARE, BROWS, CLOTH, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, NOSE, floats, smooth_noise

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values


def _tone(subject: Subject) -> Values:
    """float32 [S, S], 0..1: how light an artist leaves a place: local colour, some light, and the face's features."""
    grey = np.asarray(subject.calm @ GREY, np.float32)
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = float(np.median(grey[skin])) if skin.any() else 0.6
    # skin of any colour is drawn in the upper half, with what difference there is kept smaller
    lifted = grey * np.float32((0.80 + 0.22 * (level - 0.5)) / max(level, 0.08))
    tone = 0.15 + 0.8 * grey + (lifted - 0.15 - 0.8 * grey) * subject.face
    shade = 0.72 + 0.36 * subject.modelled(0.3)
    return np.asarray(np.clip(tone * shade + 0.10 * subject.light, 0, 1), np.float32)


def _complexion(subject: Subject) -> Values:
    """float32 [S, S], at most 1: what gives dark skin back its own tone, where colours stand for it."""
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = float(np.median((subject.calm @ GREY)[skin])) if skin.any() else 0.6
    own = min(1.0, max(0.4, level / 0.60)) ** 0.8
    return np.asarray(1 + subject.face * (own - 1), np.float32)


def _lines(subject: Subject, features: float = 1.0) -> Values:
    """float32 [S, S], 0..1: outlines, and the dark lines of eyes, brows, mouth and strands, as wide as a pencil's."""
    tone = _tone(subject)
    fine = subject.blurred(tone, 0.55) - subject.blurred(tone, 1.8)
    weight = 1 + features * subject.part(EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=2.0 * subject.unit)
    dark = np.clip((-fine - 0.014) * 13 * weight, 0, 1)
    return np.asarray(np.maximum(dark, subject.blurred(subject.outlines, 0.5)), np.float32)


def _hatching(subject: Subject, degrees: float, spacing: float, random: np.random.Generator) -> Values:
    """float32 [S, S], 0..1: parallel strokes, 1 in the middle of each, unsteady."""
    at = np.arange(subject.size_px, dtype=np.float32) / np.float32(subject.unit)
    angle = np.radians(degrees + random.normal(0, 3))
    across = at[None] * np.sin(angle) + at[:, None] * np.cos(angle) + 1.3 * smooth_noise(random, subject.size_px, 7)
    wave: Values = (0.5 + 0.5 * np.cos(across * np.float32(2 * np.pi / spacing))).astype(np.float32)
    return wave


def _paper(size_px: int, random: np.random.Generator, strength: float) -> Values:
    """float32 [S, S] about 0: the grain of paper."""
    fine = cv2.GaussianBlur(random.standard_normal((size_px, size_px), np.float32), (0, 0), 1.0)
    return np.asarray(fine * np.float32(3.0 * strength), np.float32)


def pencil(subject: Subject, random: np.random.Generator) -> Values:
    """Graphite on white paper: strokes that follow form and hair, hatched shades, thin searching lines."""
    size, tone = subject.size_px, _tone(subject)
    along = _strokes(subject, random, 0.6)
    graphite, hair = np.clip((0.92 - tone) * 1.15, 0, 1), subject.part(HAIR, soft_px=2.0 * subject.unit)
    ink = graphite * np.clip(0.70 + (0.42 - 0.18 * subject.face) * along, 0.05, 1.25)
    for degrees, spacing, start in ((52, 3.4, 0.62), (-38, 3.8, 0.34)):
        amount = np.clip((start - tone) / 0.4, 0, 1) * (1 - 0.7 * hair)
        ink = ink + 0.30 * amount * np.clip(1.6 * _hatching(subject, degrees, spacing, random) - 0.4, 0, 1)
    lines = _lines(subject)
    shift = floats([[1, 0, random.normal(0, 0.9 * subject.unit)], [0, 1, random.normal(0, 0.9 * subject.unit)]])
    ink = 1 - (1 - np.clip(ink, 0, 0.92)) * (1 - 0.72 * lines) * (1 - 0.22 * cv2.warpAffine(lines, shift, (size, size)))
    ink = ink * (1 + _paper(size, random, 0.13))
    fade = np.clip(subject.blurred(subject.thick(subject.cover[..., 0], 1.5), 0.8), 0, 1)
    result = 1 - 0.94 * np.clip(ink, 0, 1) * fade
    return np.repeat(result[..., None], 3, -1).astype(np.float32) * floats([1.0, 0.998, 0.99])


def ink(subject: Subject, random: np.random.Generator) -> Values:
    """Black ink: solid hair and shadows, brush lines, a face engraved in lines that are as thick as it is dark."""
    tone = subject.blurred(_tone(subject), 0.8)
    hair = subject.part(HAIR, BROWS, soft_px=0.6 * subject.unit)
    streak = np.clip(subject.light * 2.6 + 2.0 * (tone - 0.40), 0, 1) * hair
    black = np.clip((0.30 - tone) * 14, 0, 1)
    black = np.maximum(black, hair * (1 - np.clip(1.6 * streak, 0, 1)) * np.clip((0.66 - tone) * 6, 0, 1))
    for degrees, start in ((45, 0.60), (-45, 0.46)):
        wave = _hatching(subject, degrees, 4.2, random)
        amount = np.clip((start - tone) / 0.28, 0, 1) * subject.cover[..., 0]
        black = np.maximum(black, np.clip((wave - 1.0 + 0.72 * amount) * 9, 0, 1) * (amount > 0.02))
    black = np.maximum(black, np.clip(subject.thick(_lines(subject, 1.6), 0.9) * 2.0 - 0.7, 0, 1))
    black = black * np.clip(subject.thick(subject.cover[..., 0], 1.5) * 1.5, 0, 1)
    black = np.clip((subject.blurred(black.astype(np.float32), 0.5) - 0.36) * 5, 0, 1)
    result = 1 - np.maximum(black, _engraving(subject, random) * subject.face)
    return np.repeat(result[..., None], 3, -1).astype(np.float32)


def _engraving(subject: Subject, random: np.random.Generator) -> Values:
    """float32 [S, S], 0..1: lines across a face, as black as its skin is dark: they tell who it is."""
    grey = subject.blurred(np.asarray(subject.calm @ GREY, np.float32), 0.5)
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = max(float(np.median(grey[skin])) if skin.any() else 0.6, 0.1)
    dark = np.clip(1.0 - 0.74 * grey / level, 0, 0.95)
    # a share of a wave is higher than the cosine of that share of half a turn
    wave = _hatching(subject, 78, max(2.4, 3.2 / subject.unit), random)
    return np.asarray(np.clip((wave - 0.5 - 0.5 * np.cos(np.pi * dark)) * 4 + 0.5, 0, 1) * (dark > 0.04), np.float32)


def watercolour(subject: Subject, random: np.random.Generator) -> Values:
    """Thin washes: pale clear colours that run together, darker at their edges, white paper in the lights."""
    size = subject.size_px
    smooth = cv2.bilateralFilter(subject.whole, 0, 0.12, max(1.0, 3.0 * subject.unit))
    tone = subject.blurred(_tone(subject), 1.0)
    level = (smooth @ GREY)[..., None]
    colour = np.clip(1 + (smooth / np.maximum(level, 0.12) - 1) * 0.9, 0.3, 1.6)
    steps = 0.5 * np.floor(tone * 5 + 0.5 + 0.15 * smooth_noise(random, size, 14)) / 5 + 0.5 * tone
    wash = np.clip(((0.36 + 0.66 * steps) * _complexion(subject))[..., None] * colour, 0, 1)
    flow = (smooth_noise(random, size, 30, 2) * 0.5 + smooth_noise(random, size, 10, 2) * 0.7) * subject.unit
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = (at[1] + flow[..., 0]).astype(np.float32), (at[0] + flow[..., 1]).astype(np.float32)
    wash = cv2.remap(wash.astype(np.float32), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(subject.cover[..., 0], across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # pigment gathers where a wash ends, and thins out in blooms
    edge = np.clip(subject.blurred(wash, 1.8) - wash, 0, 0.3)
    bloom = 1 + np.clip(0.20 * smooth_noise(random, size, 7) + 0.08 * smooth_noise(random, size, 20), -0.4, 0.3)
    pigment = (1 - wash) * bloom[..., None] + edge * 1.0
    rim = np.clip(cover - subject.blurred(cover, 3.0), 0, 0.5) * 0.5
    pigment = pigment + rim[..., None] * (1 - wash + 0.10)
    pigment = pigment * (1 + _paper(size, random, 0.10)[..., None])
    lines = subject.blurred(_lines(subject, 1.4), 0.4)
    features = lines * (0.25 + 0.75 * subject.part(EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=2.0 * subject.unit))
    pigment = pigment + features[..., None] * floats([0.36, 0.42, 0.40])
    return np.asarray(1 - np.clip(pigment, 0, 1) * np.clip(cover * 1.1, 0, 1)[..., None], np.float32)


def oil(subject: Subject, random: np.random.Generator) -> Values:
    """Thick strokes of saturated paint that follow the form, with ridges that catch light."""
    warm = (subject.whole * 0.94 + 0.06) * (0.76 + 0.36 * subject.modelled(0.3))[..., None]
    warm = warm + 0.14 * (subject.lit(0.1) - 0.5)[..., None] * floats([1.0, 0.6, 0.25])
    warm = warm + np.clip(0.45 - subject.lit(0.2), 0, 1)[..., None] * floats([0.02, 0.02, 0.10])
    grey = (warm @ GREY)[..., None]
    vivid = np.clip(grey + (warm - grey) * 1.25, 0, 1).astype(np.float32)
    small = subject.part(EYES, LIPS, BROWS, MOUTH, NOSE, GLASSES, soft_px=3.0 * subject.unit)[..., None]
    paint = _kuwahara(vivid, max(2, round(3.2 * subject.unit)))
    paint = paint + np.clip(1.2 * small, 0, 1) * (_kuwahara(vivid, max(1, round(1.1 * subject.unit))) - paint)
    along = _strokes(subject, random, 1.6)
    jitter = (along * 0.6)[..., None] * floats([0.040, 0.036, 0.034]) * (0.4 + paint)
    slope = cv2.Sobel(along, cv2.CV_32F, 0, 1) - cv2.Sobel(along, cv2.CV_32F, 1, 0)
    ridge = np.clip(slope * 0.022 * subject.unit, -0.06, 0.10)[..., None]
    picture = paint + (jitter + ridge) * (1 - 0.5 * np.clip(small, 0, 1))
    rough = np.clip(subject.blurred(subject.cover[..., 0], 1.2) + 0.10 * along, 0, 1)
    cover = (
        np.clip((rough - 0.35) * 4, 0, 1)[..., None] * np.clip(subject.thick(subject.cover[..., 0], 4), 0, 1)[..., None]
    )
    return np.asarray(1 - cover * (1 - np.clip(picture, 0, 1)), np.float32)


def _strokes(subject: Subject, random: np.random.Generator, width: float) -> Values:
    """float32 [S, S] of deviation about one: noise drawn out along the form and the hair (line integral convolution).

    Args:
        subject: what is drawn.
        random: of the noise.
        width: of a stroke, in pixels of a picture of `STROKES_PX`.
    """
    size, unit = subject.size_px, subject.unit
    axes = subject.world_from_camera[:3, :3]
    sideways = subject.blurred(subject.normals @ axes[:, :2], 3.0)
    hair = subject.part(HAIR, BROWS, soft_px=3.0 * unit)[..., None]
    grey = subject.blurred(subject.grey, 1.0)
    right, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    # strands run where the picture changes least: the direction of the smoothed tensor of its slopes
    across, both, below = (subject.blurred(v, 3.0) for v in (right * right, right * down, down * down))
    angle = 0.5 * np.arctan2(2 * both, across - below)
    slope = np.stack([np.cos(angle), np.sin(angle)], -1)
    normal = sideways * (1 - hair) + slope * hair + 0.02
    way = np.stack([-normal[..., 1], normal[..., 0]], -1)
    way = way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-4)
    grain = subject.blurred(random.standard_normal((size, size), np.float32), width)
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    total = np.zeros((size, size), np.float32)
    for step in np.linspace(-7, 7, 11, dtype=np.float32) * np.float32(unit):
        right_px, down_px = at[1] + way[..., 0] * step, at[0] + way[..., 1] * step
        total += cv2.remap(grain, right_px, down_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(total / max(float(total.std()), 1e-6), np.float32)


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
    """Flat colours in a few tones, black outlines, dots in the shades."""
    size = subject.size_px
    tones = subject.blurred(_tone(subject), 1.2)
    smooth = cv2.bilateralFilter(subject.calm, 0, 0.12, max(1.0, 3.0 * subject.unit))
    level = np.maximum((smooth @ GREY)[..., None], 0.08)
    steps = np.select([tones > 0.80, tones > 0.60, tones > 0.40, tones > 0.22], [0.95, 0.80, 0.58, 0.36], 0.16)
    chroma = np.clip(1 + (smooth / level - 1) * 1.25, 0.25, 1.9)
    picture = floats(np.clip((steps * _complexion(subject))[..., None] * chroma, 0, 1))
    at = np.mgrid[0:size, 0:size].astype(np.float32) * np.float32(2 * np.pi / (5.0 * subject.unit))
    dots = np.clip((np.sin(at[0] + at[1]) + np.sin(at[0] - at[1]) - 0.3) * 3, 0, 1)
    shaded = ((tones > 0.40) & (tones <= 0.62)).astype(np.float32) * subject.bare
    picture = picture * (1 - 0.22 * (dots * subject.blurred(shaded, 0.6))[..., None])
    jump = subject.blurred(subject.thick(subject.outlines, 2.0), 0.5)
    fine = subject.thick(_lines(subject, 1.4), 0.8)
    quiet = np.where(subject.labels == CLOTH, 0.4, 1.0)
    black = np.clip(np.maximum(jump * 1.4, np.clip(fine * 2.0 - 0.8, 0, 1) * quiet), 0, 1)
    picture = picture * (1 - black[..., None])
    figure = np.clip(subject.thick(subject.cover[..., 0], 2.0) * 1.3, 0, 1)[..., None]
    shift = np.float32(1 + random.uniform(-0.04, 0.04))
    return np.asarray(1 - figure * (1 - np.clip(picture * shift, 0, 1)), np.float32)
