"""Where hair begins: single hairs over the skin, instead of the edge of a cap."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.rendering.borders import Border, share_of
from core.rendering.hair_flow import unrolled
from core.rendering.places import at_size, places_of, solid, tiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.frame import Frame

    Floats = NDArray[np.float32]

BARE = ("skin", "neck", "ears", "brows")
REACH, SOFT = 0.0055, 0.011
"""How far single hairs reach beyond the line and stay behind it, and how soft they end, picture sides."""
TIP, LOCK, LOCKS = 0.012, 0.018, 77
"""How far locks that hang over the line reach beyond it and stay behind it, picture sides; how wide they are on
average, world units, and how many there are before they repeat."""
BAND = 0.03
"""How far from the line hairs are looked for, picture sides."""
STRAND = 0.6
"""How much single hairs differ at the line, to those inside the hair."""
STEP = 0.12
"""Difference of depth, world units, from which hair hangs before the skin and does not grow on it."""
SHADE, SHADE_FAR = 0.16, 0.012
"""How dark hair's shadow on the skin is, and how far it falls, picture sides."""


def with_hairline(frame: Frame, read: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Frame:
    """A frame whose hair ends in hairs on the skin; the very same one where it shows none.

    Args:
        frame: with its hair drawn.
        read: lightness of the hair at world points [N, 3] to hair around them, natural logarithm [N].
    """
    if frame.labels is None:
        return frame
    size = len(frame.rgb)
    rgb = frame.rgb.astype(np.float32)
    hair, bare = share_of(frame.labels, ("hair",), size), share_of(frame.labels, BARE, size)
    border = Border.of(rgb, hair, bare, frame.alpha)
    if border is None:
        return frame
    depth = at_size(frame.depth, size)
    chosen = np.flatnonzero((np.abs(border.inside.ravel()) < BAND) & (border.both.ravel() > 0.3) & (depth.ravel() > 0))
    if not len(chosen):
        return frame
    points, _ = places_of(frame.camera, depth, chosen)
    found = read(points)
    noise = np.zeros(size * size, np.float32)
    noise[chosen] = np.clip(found / max(float(found.std()), 1e-6), -2, 2)
    detail = np.zeros_like(noise)
    detail[chosen] = np.clip(STRAND * found, -STRAND, STRAND / 4)
    tips = np.zeros_like(noise)
    tips[chosen] = tiled(_tips(), np.zeros(len(chosen)), unrolled(points)[0] / LOCK * _tips().shape[1] / LOCKS)
    fringe = TIP * tips.reshape(size, size) * _hanging(border.inside)
    lift = border.inside + REACH * noise.reshape(size, size) + fringe
    share = np.clip(0.5 + lift / SOFT, 0, 1)
    tone = np.exp(detail).reshape(size, size, 1)
    level = _level(frame.depth, size)
    border = replace(border, near=border.near * level, both=border.both * level)
    drawn = replace(border, own=np.asarray(border.own * tone, np.float32)).cut(rgb, np.asarray(share, np.float32))
    fall = SHADE * np.exp(np.minimum(border.inside, 0) / SHADE_FAR) * (1 - share) * border.both
    return replace(frame, rgb=np.clip(drawn * (1 - fall[..., None]) + 0.5, 0, 255).astype(np.uint8))


def _hanging(inside: Floats) -> Floats:
    """Where hair lies above what is bare, 0..1 [S, S], from how far pixels lie inside it."""
    fall = -cv2.Sobel(cv2.GaussianBlur(inside, (0, 0), 2.0), cv2.CV_32F, 0, 1) * len(inside) / 8
    return np.asarray(np.clip(1.5 * fall - 0.3, 0, 1), np.float32)


@cache
def _tips() -> Floats:
    """How far locks beside one another hang down, float32 [1, N], -1..1; it repeats."""
    random, steps = np.random.default_rng(4), 16
    ends = np.cumsum(random.uniform(0.3, 1.7, LOCKS))
    ends *= LOCKS / ends[-1]
    at = (np.arange(LOCKS * steps) + 0.5) / steps
    number = np.searchsorted(ends, at).clip(0, LOCKS - 1)
    starts = np.concatenate([[0], ends[:-1]])
    across = 2 * (at - starts[number]) / (ends - starts)[number] - 1 + random.uniform(-0.4, 0.4, LOCKS)[number]
    long = random.uniform(0.1, 1.0, LOCKS)[number]
    return np.asarray((2 * long * np.clip(1 - across**2, 0, 1) - 0.8)[None], np.float32)


def _level(depth: Floats, size: int) -> Floats:
    """Where a surface goes on without a step, float32 [S, S], 0..1."""
    whole = solid(depth)
    kernel = np.ones((3, 3), np.uint8)
    step = cv2.dilate(whole, kernel) - cv2.erode(whole, kernel)
    flat = cv2.erode(np.clip(2 - step / (STEP / 2), 0, 1).astype(np.float32), kernel)
    return np.asarray(cv2.resize(flat, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
