"""Heads of one material: clay, marble, bronze and carved wood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import VOLUME_CELLS, volume_noise
from core.drawing.subject import BROWS, GLASSES, GREY, HAIR, NOSE, SKIN, floats

if TYPE_CHECKING:
    from core.drawing.subject import Subject, Values


def carving(subject: Subject, depth: float) -> Values:
    """float32 [S, S, 3]: what the picture's lights and darks do to the normals of a sculpture.

    What is darker than its surroundings lies deeper: lids, lips, folds of a smile, strands of hair, rims of glasses.
    """
    hair = subject.part(HAIR, BROWS, soft_px=subject.unit)
    height = subject.blurred(subject.light * (0.75 + 0.5 * hair - 0.4 * subject.face), 0.5)
    height = height + 0.8 * subject.blurred(subject.part(GLASSES, soft_px=0), 0.8) * (subject.light < -0.1)
    size = subject.unit * np.float32(depth * 1.6)
    across, down = cv2.Sobel(height, cv2.CV_32F, 1, 0) * size, cv2.Sobel(height, cv2.CV_32F, 0, 1) * size
    # steep edges of a photo are no cliffs of stone
    steep = 1 / np.sqrt(1 + 0.6 * (across * across + down * down))
    axes = subject.world_from_camera[:3, :3].T
    return np.asarray(-((across * steep)[..., None] * axes[0] + (down * steep)[..., None] * axes[1]), np.float32)


def hollows(subject: Subject, strength: float) -> Values:
    """float32 [S, S], about .3..1.2: light that is caught in what is carved; it makes a face the person's own.

    In the face that is the photo's own light and shade, relative to the skin; elsewhere what differs from around it.
    """
    caught = np.exp(strength * (0.6 - 0.3 * subject.face) * np.clip(subject.light, -0.9, 0.45))
    skin = np.isin(subject.labels, (SKIN, NOSE))
    grey = np.asarray(subject.calm @ GREY, np.float32)
    level = max(float(np.median(grey[skin])) if skin.any() else 0.6, 0.12)
    own = np.clip(grey / level, 0.2, 1.25) ** np.float32(strength)
    return np.asarray(caught * (1 + subject.face * (own - 1)), np.float32)


def coloured(shade: Values, dark: tuple[float, ...], middle: tuple[float, ...], light: tuple[float, ...]) -> Values:
    """Shade 0..1 as a ramp of three colours."""
    ramp = np.array([dark, middle, light], np.float32)
    return np.stack([np.interp(shade, (0, 0.5, 1), ramp[:, c]) for c in range(3)], -1).astype(np.float32)


def clay(subject: Subject, random: np.random.Generator) -> Values:
    """Terracotta, pressed by fingers."""
    seed = int(random.integers(1 << 16))
    rough = carving(subject, 0.55) + subject.bumps(26, 0.10, seed) + subject.bumps(60, 0.09, seed + 1)
    shade = subject.modelled(0.45, rough) * hollows(subject, 0.85) * (1 + 0.05 * subject.noise(90, seed))
    hue = float(random.uniform(-0.03, 0.03))
    return subject.on_white(
        coloured(shade, (0.20, 0.07 + hue, 0.035), (0.66, 0.31 + hue, 0.17), (0.95, 0.62 + hue, 0.43))
    )


def marble(subject: Subject, random: np.random.Generator) -> Values:
    """White stone with grey veins."""
    seed = int(random.integers(1 << 16))
    rough = carving(subject, 0.65)
    shade = subject.modelled(0.5, rough) * hollows(subject, 0.85)
    bent = 0.9 * subject.noise(7, seed) + 0.45 * subject.noise(16, seed + 1)
    wave = np.sin(bent * 0.8 + subject.points @ floats([11, 17, 8]))
    veins = np.exp(-np.square(wave / 0.20)) * np.clip(0.65 + 0.5 * subject.noise(6, seed + 3), 0, 1)
    shade = shade * (1 - 0.34 * veins) * (1 - 0.05 * np.abs(subject.noise(14, seed + 2)))
    stone = coloured(shade, (0.22, 0.23, 0.26), (0.74, 0.74, 0.735), (1.0, 0.995, 0.985))
    return subject.on_white(stone * 0.95 + 0.10 * subject.shine(24, rough)[..., None])


def bronze(subject: Subject, random: np.random.Generator) -> Values:
    """Dark metal with golden reflections, and verdigris in its hollows."""
    seed = int(random.integers(1 << 16))
    rough = carving(subject, 0.75) + subject.bumps(30, 0.05, seed)
    shade = subject.modelled(0.4, rough) * hollows(subject, 0.95)
    metal = coloured(shade, (0.08, 0.05, 0.035), (0.46, 0.29, 0.15), (0.86, 0.62, 0.36))
    rim = np.clip(1 - subject.facing, 0, 1) ** 3
    metal = (
        metal
        + floats([0.95, 0.74, 0.46])
        * (0.45 * subject.shine(26, rough) + 0.14 * subject.shine(6, rough) + 0.12 * rim)[..., None]
    )
    green = np.clip(0.8 * subject.hollow + 0.35 * subject.noise(12, seed + 5) - 0.2 * subject.light - 0.45, 0, 0.6)
    green = green * np.clip(1.2 - subject.normals[..., 1], 0.2, 1)
    return subject.on_white(metal + green[..., None] * (floats([0.22, 0.46, 0.38]) * (0.5 + shade[..., None]) - metal))


def wood(subject: Subject, random: np.random.Generator) -> Values:
    """Carved from one block: rings of the trunk, marks of the chisel."""
    seed = int(random.integers(1 << 16))
    offset = floats([random.uniform(-0.1, 0.1), 0, random.uniform(-0.25, -0.1)])
    place = subject.points - offset
    radius = np.hypot(place[..., 0] * 1.0, place[..., 2] * 0.8) + 0.012 * subject.noise(5, seed)
    radius = radius + 0.02 * place[..., 1] * np.sin(4 * np.arctan2(place[..., 2], place[..., 0]))
    rings = 0.5 + 0.5 * np.sin(radius * 2 * np.pi * 26)
    fibres = subject.points * floats([120, 14, 120])
    grain = _fibre(fibres, seed)
    facets = np.round(subject.normals * 3.2) / 3.2 - subject.normals
    rough = 0.3 * facets + carving(subject, 0.65)
    shade = subject.modelled(0.45, rough.astype(np.float32)) * hollows(subject, 0.9)
    tone = 0.90 - 0.24 * rings**3 + 0.06 * grain
    tint = float(random.uniform(0.85, 1.1))
    plank = coloured(shade * tone + 0.04, (0.13, 0.06, 0.03), (0.60 * tint, 0.36 * tint, 0.18), (0.96, 0.75, 0.47))
    return subject.on_white(plank + 0.06 * subject.shine(14)[..., None])


def _fibre(points: Values, seed: int) -> Values:
    found = volume_noise((points % np.float32(VOLUME_CELLS)).reshape(-1, 3), seed + 9)
    return found.reshape(points.shape[:-1])
