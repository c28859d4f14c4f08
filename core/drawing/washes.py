"""Watercolour: a few transparent washes over white paper, each darker where it dried at its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import smooth_noise
from core.drawing.paper import complexion, grain, lines, strokes, tone_of
from core.drawing.smoothing import evened
from core.drawing.subject import BROWS, EYES, GREY, HAIR, LIPS, MOUTH, floats

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values

GLAZES = ((0.88, 0.10), (0.75, 0.15), (0.60, 0.19), (0.44, 0.22), (0.26, 0.26))
"""Tone below which each further wash lies, and how much of the light it takes."""
THINNED, LIT = 0.56, 0.90
"""How much of its darkness a colour has in the first wash, and the tone from which paper shows."""
SOFT = 0.018, 0.16
"""Width of a wash's edge, in tones, on paper that is dry and where it is wet: edges are found and lost."""
EDGE, EDGE_PX = 1.5, 1.2
"""How much darker than its middle a wash is at its edge; how wide that is, in pixels of a picture of `STROKES_PX`."""
VIVID = 1.45
FLOW_PX = 2.6
"""How far colour runs, in pixels of a picture of `STROKES_PX`."""
BLED = floats([0.10, 0.01, -0.11])
"""What warm pigment that bled into a wash does to it; cool one does the opposite."""


def watercolour(subject: Subject, random: np.random.Generator) -> Values:
    """Glazes with sharp dried edges, pigments that bled into each other, white paper in the lights, a fine brush."""
    size, unit = subject.size_px, subject.unit
    hair = subject.part(HAIR, soft_px=2.0 * unit)
    features = np.maximum(subject.part(EYES, BROWS, LIPS, MOUTH, soft_px=2.0 * unit), subject.rims)
    face = subject.blurred(np.clip(subject.face, 0, 1), 1.5)
    pull = strokes(subject, random, 2.6)
    tone = subject.blurred(tone_of(subject), 1.3)
    loose = 0.030 * smooth_noise(random, size, 12) + 0.022 * smooth_noise(random, size, 34)
    # the brush is steadier in a face
    tone = tone + (loose * (1 - 0.4 * face) + 0.055 * hair * pull) * (1 - 0.75 * features)
    wet = floats(np.clip(0.45 + 0.5 * smooth_noise(random, size, 11), 0, 1))
    soft = floats(SOFT[0] * (SOFT[1] / SOFT[0]) ** wet)
    taken = np.zeros((size, size), np.float32)
    for level, strength in GLAZES:
        wash = np.clip((level - tone) / soft + 0.5, 0, 1)
        dried = np.clip(wash - subject.blurred(wash, EDGE_PX), 0, 1) * EDGE
        taken = 1 - (1 - taken) * (1 - strength * np.clip(wash * (0.84 + dried), 0, 1.7))
    # granules of pigment settle in the grain of the paper
    taken = taken * (1 + 0.12 * smooth_noise(random, size, 9) + grain(size, random, 0.12))
    left = np.clip(1 - taken, 0.13, 1)[..., None]
    bled = (0.7 * smooth_noise(random, size, 6) + 0.5 * smooth_noise(random, size, 15))[..., None]
    first = _first_wash(subject, tone)
    wash = floats(first * (1 + BLED * np.clip(bled, -1.5, 1.5) * np.clip(2.2 * (1 - first), 0, 1)))
    picture, cover = _run(subject, floats(wash * left), random)
    fine = subject.blurred(lines(subject, 1.4), 0.25) * (0.12 + 0.88 * features)
    picture = floats(picture * (1 - fine[..., None] * floats([0.46, 0.54, 0.52])))
    rim = np.clip(cover - subject.blurred(cover, EDGE_PX), 0, 0.5) * np.clip(1.2 * taken + 0.15, 0, 1)
    picture = picture * (1 - 0.9 * rim[..., None])
    return np.asarray(1 - (1 - np.clip(picture, 0, 1)) * np.clip(cover * 1.1, 0, 1)[..., None], np.float32)


def _first_wash(subject: Subject, tone: Values) -> Values:
    """float32 [S, S, 3]: what the first broad wash leaves of the light: local colours, thinned; paper in the lights."""
    calm = evened(subject.whole, 0.14, max(1.0, 3.5 * subject.unit))
    broad = subject.blurred(calm, 1.6)
    level = np.maximum((broad @ GREY)[..., None], 0.10)
    hue = np.clip(1 + (broad / level - 1) * VIVID, 0.2, 2.0)
    thin = np.clip(1 - THINNED * (1 - level), 0, 1)
    wash = np.clip(thin * (1 + (hue - 1) * np.clip(5.0 * (1 - thin), 0.5, 1)), 0, 1)
    light = subject.blurred(np.clip((tone - LIT) / (1 - LIT), 0, 1), 0.4) * complexion(subject) ** 2
    return np.asarray(
        wash + (1 - wash) * (0.75 * light * (1 - subject.part(LIPS, MOUTH, soft_px=subject.unit)))[..., None],
        np.float32,
    )


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
