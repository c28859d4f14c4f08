"""Watercolour: a few transparent washes over white paper, each darker where it dried at its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.paper import complexion, grain, lines, strokes, tone_of
from core.drawing.subject import BROWS, EYES, GLASSES, GREY, HAIR, LIPS, MOUTH, floats, smooth_noise

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values

GLAZES = ((1.00, 0.16), (0.84, 0.15), (0.70, 0.20), (0.54, 0.24), (0.34, 0.32), (0.17, 0.34))
"""Tone below which each wash lies, and how much of the light it takes."""
SOFT = 0.06
"""Width of a wash's edge, in tones."""
EDGE = 0.55
"""How much darker than its middle a wash is at its edge."""
VIVID = 1.35
FLOW_PX = 2.6
"""How far colour runs, in pixels of a picture of `STROKES_PX`."""


def watercolour(subject: Subject, random: np.random.Generator) -> Values:
    """Washes that run at their edges, hair in broad wet strokes, white paper in the lights, fine lines of a brush."""
    size, unit = subject.size_px, subject.unit
    hair = subject.part(HAIR, soft_px=2.0 * unit)
    features = subject.part(EYES, BROWS, LIPS, MOUTH, GLASSES, soft_px=2.0 * unit)
    calm = cv2.bilateralFilter(subject.whole, 0, 0.14, max(1.0, 3.5 * unit))
    pull = strokes(subject, random, 2.6)
    tone = subject.blurred(tone_of(subject), 1.1)
    loose = 0.030 * smooth_noise(random, size, 12) + 0.022 * smooth_noise(random, size, 34)
    tone = tone + (loose + 0.055 * hair * pull) * (1 - 0.75 * features)
    taken = np.zeros((size, size), np.float32)
    for level, strength in GLAZES:
        wash = np.clip((level - tone) / SOFT + 0.5, 0, 1)
        dried = np.clip(wash - subject.blurred(wash, 2.2), 0, 1) * EDGE
        taken = 1 - (1 - taken) * (1 - strength * np.clip(wash * (0.88 + dried), 0, 1.4))
    # granules of pigment settle in the grain of the paper
    taken = taken * (1 + 0.09 * smooth_noise(random, size, 9) + grain(size, random, 0.06))
    level = (calm @ GREY)[..., None]
    hue = np.clip(1 + (calm / np.maximum(level, 0.10) - 1) * VIVID, 0.25, 1.9)
    left = (1 - np.clip(taken, 0, 0.93) / complexion(subject)).clip(0.04, 1)
    # transparent pigment: what is left of the light, of its colour the more the less is left
    colour = np.clip(left[..., None] * (1 + (hue - 1) * np.clip(4.0 * taken, 0, 1)[..., None]), 0, 1)
    picture, cover = _run(subject, floats(colour), random)
    fine = subject.blurred(lines(subject, 1.4), 0.35) * (0.20 + 0.80 * features)
    picture = picture * (1 - fine[..., None] * floats([0.46, 0.54, 0.52]))
    rim = np.clip(cover - subject.blurred(cover, 2.4), 0, 0.5) * np.clip(1.2 * taken + 0.15, 0, 1)
    picture = picture * (1 - 0.7 * rim[..., None])
    return np.asarray(1 - (1 - np.clip(picture, 0, 1)) * np.clip(cover * 1.1, 0, 1)[..., None], np.float32)


def _run(subject: Subject, colour: Values, random: np.random.Generator) -> tuple[Values, Values]:
    """A picture and the head's cover [S, S], both bent a little, as wet colour runs; less in the face."""
    size = subject.size_px
    bend = (0.6 * smooth_noise(random, size, 26, 2) + 0.5 * smooth_noise(random, size, 9, 2)) * subject.unit
    bend = bend * np.float32(FLOW_PX / 2) * (1 - 0.75 * subject.blurred(subject.face, 2.0))[..., None]
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    across, down = floats(columns + bend[..., 0]), floats(rows + bend[..., 1])
    picture = cv2.remap(colour, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(subject.cover[..., 0], across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.float32), np.asarray(cover, np.float32)
