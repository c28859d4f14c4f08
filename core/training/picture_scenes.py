"""Noise, photos, patterns, cloth and blobs that training pictures are dressed with."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import smooth_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

SCENES = ("brick", "grass", "gravel", "coffee", "rocket", "hubble_deep_field", "chelsea")
"""Photos of scikit-image without people (CC0 and public domain) that stand behind training pictures."""
UNSEEN_SCENES = ("stereo_motorcycle",)
"""The same for evaluation: a cluttered garage (Middlebury stereo)."""


def as_floats(pixels: NDArray[np.uint8]) -> Values:
    """uint8 to float32 0..1."""
    return np.asarray(pixels / np.float32(255), np.float32)


def as_bytes(picture: Values) -> NDArray[np.uint8]:
    """float32 0..1 to uint8."""
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


@cache
def photos(names: tuple[str, ...]) -> tuple[Values, ...]:
    """Photos float32 [H,W,3] that scikit-image packs."""
    import skimage.data

    found: list[Values] = []
    for name in names:
        loaded = getattr(skimage.data, name)()
        pixels = np.asarray(loaded[0] if isinstance(loaded, tuple) else loaded)  # of a stereo pair, the left
        pixels = np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels[..., :3]
        found.append(as_floats(pixels))
    return tuple(found)


def photo_window(rng: np.random.Generator, size_px: int, names: tuple[str, ...] = SCENES) -> Values:
    """A random window of a photo, float32 [S,S,3]."""
    pixels = photos(names)[rng.integers(len(names))]
    side = int(rng.uniform(0.25, 1) * min(pixels.shape[:2]))
    top, left = (int(rng.integers(0, length - side + 1)) for length in pixels.shape[:2])
    window = cv2.resize(
        pixels[top : top + side, left : left + side], (size_px, size_px), interpolation=cv2.INTER_LINEAR
    )
    turned: Values = window if rng.random() < 0.5 else window[:, ::-1]
    return turned


def scene(rng: np.random.Generator, size_px: int) -> Values:
    """Something to stand behind a head or to be woven into cloth, float32 [S,S,3] 0..1."""
    kind = rng.random()
    first, second = rng.random((2, 3)).astype(np.float32)
    slope = np.linspace(0, 1, size_px, dtype=np.float32)
    if kind < 0.25:  # gradient
        along = slope[:, None, None] if rng.random() < 0.5 else slope[None, :, None]
        made = (
            first
            + (second - first) * along * np.float32(rng.uniform(0, 1))
            + np.zeros((size_px, size_px, 1), np.float32)
        )
    elif kind < 0.5:  # clouds of several sizes
        made = np.broadcast_to(first, (size_px, size_px, 3)).copy()
        for cells in (2, 5, 14, 40):
            made += smooth_noise(rng, size_px, cells, 3) * np.float32(rng.uniform(0, 0.15))
    elif kind < 0.6:  # stripes
        angle, rate = rng.uniform(0, np.pi), rng.uniform(10, 120)
        wave = np.sin((slope[None] * np.cos(angle) + slope[:, None] * np.sin(angle)) * np.float32(rate)).astype(
            np.float32
        )
        made = first + (second - first) * np.clip(wave * np.float32(rng.uniform(1, 6)) + 0.5, 0, 1)[..., None]
    elif kind < 0.75:  # shapes
        made = np.broadcast_to(first, (size_px, size_px, 3)).copy()
        for _ in range(int(rng.integers(3, 14))):
            cv2.fillPoly(made, [blob(rng, size_px)], rng.random(3).tolist(), cv2.LINE_AA)
    else:
        made = photo_window(rng, size_px) * np.exp(rng.normal(0, 0.15, 3)).astype(np.float32)
        if rng.random() < 0.3:
            made = made[..., rng.permutation(3)]
    if rng.random() < 0.4:
        made = cv2.GaussianBlur(np.ascontiguousarray(made), (0, 0), float(rng.uniform(0.5, 6)))
    return np.asarray(np.clip(made, 0, 1), np.float32)


def fabric(rng: np.random.Generator, size_px: int) -> Values:
    """Something that clothes are made of, float32 [S,S,3] 0..1: black, white, of one colour or patterned."""
    kind = rng.random()
    if kind < 0.45:
        level = rng.uniform(0.02, 0.15) if kind < 0.2 else rng.uniform(0.7, 1) if kind < 0.3 else rng.uniform(0.1, 0.7)
        colour = level * np.exp(rng.normal(0, 0.05 if kind < 0.3 else 0.5, 3))
        return np.broadcast_to(np.clip(colour, 0, 1).astype(np.float32), (size_px, size_px, 3))
    return scene(rng, size_px)


def blob(rng: np.random.Generator, size_px: int) -> NDArray[np.int32]:
    """A closed outline int32 [N,2]: polygon, ellipse or finger."""
    count = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count)) if rng.random() < 0.5 else np.linspace(0, 2 * np.pi, 24)[:-1]
    radii = rng.uniform(0.04, 0.3) * size_px * np.exp(rng.normal(0, 0.5, 2))
    turn, centre = rng.uniform(0, np.pi), rng.uniform(-0.1, 1.1, 2) * size_px
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * radii
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(np.round(points @ spin + centre), np.int32)
