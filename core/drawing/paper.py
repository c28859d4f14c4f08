"""Heads drawn and painted by hand: pencil, ink, comic; and what else is drawn with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import TOOTH_PX, fine_noise, smooth_noise
from core.drawing.smoothing import evened
from core.drawing.subject import BARE, BROWS, CLOTH, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, STROKES_PX, floats

if TYPE_CHECKING:
    from core.drawing.subject import Bits, Subject, Values

GLOSSY, SHADED = 0.24, 0.30
"""By how much hair is lighter and darker than the most of it, in natural logarithms, where a comic changes its tone."""
STEP = 1.4
"""Distance of the places that a stroke is the mean of, in pixels of a picture of `STROKES_PX`."""
LOCK = 12.0
"""Half the length of strokes along hair, in the same."""
STEEP = 0.10
"""How fast tones change at an edge that a brush goes along."""
OWN = 0.3
"""Share of its own colour and shade that a comic leaves a face."""
FEW = 0.85
"""Of a deviation of one: how much of a stroke is left out of a comic's hair."""


SKIN_LINES, BEARD_LINES, CLOTH_LINES = (78.0, 2.4), (35.0, 2.4), (-24.0, 3.0)
"""Degrees of engraved lines, and how far they lie apart in pixels of a picture of `STROKES_PX`."""
BEARD_DARK = 0.85
"""Share of a beard's darkness that is in its second lines."""
FINEST_PX = 4.2
"""Pixels that lie between two engraved lines at least, or they were dots."""


def tone_of(subject: Subject) -> Values:
    """float32 [S, S], 0..1: how light an artist leaves a place: local colour, some light, and the face's features."""
    grey = np.asarray(subject.calm @ GREY, np.float32)
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = float(np.median(grey[skin])) if skin.any() else 0.6
    # skin of any colour is drawn in the upper half, with what difference there is kept smaller
    lifted = grey * np.float32((0.80 + 0.22 * (level - 0.5)) / max(level, 0.08))
    tone = 0.15 + 0.8 * grey + (lifted - 0.15 - 0.8 * grey) * subject.face
    shade = 0.72 + 0.36 * subject.modelled(0.3)
    return np.asarray(np.clip(tone * shade + 0.10 * subject.light, 0, 1), np.float32)


def complexion(subject: Subject) -> Values:
    """float32 [S, S], at most 1: what gives dark skin back its own tone, where colours stand for it."""
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = float(np.median((subject.calm @ GREY)[skin])) if skin.any() else 0.6
    own = min(1.0, max(0.4, level / 0.60)) ** 0.8
    return np.asarray(1 + subject.face * (own - 1), np.float32)


def lines(subject: Subject, features: float = 1.0) -> Values:
    """float32 [S, S], 0..1: outlines, and the dark lines of eyes, brows, mouth and strands, as wide as a pencil's."""
    tone = tone_of(subject)
    fine = subject.blurred(tone, 0.55) - subject.blurred(tone, 1.8)
    weight = 1 + features * subject.part(EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=2.0 * subject.unit)
    dark = np.clip((-fine - 0.014) * 13 * weight, 0, 1)
    return np.asarray(np.maximum(dark, subject.blurred(subject.outlines, 0.5)), np.float32)


def steepness(subject: Subject, soft_px: float) -> Values:
    """float32 [S, S]: how fast tones change, in a picture that is smoothed so much; alike at every size."""
    tone = subject.blurred(np.asarray(np.sqrt(subject.calm @ GREY), np.float32), soft_px)
    steep = np.hypot(cv2.Sobel(tone, cv2.CV_32F, 1, 0), cv2.Sobel(tone, cv2.CV_32F, 0, 1)) * subject.unit
    return np.asarray(steep, np.float32)


def _hatching(subject: Subject, degrees: float, spacing: float, random: np.random.Generator) -> Values:
    """float32 [S, S], 0..1: parallel strokes, 1 in the middle of each, unsteady."""
    at = np.arange(subject.size_px, dtype=np.float32) / np.float32(subject.unit)
    angle = np.radians(degrees + random.normal(0, 3))
    across = at[None] * np.sin(angle) + at[:, None] * np.cos(angle) + 1.3 * smooth_noise(random, subject.size_px, 7)
    wave: Values = (0.5 + 0.5 * np.cos(across * np.float32(2 * np.pi / spacing))).astype(np.float32)
    return wave


def grain(size_px: int, random: np.random.Generator, strength: float) -> Values:
    """float32 [S, S] about 0: the grain of paper."""
    return fine_noise(random, size_px, 1.0) * np.float32(3.0 * strength)


def pencil(subject: Subject, random: np.random.Generator) -> Values:
    """Graphite on white paper: strokes that follow form and hair, hatched shades, thin searching lines."""
    size, tone = subject.size_px, tone_of(subject)
    along = strokes(subject, random, 0.6)
    graphite, hair = np.clip((0.92 - tone) * 1.15, 0, 1), subject.part(HAIR, soft_px=2.0 * subject.unit)
    ink = graphite * np.clip(0.70 + (0.42 - 0.18 * subject.face) * along, 0.05, 1.25)
    for degrees, spacing, start in ((52, 3.4, 0.62), (-38, 3.8, 0.34)):
        amount = np.clip((start - tone) / 0.4, 0, 1) * (1 - 0.7 * hair)
        ink = ink + 0.30 * amount * np.clip(1.6 * _hatching(subject, degrees, spacing, random) - 0.4, 0, 1)
    drawn = lines(subject)
    shift = floats([[1, 0, random.normal(0, 0.9 * subject.unit)], [0, 1, random.normal(0, 0.9 * subject.unit)]])
    ink = 1 - (1 - np.clip(ink, 0, 0.92)) * (1 - 0.72 * drawn) * (1 - 0.22 * cv2.warpAffine(drawn, shift, (size, size)))
    ink = ink * (1 + grain(size, random, 0.13))
    fade = np.clip(subject.blurred(subject.thick(subject.cover[..., 0], 1.5), 0.8), 0, 1)
    result = 1 - 0.94 * np.clip(ink, 0, 1) * fade
    return np.repeat(result[..., None], 3, -1).astype(np.float32) * floats([1.0, 0.998, 0.99])


def ink(subject: Subject, random: np.random.Generator) -> Values:
    """Black ink: solid shadows, brush lines, strands of hair; skin and cloth engraved, lines as thick as it is dark."""
    tone = subject.blurred(tone_of(subject), 0.8)
    # brows are told coarsely, and drawn where they are dark
    brows = subject.part(BROWS, soft_px=0.6 * subject.unit) * np.clip(-5 * subject.light - 0.2, 0, 1)
    hair = np.clip(subject.part(HAIR, soft_px=0.6 * subject.unit) + brows, 0, 1)
    cloth = subject.part(CLOTH, soft_px=0.4 * subject.unit)
    black = np.clip((0.30 - tone) * 14, 0, 1) * (1 - hair) * (1 - cloth)
    black = np.maximum(black, np.clip(subject.thick(lines(subject, 1.6), 0.9) * 2.0 - 0.7, 0, 1) * (1 - 0.6 * hair))
    black = black * np.clip(subject.thick(subject.cover[..., 0], 1.5) * 1.5, 0, 1)
    black = np.clip((subject.blurred(black.astype(np.float32), 0.5) - 0.36) * 5, 0, 1)
    dark = _darkness_of_skin(subject)
    skin = _engraved(subject, random, SKIN_LINES, dark) * subject.face * (1 - hair)
    beard = subject.blurred(floats(subject.beard), 1.5)
    skin = np.maximum(skin, _engraved(subject, random, BEARD_LINES, BEARD_DARK * dark * beard))
    woven = _engraved(subject, random, CLOTH_LINES, _darkness_of_cloth(subject)) * cloth
    frames = subject.rims * np.clip((0.62 - subject.grey) * 6, 0, 1)
    strands = _stranded(subject, random) * hair
    result = 1 - np.max([black, skin, woven, strands, frames, _contour(subject)], 0)
    return np.repeat(result[..., None], 3, -1).astype(np.float32)


def _contour(subject: Subject) -> Values:
    """float32 [S, S], 0..1: one unbroken line around the head, of light hair too."""
    cover = floats(subject.cover[..., 0] > 1 / 2)
    return np.asarray(subject.blurred(subject.thick(cover, 2.0) - cover, 0.35), np.float32)


def _stranded(subject: Subject, random: np.random.Generator) -> Values:
    """float32 [S, S], 0..1: strokes along the strands of hair, as close as it is dark."""
    grey = subject.blurred(np.asarray(subject.calm @ GREY, np.float32), 0.8)
    dark = np.clip(1.15 - 1.45 * grey - 0.35 * subject.light, 0.10, 0.97)
    along = strokes(subject, random, 0.6, LOCK)
    # of a deviation of one, less than this share lies above
    return np.asarray(np.clip((along - 2.4 * (0.5 - dark)) * 1.6 + 0.5, 0, 1), np.float32)


def _darkness_of_skin(subject: Subject) -> Values:
    """float32 [S, S], 0..1: how much of a face is black: relative to its skin, for that tells who it is."""
    grey = subject.blurred(np.asarray(subject.calm @ GREY, np.float32), 0.5)
    skin = np.isin(subject.labels, BARE) & subject.figure
    level = max(float(np.median(grey[skin])) if skin.any() else 0.6, 0.1)
    return np.asarray(np.clip(1.0 - 0.74 * grey / level, 0, 0.95), np.float32)


def _darkness_of_cloth(subject: Subject) -> Values:
    """float32 [S, S], 0..1: how much of clothes is black; none are left white, and none without their folds."""
    grey = subject.blurred(np.asarray(subject.calm @ GREY, np.float32), 1.2)
    folds = 0.9 * subject.blurred(subject.light, 1.0) + 0.3 * (subject.blurred(subject.lit(0.3), 2.0) - 0.7)
    return np.asarray(np.clip(1.02 - 0.94 * grey - folds, 0.10, 1), np.float32)


def _engraved(subject: Subject, random: np.random.Generator, way: tuple[float, float], dark: Values) -> Values:
    """float32 [S, S], 0..1: parallel lines, black to a share [S, S].

    Args:
        subject: what is drawn.
        random: of the hand.
        way: degrees of the lines, and how far they lie apart in pixels of a picture of `STROKES_PX`.
        dark: float32 [S, S], 0..1.
    """
    degrees, spacing = way
    apart = max(spacing, FINEST_PX / subject.unit)
    wave = _hatching(subject, degrees, apart, random)
    # a share of a wave is higher than the cosine of that share of half a turn; its edge is about a pixel wide
    steep = min(4.0, 0.4 * apart * subject.unit)
    return np.asarray(
        np.clip((wave - 0.5 - 0.5 * np.cos(np.pi * dark)) * steep + 0.5, 0, 1) * (dark > 0.04), np.float32
    )


def ways(subject: Subject) -> Values:
    """float32 [S, S, 2], unit: which way a brush goes, columns and rows: around the form, along hair and edges."""
    unit = subject.unit
    axes = subject.world_from_camera[:3, :3]
    sideways = subject.blurred(subject.normals @ axes[:, :2], 3.0)
    hair = subject.part(HAIR, BROWS, soft_px=3.0 * unit)[..., None]
    grey = subject.blurred(subject.grey, 1.0)
    right, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    # strands run where the picture changes least: the direction of the smoothed tensor of its slopes
    across, both, below = (subject.blurred(v, 3.0) for v in (right * right, right * down, down * down))
    angle = 0.5 * np.arctan2(2 * both, across - below)
    slope = np.stack([np.cos(angle), np.sin(angle)], -1)
    steep = np.sqrt(np.maximum(across + below, 0)) * np.float32(unit)
    drawn = np.maximum(hair[..., 0], np.clip((steep - STEEP) / STEEP, 0, 1))[..., None]
    # of two opposite ways along an edge the one that the form has
    slope = slope * np.where((slope * sideways).sum(-1, keepdims=True) < 0, -1, 1)
    normal = sideways * (1 - drawn) + slope * drawn + 0.02
    way = np.stack([-normal[..., 1], normal[..., 0]], -1)
    return floats(way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-4))


def strokes(subject: Subject, random: np.random.Generator, width: float, reach: float = 7.0) -> Values:
    """float32 [S, S] of deviation about one: noise drawn out along the form and the hair (line integral convolution).

    Args:
        subject: what is drawn.
        random: of the noise.
        width: of a stroke, in pixels of a picture of `STROKES_PX`.
        reach: half its length, in the same.
    """
    size, unit, way = subject.size_px, subject.unit, ways(subject)
    noise = fine_noise(random, size, width * TOOTH_PX / STROKES_PX)
    at = np.mgrid[0:size, 0:size].astype(np.float32)
    total = np.zeros((size, size), np.float32)
    for step in np.linspace(-reach, reach, 2 * round(reach / STEP) + 1, dtype=np.float32) * np.float32(unit):
        right_px, down_px = at[1] + way[..., 0] * step, at[0] + way[..., 1] * step
        total += cv2.remap(noise, right_px, down_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(total / max(float(total.std()), 1e-6), np.float32)


def _flat_lips(subject: Subject) -> Values:
    """float32 [S, S, 3]: lips in one strong colour of their own, with their own light and shade."""
    lips = subject.labels == LIPS
    own = np.median(subject.calm[lips], 0) if lips.any() else floats([0.7, 0.4, 0.4])
    flat = np.clip(float(own @ GREY) + (own - float(own @ GREY)) * 1.6, 0.02, 1)
    return floats(flat * np.exp(0.5 * np.clip(subject.light, -1, 0.3))[..., None])


def _flat_hair(subject: Subject, hair: Bits, along: Values) -> Values:
    """float32 [S, S, 3]: the own colour of hair [S, S], one shade and one gloss, and a few strokes along it [S, S]."""
    if not hair.any():
        return subject.calm
    own = np.median(subject.calm[hair], 0)
    grey = subject.blurred(subject.grey, 2.6)
    away = np.log((grey + 0.03) * (0.6 + 0.6 * subject.blurred(subject.lit(0.3), 2.0)))
    away = away - float(np.median(away[hair]))
    tone = np.select([away > GLOSSY, away < -SHADED], [1.28, 0.58], 0.95)
    flat = float(own @ GREY) + (own - float(own @ GREY)) * 1.35
    stroke = np.clip((along - FEW + 0.6 * np.clip(-away, -0.5, 1)) * 2.0, 0, 1)
    return floats(np.clip(tone[..., None] * flat, 0.03, 1) * (1 - 0.75 * stroke[..., None]))


def comic(subject: Subject, random: np.random.Generator) -> Values:
    """Flat colours in a few tones, black outlines, dots in the shades."""
    size = subject.size_px
    tones = subject.blurred(tone_of(subject), 1.2)
    smooth = evened(subject.calm, 0.12, max(1.0, 3.0 * subject.unit))
    level = np.maximum((smooth @ GREY)[..., None], 0.08)
    steps = np.select([tones > 0.80, tones > 0.60, tones > 0.40, tones > 0.22], [0.95, 0.80, 0.58, 0.36], 0.16)
    chroma = np.clip(1 + (smooth / level - 1) * 1.25, 0.25, 1.9)
    picture = floats(np.clip((steps * complexion(subject))[..., None] * chroma, 0, 1))
    # a little of the skin's own light and colour is left: by that people know each other
    picture = picture + OWN * (smooth - picture) * subject.face[..., None]
    picture = picture + (_flat_lips(subject) - picture) * (0.75 * subject.part(LIPS))[..., None]
    along, hair = strokes(subject, random, 0.8, LOCK), subject.labels == HAIR
    beard = subject.blurred(floats(subject.beard), 2.0) > 1 / 2
    for grown in (beard, hair):
        picture = picture + (_flat_hair(subject, grown, along) - picture) * grown[..., None]
    at = np.mgrid[0:size, 0:size].astype(np.float32) * np.float32(2 * np.pi / (5.0 * subject.unit))
    dots = np.clip((np.sin(at[0] + at[1]) + np.sin(at[0] - at[1]) - 0.3) * 3, 0, 1)
    shaded = ((tones > 0.40) & (tones <= 0.62) & ~beard).astype(np.float32) * subject.bare
    picture = picture * (1 - 0.22 * (dots * subject.blurred(shaded, 0.6))[..., None])
    jump = subject.blurred(subject.thick(subject.outlines, 2.0), 0.5)
    fine = subject.thick(lines(subject, 0.6), 0.8)
    quiet = np.select([subject.labels == CLOTH, hair, beard], [0.4, 0.0, 0.3], 1.0)
    black = np.clip(np.maximum(jump * 1.4, np.clip(fine * 2.0 - 0.8, 0, 1) * quiet), 0, 1)
    picture = picture * (1 - black[..., None])
    figure = np.clip(subject.thick(subject.cover[..., 0], 2.0) * 1.3, 0, 1)[..., None]
    shift = np.float32(1 + random.uniform(-0.04, 0.04))
    return np.asarray(1 - figure * (1 - np.clip(picture * shift, 0, 1)), np.float32)
