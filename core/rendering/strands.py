"""Hair drawn with its strands: a texture around the head, looked up by the place that each pixel shows.

A head model paints hair softly. The strands run from the crown outwards and down; where they begin there is no
direction yet, and they fade. Hair shines where strands lie across the middle between light and view (Kajiya and Kay
1989), a band that wanders as the head turns.
"""

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Frame
from core.hair_strands import HairStrands
from core.mask import PARTS
from core.rendering.curls import curls_at, with_curls
from core.rendering.fine_hairs import hairs_at
from core.rendering.hair_flow import HairFlow, hung
from core.rendering.places import at_size, calmed, places_of, steady, tiled

GIRTH = 0.22
"""Distance from the axis at which a texture's pixel has its own size, world units: the head's mean radius."""
STRETCH = 2.6
"""How much longer a texture's pixel is than wide: windows of a photo hold short pieces of strands."""
POLE = (0.0, -0.05)
"""x and z of the crown, from which hair runs."""
CROWN = (0.03, 0.09)
"""Distances from the axis at which strands are not seen yet, and entirely."""
FLOW_CROWN = (0.01, 0.04)
"""The same where a photo tells how they run."""
CENTRE = np.array([0.0, 0.03, -0.02])
"""Of the ball that the shine takes the head for."""
LAMP = np.array([-0.25, 0.85, 0.46])
SHINE, NARROW, SPARKLE = 0.16, 28.0, 0.5
"""How much lighter hair is where it shines, how sharply that ends, and how much single strands differ in it."""
LIGHT_CALM = 0.7
"""By which share the strands of white hair differ less than those of black hair."""
SWING, LIMP, FREE = 0.085, 0.10, -0.08
"""Length of a wave down the hair, and heights between which strands begin to swing, world units."""

Floats = NDArray[np.float32]


def with_strands(frame: Frame, strands: HairStrands | None, flow: HairFlow | None = None) -> Frame:
    """A frame whose hair has strands; the very same one where it shows none.

    Args:
        frame: with labels.
        strands: the head's; None where nothing but `flow` tells.
        flow: where a photo tells how they run: then they are drawn from it.
    """
    if frame.labels is None or (strands is None and flow is None):
        return frame
    if strands is not None and strands.curl:
        return with_curls(frame, strands)
    rgb, size = frame.rgb, len(frame.rgb)
    hair = (frame.labels == PARTS.index("hair")).astype(np.float32)
    share = cv2.resize(cv2.GaussianBlur(hair, (3, 3), 0), (size, size), interpolation=cv2.INTER_LINEAR).ravel()
    along_z = at_size(frame.depth, size)
    if flow is None:
        along_z = calmed(along_z, share.reshape(size, size))
    chosen = np.flatnonzero((share > 0.02) & (along_z.ravel() > 0))
    if not len(chosen):
        return frame
    points, directions = places_of(frame.camera, along_z, chosen)
    if flow is None:
        assert strands is not None
        turn, down, out = run_of(points, strands.wave)
        detail = _read(strands, turn, down) + hairs_at(turn, down, frame.camera.radius / frame.camera.focal / size)
        # light hair has less room to shine, and its shadows are filled
        detail *= 1 - LIGHT_CALM * (rgb.reshape(-1, 3)[chosen].mean(axis=1) / 255) ** 1.5
    else:
        detail, out = flow.at(points), np.hypot(points[:, 0] - POLE[0], points[:, 2] - POLE[1])
    shown = _shown(out, flow) * share[chosen]
    if flow is None:
        shown *= steady(frame.depth, size).ravel()[chosen]
    detail += np.log1p(SHINE * _shine(points, directions, detail))
    hue = np.ones(3) if flow is None else flow.hue
    change = np.exp((detail * shown)[:, None] * hue)
    finished = rgb.reshape(-1, 3).copy()
    finished[chosen] = np.clip(finished[chosen] * change + 0.5, 0, 255).astype(np.uint8)
    return replace(frame, rgb=finished.reshape(rgb.shape))


def hair_at(points: NDArray[np.float64], strands: HairStrands) -> NDArray[np.float64]:
    """How much lighter or darker hair is at world points [N, 3] than around them, natural logarithm [N]."""
    return curls_at(points, strands.curl) if strands.curl else strands_at(points, strands)[0]


def crown_share(points: NDArray[np.float64], flow: HairFlow | None) -> NDArray[np.float64]:
    """How far strands are seen at world points [N, 3], 0..1: not at the crown, where they begin."""
    return _shown(np.hypot(points[:, 0] - POLE[0], points[:, 2] - POLE[1]), flow)


def _shown(out: NDArray[np.float64], flow: HairFlow | None) -> NDArray[np.float64]:
    """The same from distances [N] to the axis of the crown."""
    first, last = CROWN if flow is None else FLOW_CROWN
    return np.clip((out - first) / (last - first), 0, 1)


def strands_at(points: NDArray[np.float64], strands: HairStrands) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the texture says at world points [N, 3], and how far these are from the axis of the crown, [N]."""
    turn, down, out = run_of(points, strands.wave)
    return _read(strands, turn, down), out


def _read(strands: HairStrands, turn: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """The texture where hair runs (see `run_of`), [N]."""
    # a whole number of repeats around the head, so that there is no seam
    repeats = max(1, round(2 * math.pi * GIRTH / (strands.pixel * strands.detail.shape[1])))
    detail = strands.detail.astype(np.float32)
    return tiled(detail, down / (strands.pixel * STRETCH), turn * repeats * strands.detail.shape[1])


def run_of(
    points: NDArray[np.float64], wave: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where world points [N, 3] lie on hair that runs from the crown, [N] each.

    Args:
        points: on the hair.
        wave: how far it swings, world units.

    Returns:
        Ways around the head, 1 for all of it; ways along the hair and from the crown's axis, world units.
    """
    moved = hung(points)
    x, y, z = moved[:, 0] - POLE[0], moved[:, 1], moved[:, 2] - POLE[1]
    out = np.hypot(x, z)
    angle = np.arctan2(x, z)
    turn = angle / (2 * math.pi)
    if wave:
        free = np.clip((LIMP - y) / (LIMP - FREE), 0, 1)
        lock = 2 * np.sin(3 * angle) + 1.3 * np.sin(7 * angle + 1)  # locks do not swing as one
        turn = turn + wave / (2 * math.pi * GIRTH) * free * np.sin(2 * math.pi * y / SWING + lock)
    return turn, out - y, out


def _shine(
    points: NDArray[np.float64], directions: NDArray[np.float64], detail: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much strands at points [N, 3] mirror the light to who looks along `directions`, 0..1 [N]."""
    out = points - CENTRE
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    along = out * out[:, 1:2] - [0.0, 1.0, 0.0]  # down, along the ball
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    middle = LAMP - directions
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    across = (along * middle).sum(axis=1) + SPARKLE * detail
    return np.asarray(np.exp(-NARROW * across**2) * np.clip((out * middle).sum(axis=1), 0, 1), np.float64)
