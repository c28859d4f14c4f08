"""Light baked into each vertex: shadow maps seen from all sides are summed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.training.synthetic.arrays import Floats, Ints
from core.training.synthetic.light import Light, sphere_directions
from core.training.synthetic.part import Part, PartKind
from core.training.synthetic.renderer import OffscreenRenderer

FINE_SHADOWS = 40  # directions of light
FAST_SHADOWS = 26  # of version 3, which is computed in single precision
_SHADOW_HALF_WIDTH = 0.62  # world units
_AMBIENT = 0.108
_GAIN = 4.0
_TAPS = (-0.7, 0.7)  # texels by which the shadow map is softened


def lit(parts: Sequence[Part], light: Light, renderer: OffscreenRenderer, directions: int = FINE_SHADOWS) -> list[Part]:
    """The parts with their irradiance, float [N,3], from shadow maps of so many directions; its scale is free."""
    if directions != FINE_SHADOWS:
        parts = [replace(p, position=p.position.astype(np.float32), normal=p.normal.astype(np.float32)) for p in parts]
    totals = [np.zeros((len(part.position), 3), part.position.dtype) for part in parts]
    with renderer.uploaded(parts) as scene:
        for direction in sphere_directions(directions).astype(parts[0].position.dtype):
            axes = _shadow_axes(direction)
            nearest = renderer.shadow_depth(scene, axes)
            radiance = light.radiance(direction)
            for part, total in zip(parts, totals, strict=True):
                total += _lambert(part, direction) * _visible(part, direction, axes, nearest)[:, None] * radiance
    return [
        replace(part, irradiance=total * (_GAIN / directions) + _AMBIENT * (0.5 + 0.5 * part.normal[:, 1:2]))
        for part, total in zip(parts, totals, strict=True)
    ]


def _shadow_axes(direction: Floats) -> Floats:
    """Rows: right, up and away from the light, scaled so that the head fills -1..1. [3,3]."""
    right = np.cross(direction, [0, 1, 0] if abs(direction[1]) < 0.9 else [1, 0, 0])
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), -direction]) / _SHADOW_HALF_WIDTH


def _hairy(part: Part) -> bool:
    return part.kind in (PartKind.CARD, PartKind.FUR)


def _facing(part: Part, direction: Floats) -> Floats:
    """Cosine of the angle to the light [N]; hair is lit from the side too."""
    facing: Floats = part.normal @ direction
    return 0.25 + 0.75 * facing if _hairy(part) else facing


def _lambert(part: Part, direction: Floats) -> Floats:
    """Diffuse reflection per colour [N,3], wrapped past the terminator."""
    wrap = np.array(part.wrap)
    reflected: Floats = np.clip((_facing(part, direction)[:, None] + wrap) / (1 + wrap) ** 2, 0, None)
    return reflected


def _visible(part: Part, direction: Floats, axes: Floats, nearest: Floats) -> Floats:
    """Share 0..1 of the light that reaches each vertex [N]; shadow map [S,S], first row at the bottom."""
    x, y, depth = (part.position @ axes.T * 0.5 + 0.5).T
    bias = 0.006 + 0.01 * np.clip(1 - _facing(part, direction), 0, 1) + 0.012 * _hairy(part)
    size = len(nearest)
    columns = [_texel(x, tap, size) for tap in _TAPS]
    rows = [_texel(y, tap, size) for tap in _TAPS]
    taps = [depth <= nearest[row, column] + bias for column in columns for row in rows]
    visible: Floats = np.sum(taps, 0) / len(taps)
    return visible


def _texel(x: Floats, offset: float, size: int) -> Ints:
    texel: Ints = np.clip(np.round(x * size - 0.5 + offset).astype(int), 0, size - 1)
    return texel
