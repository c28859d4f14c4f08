"""Similarities of the plane (rotation, scale, shift; no mirror) as [3,3] matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating[Any]]


def fit_similarity(source: Points, target: Points, weights: Points | None = None) -> NDArray[np.float64]:
    """The similarity that takes `source` [N,2] closest to `target` [N,2] in the (weighted) least-squares sense."""
    w = np.ones(len(source)) if weights is None else np.asarray(weights, dtype=np.float64)
    w = w / w.sum()
    # With points as complex numbers a similarity is z -> a z + b, and least squares has a closed form.
    z, t = (p[:, 0] + 1j * p[:, 1] for p in (np.asarray(source, np.float64), np.asarray(target, np.float64)))
    z_mean, t_mean = (w * z).sum(), (w * t).sum()
    a = (w * (z - z_mean).conj() * (t - t_mean)).sum() / max((w * abs(z - z_mean) ** 2).sum(), 1e-12)
    b = t_mean - a * z_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag], [0, 0, 1]])


def similarity(scale: float, angle_radians: float, shift: tuple[float, float]) -> NDArray[np.float64]:
    """The similarity that turns by an angle (x towards y), scales, then shifts."""
    c, s = scale * np.cos(angle_radians), scale * np.sin(angle_radians)
    return np.array([[c, -s, shift[0]], [s, c, shift[1]], [0, 0, 1]])


def moved(points: Points, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points [N,2] under a [3,3] matrix."""
    return np.asarray(points, np.float64)[:, :2] @ matrix[:2, :2].T + matrix[:2, 2]


def scale_of(matrix: NDArray[np.float64]) -> float:
    """How much a similarity enlarges."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))
