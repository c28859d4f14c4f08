"""Where hair begins: single hairs over the skin, instead of the edge of a cap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.hair_strands import HairStrands
from core.rendering.borders import Border, share_of
from core.rendering.fine_hairs import ends_at, hairs_at
from core.rendering.hair_grain import HairGrain
from core.rendering.places import at_size, places_of, steps_of
from core.rendering.strands import hair_at, run_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.rendering.hair_flow import HairFlow

    Floats = NDArray[np.float32]

BARE = ("skin", "neck", "ears", "brows")
STANDS, HANGS, CURLED = 0.004, 0.016, 0.006
"""How far hairs reach beyond the line and stay behind it, picture sides: those that stand on the skin, those that hang
over it, and curls."""
SOFT = (0.005, 0.011)
"""How softly hairs and curls end, picture sides."""
CALM = 0.006
"""Deviation of the smoothing of the line, picture sides: labels are coarse."""
BAND = 0.03
"""How far from the line hairs are looked for, picture sides."""
LOCKS, LEAST, MOST = 0.35, -0.4, 0.2
"""How much of the locks' lightness single hairs at the line take, as what is carried there has some of it, and bounds
of how dark and light they are, natural logarithms."""
STEP = 0.12
"""Difference of depth, world units, from which hair hangs before the skin and does not grow on it."""
SHADE, SHADE_FAR = 0.16, 0.012
"""How dark hair's shadow on the skin is, and how far it falls, picture sides."""


def with_hairline(frame: Frame, strands: HairStrands | HairFlow | HairGrain | None) -> Frame:
    """A frame whose hair ends in hairs on the skin; the very same one where it shows none.

    Args:
        frame: with its hair drawn.
        strands: of the hair, or how a photo's hair goes on; None where nobody has told.
    """
    if frame.labels is None or strands is None:
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
    found, longer = _hairs(points, strands, frame.camera.radius / frame.camera.focal / size)
    inside = cv2.GaussianBlur(border.inside, (0, 0), CALM * size)
    curled = isinstance(strands, HairGrain) or (isinstance(strands, HairStrands) and bool(strands.curl))
    reach = CURLED if curled else STANDS + (HANGS - STANDS) * _hanging(inside).ravel()[chosen]
    share, tone = (inside > 0).astype(np.float32), np.ones_like(inside)
    share.ravel()[chosen] = np.clip(0.5 + (inside.ravel()[chosen] + reach * longer) / SOFT[curled], 0, 1)
    tone.ravel()[chosen] = np.exp(np.clip(found, LEAST, MOST))
    level = _level(frame.depth, size)
    border = replace(border, near=border.near * level, both=border.both * level)
    drawn = replace(border, own=border.own * tone[..., None]).cut(rgb, share)
    fall = SHADE * np.exp(np.minimum(inside, 0) / SHADE_FAR) * (1 - share) * border.both
    return replace(frame, rgb=np.clip(drawn * (1 - fall[..., None]) + 0.5, 0, 255).astype(np.uint8))


def _hairs(
    points: NDArray[np.float64], strands: HairStrands | HairFlow | HairGrain, pixel: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How light hairs are at world points [N, 3], natural logarithms, and how much longer than others, -1..1, [N]."""
    curl, wave = (strands.curl, strands.wave) if isinstance(strands, HairStrands) else (0.0, 0.0)
    found = hair_at(points, strands) if isinstance(strands, HairStrands) else strands.at(points)
    if isinstance(strands, HairGrain) or curl:
        return LOCKS * found, np.clip(found / max(float(found.std()), 1e-6), -2, 2)
    turn, down, _ = run_of(points, wave)
    return LOCKS * found + hairs_at(turn, down, pixel), 2 * ends_at(turn, down) - 1


def _hanging(inside: Floats) -> Floats:
    """Where hair lies above what is bare, 0..1 [S, S], from how far pixels lie inside it."""
    fall = -cv2.Sobel(inside, cv2.CV_32F, 0, 1) * len(inside) / 8
    return np.asarray(np.clip(1.5 * fall - 0.3, 0, 1), np.float32)


def _level(depth: Floats, size: int) -> Floats:
    """Where a surface goes on without a step, float32 [S, S], 0..1."""
    flat = np.clip(2 - steps_of(depth) / (STEP / 2), 0, 1).astype(np.float32)
    flat = cv2.erode(flat, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(flat, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
