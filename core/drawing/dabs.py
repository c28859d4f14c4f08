"""Oil: dabs of a brush, large ones first and small ones where there is something to see, each of one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import fine_noise
from core.drawing.paper import steepness, ways
from core.drawing.smoothing import softened
from core.drawing.subject import BROWS, EYES, GLASSES, GREY, LIPS, MOUTH, NOSE, floats

if TYPE_CHECKING:
    from core.drawing.subject import Bits, Subject, Values

LAYERS = ((11.0, 3.2, 5.4), (6.5, 3.0, 3.0), (3.2, 2.4, 1.6), (1.5, 2.0, 0.9))
"""Half the length of a dab, how much longer than wide it is, and how far dabs lie apart, in `STROKES_PX` pixels."""
WANTED = (0.0, 0.12, 0.42, 0.62)
"""How much there must be to see for a layer's dabs."""
MIXED = 0.030
"""How far colours of dabs differ from what they show."""
RELIEF = 0.038
"""How much lighter or darker a ridge of paint is than its colour, for each step of its height."""
ASTRAY, TURNED_DEGREES, LONGER = 0.6, 9, (0.75, 1.2)
"""How far dabs lie from a grid's points, in its steps, and turn off their way (a deviation); and how long they are."""
FINE, BITS = 16, 4
"""Parts of a pixel in which dabs are placed, and the same as a power of two."""


def oil(subject: Subject, random: np.random.Generator) -> Values:
    """Thick saturated paint; the brush follows form and hair, and its ridges catch light."""
    unit = subject.unit
    vivid = _vivid(subject)
    telling = subject.part(EYES, LIPS, BROWS, MOUTH, NOSE, GLASSES, soft_px=2.5 * unit)
    way = ways(subject)
    picture, height = vivid.copy(), np.zeros(vivid.shape[:2], np.float32)
    worth = _worth(subject, telling)
    for layer, wanted in zip(LAYERS, WANTED, strict=True):
        where = (worth >= wanted) & (subject.cover[..., 0] > 0.3)
        _lay_dabs(picture, height, layer, subject, random, vivid, way, where)
    # frames are thinner than any brush
    picture = picture + (vivid - picture) * (0.8 * subject.rims)[..., None]
    bristles = _bristles(subject, random, way)
    relief = subject.blurred(height, 0.45) + 0.10 * bristles
    slope = cv2.Sobel(relief, cv2.CV_32F, 0, 1) + cv2.Sobel(relief, cv2.CV_32F, 1, 0)
    ridge = (
        np.clip(-slope * RELIEF * unit, -0.06, 0.09)
        * (1 - 0.75 * np.clip(telling, 0, 1))
        * (1 - 0.4 * np.clip(subject.face, 0, 1))
    )
    picture = subject.blurred(picture, 0.30) + ridge[..., None] * (0.35 + picture)
    rough = np.clip(subject.blurred(subject.cover[..., 0], 1.0) + 0.08 * bristles, 0, 1)
    cover = np.clip((rough - 0.4) * 5, 0, 1) * np.clip(subject.thick(subject.cover[..., 0], 3), 0, 1)
    return np.asarray(1 - cover[..., None] * (1 - np.clip(picture, 0, 1)), np.float32)


def _vivid(subject: Subject) -> Values:
    """float32 [S, S, 3]: the head in strong colours, its lights warm and its shadows cool."""
    warm = (subject.whole * 0.95 + 0.04) * (0.78 + 0.36 * subject.modelled(0.3))[..., None]
    warm = warm + 0.12 * (subject.lit(0.1) - 0.5)[..., None] * floats([1.0, 0.65, 0.25])
    warm = warm + np.clip(0.5 - subject.lit(0.2), 0, 1)[..., None] * floats([0.01, 0.01, 0.05])
    grey = (warm @ GREY)[..., None]
    return floats(np.clip(grey + (warm - grey) * 1.35, 0, 1))


def _lay_dabs(
    picture: Values,
    height: Values,
    layer: tuple[float, float, float],
    subject: Subject,
    random: np.random.Generator,
    shown: Values,
    way: Values,
    where: Bits,
) -> None:
    """Paint one layer of dabs into a picture.

    Args:
        picture: float32 [S, S, 3], changed in place.
        height: float32 [S, S] of the paint, likewise.
        layer: one of `LAYERS`.
        subject: what is painted.
        random: every draw.
        shown: float32 [S, S, 3], what dabs have their colours of.
        way: float32 [S, S, 2], along which the brush goes.
        where: bool [S, S], where dabs may lie.
    """
    length, slender, apart = layer
    size, unit = subject.size_px, subject.unit
    soft = softened(shown, max(0.4, 0.30 * length * unit))
    step = max(1.0, apart * unit)
    grid = np.arange(step / 2, size, step)
    rows, columns = (values.ravel() for values in np.meshgrid(grid, grid, indexing="ij"))
    columns, rows = (
        np.clip(values + random.uniform(-ASTRAY, ASTRAY, len(values)) * step, 0, size - 1) for values in (columns, rows)
    )
    at = rows.astype(np.intp), columns.astype(np.intp)
    order = random.permutation(len(rows))
    order = order[where[at][order]]
    # small dabs draw: of mixed colours they would be noise
    mixed = MIXED * min(1.0, length / LAYERS[0][0])
    shade = random.normal(0, mixed, (len(rows), 1)) + random.normal(0, 0.4 * mixed, (len(rows), 3))
    colours = np.clip(soft[at] * (1 + shade / 0.4), 0, 1)
    angles = np.degrees(np.arctan2(way[..., 1][at], way[..., 0][at])) + random.normal(0, TURNED_DEGREES, len(rows))
    levels = random.uniform(0.2, 1.0, len(rows))
    long_px = np.maximum(1.0, length * unit * random.uniform(*LONGER, len(rows)))
    for number in order:
        centre = (round(float(columns[number]) * FINE), round(float(rows[number]) * FINE))
        axes = (round(float(long_px[number]) * FINE), max(FINE // 2, round(float(long_px[number]) / slender * FINE)))
        angle, level = float(angles[number]), float(levels[number]) * length / 5
        colour = tuple(float(value) for value in colours[number])
        cv2.ellipse(picture, centre, axes, angle, 0, 360, colour, -1, cv2.LINE_8, BITS)
        cv2.ellipse(height, centre, axes, angle, 0, 360, level, -1, cv2.LINE_8, BITS)


def _worth(subject: Subject, telling: Values) -> Values:
    """float32 [S, S], 0..1: how much there is to see."""
    busy = subject.blurred(np.asarray(np.clip(2.2 * steepness(subject, 0.7), 0, 1), np.float32), 1.2)
    face = np.clip(subject.face, 0, 1)
    return np.asarray(np.clip(busy * (0.5 + 0.7 * face) + 0.70 * telling + 0.15 * face, 0, 1), np.float32)


def _bristles(subject: Subject, random: np.random.Generator, way: Values) -> Values:
    """float32 [S, S] of deviation about one: fine furrows along the strokes."""
    size = subject.size_px
    noise = fine_noise(random, size, 1.2)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    total = np.zeros((size, size), np.float32)
    for step in np.linspace(-4, 4, 7, dtype=np.float32) * np.float32(subject.unit):
        across, down = columns + way[..., 0] * step, rows + way[..., 1] * step
        total += cv2.remap(noise, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(total / max(float(total.std()), 1e-6), np.float32)
