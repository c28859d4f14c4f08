"""Similarities of the plane (rotation, scale, shift; no mirror) as [3,3] matrices, and pictures warped by them.

Points count pixels from the picture's top left corner; the centre of the first pixel is (0.5, 0.5).
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating[Any]]
Matrix = NDArray[np.float64]


def fit_similarity(source: Points, target: Points, weights: Points | None = None) -> Matrix:
    """The similarity that takes `source` [N,2] closest to `target` [N,2] in the (weighted) least-squares sense."""
    w = np.ones(len(source)) if weights is None else np.asarray(weights, dtype=np.float64)
    w = w / w.sum()
    # With points as complex numbers a similarity is z -> a z + b, and least squares has a closed form.
    z, t = (p[:, 0] + 1j * p[:, 1] for p in (np.asarray(source, np.float64), np.asarray(target, np.float64)))
    z_mean, t_mean = (w * z).sum(), (w * t).sum()
    a = (w * (z - z_mean).conj() * (t - t_mean)).sum() / max((w * abs(z - z_mean) ** 2).sum(), 1e-12)
    b = t_mean - a * z_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag], [0, 0, 1]])


def window(centre: Points, side: float, angle_radians: float, size_px: int) -> Matrix:
    """The similarity that takes a square of the picture to a picture of `size_px`.

    Args:
        centre: [2] middle of the square.
        side: Of the square, pixels.
        angle_radians: How far the square is turned, from x towards y (clockwise to the eye).
        size_px: Side of the result.
    """
    scale = size_px / side
    c, s = scale * np.cos(angle_radians), scale * np.sin(angle_radians)
    matrix = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    matrix[:2, 2] = size_px / 2 - matrix[:2, :2] @ np.asarray(centre, np.float64)[:2]
    return matrix


def inverse(matrix: Matrix) -> Matrix:
    """The similarity that undoes another."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def moved(points: Points, matrix: Matrix) -> Matrix:
    """Points [N,2] under a [3,3] matrix."""
    return np.asarray(points, np.float64)[:, :2] @ matrix[:2, :2].T + matrix[:2, 2]


def scale_of(matrix: Matrix) -> float:
    """How much a similarity enlarges."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))


def warped(pixels: NDArray[Any], matrix: Matrix, size_px: int, *, repeat_border: bool = False) -> NDArray[Any]:
    """The square picture of `size_px` that a similarity makes of a picture [H,W] or [H,W,C].

    It averages when it shrinks, and interpolates otherwise; outside the picture is black, or the border repeated.
    """
    corners = moved(np.array([[0, 0], [size_px, 0], [size_px, size_px], [0, size_px]]), inverse(matrix))
    shrink = scale_of(matrix)
    if shrink < 0.7:
        # Only the needed part is averaged down, with a margin for the border of the interpolation.
        margin = 4 / shrink
        height, width = pixels.shape[:2]
        left, top = np.clip(np.floor(corners.min(0) - margin), 0, (width - 1, height - 1)).astype(int)
        right, bottom = np.clip(np.ceil(corners.max(0) + margin), (left + 1, top + 1), (width, height)).astype(int)
        part = pixels[top:bottom, left:right]
        size = np.maximum(1, np.round(np.array([right - left, bottom - top]) * shrink)).astype(int)
        pixels = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        down = np.diag([(right - left) / size[0], (bottom - top) / size[1], 1.0])
        down[:2, 2] = left, top
        matrix = matrix @ down
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    centred = inverse(half) @ matrix @ half  # OpenCV counts from the centre of the first pixel
    border = cv2.BORDER_REPLICATE if repeat_border else cv2.BORDER_CONSTANT
    result: NDArray[Any] = cv2.warpAffine(
        np.ascontiguousarray(pixels), centred[:2], (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return result
