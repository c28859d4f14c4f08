"""The light on a face: whether a photo is too dark or too bright, and a crop without harsh light from one side.

A head keeps the light of its photo. A little shade models a face; a side that lies in the dark would be a dark side of
the head from wherever one looks, and what searches heads takes it for hair. A face's two halves are alike but for the
light, so points of the face mesh tell how much lighter each place is than its mirror image.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.perception.face_mesh import OVAL, mirror_partners

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

USUAL_SHADE = 0.45
"""Difference between the sides, natural logarithm of lightness, that is left alone; portraits in a studio have 0.2."""
SMOOTH = 1 / 80
"""Deviation of the blur under which a point's lightness is read, in picture widths."""
REACH = 0.07
"""Distance over which the light of one point gives way to that of others, in picture widths."""
DARKEST = 3.0
"""Values of 255 below which nothing can be told."""
LIT = 0.9
"""Quantile of the points that are in the light."""
MOST_GAIN = 3.0
"""How much darkness is lightened at most: noise and blocks are lightened with it."""
LEAST_POINTS = 100
"""Pairs of points that the photo must show."""
HIGHLIGHT = 0.95
"""Quantile of a face's lightness that tells how much light falls on it, whatever its skin."""
BURNT = 250
"""Value of the darkest channel from which a pixel is plain white."""
GRID = 32
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class FaceLight:
    """How a face is lit.

    Attributes:
        shade: how much lighter the half on the left of the picture is than the right one, natural logarithm.
        highlight: lightness of the lightest places, 0..255.
        burnt: share of the face that is plain white.
    """

    shade: float
    highlight: float
    burnt: float


def light_on(picture: Pixels, points: Points, shown: NDArray[np.bool_]) -> FaceLight:
    """The light on a face.

    Args:
        picture: uint8 [S,S,3], the head upright.
        points: float64 [468,2] of the face mesh, pixels of the picture.
        shown: which of the points the photo shows.
    """
    face = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(face, [np.round(points[list(OVAL)]).astype(np.int32)], 1)
    skin = picture[face > 0]
    shade = _shade(_half_differences(picture, points, shown), points)
    if not len(skin):
        return FaceLight(shade, 255.0, 0.0)
    return FaceLight(shade, float(np.quantile(skin @ LUMA, HIGHLIGHT)), float((skin.min(axis=1) >= BURNT).mean()))


def evened(picture: Pixels, points: Points, shown: NDArray[np.bool_]) -> Pixels:
    """The picture with a face's darker side lightened until `USUAL_SHADE` is left; arguments as for `light_on`."""
    halves = _half_differences(picture, points, shown)
    shade = abs(_shade(halves, points))
    if shade <= USUAL_SHADE:
        return picture
    known = np.isfinite(halves)
    excess = (1 - USUAL_SHADE / shade) * halves[known]
    # the side in the light stays as it is
    field = _spread(excess - np.quantile(excess, LIT), points[known] / len(picture))
    light = cv2.resize(field.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    gain = np.exp(-light).clip(1, MOST_GAIN)[..., None]
    return np.asarray(np.clip(picture * gain + 0.5, 0, 255), np.uint8)


def _half_differences(picture: Pixels, points: Points, shown: NDArray[np.bool_]) -> Points:
    """Half of the logarithm of the lightness at each point [468] to that at its partner; NaN where one is not shown."""
    last = len(picture) - 1
    column, row = np.clip(points.astype(int), 0, last).T
    smooth = cv2.GaussianBlur((picture @ LUMA).astype(np.float32), (0, 0), SMOOTH * len(picture))
    light = np.log(np.maximum(smooth[row, column], DARKEST)).astype(np.float64)
    light[~shown | (points < 0).any(1) | (points > last).any(1)] = np.nan
    return np.asarray((light - light[mirror_partners()]) / 2)


def _shade(halves: Points, points: Points) -> float:
    left = np.isfinite(halves) & (points[:, 0] < points[mirror_partners(), 0])
    return 2 * float(np.median(halves[left])) if left.sum() >= LEAST_POINTS else 0.0


def _spread(values: Points, points: Points) -> Points:
    """Values [N] at points [N,2], 0..1, spread over a picture [GRID,GRID]; beyond them the nearest ones go on."""
    at = (np.arange(GRID) + 0.5) / GRID
    cells = np.stack(np.meshgrid(at, at), -1).reshape(-1, 1, 2)
    away = ((cells - points) ** 2).sum(2) / (2 * REACH**2)
    weights = np.exp(away.min(1, keepdims=True) - away)
    return np.asarray((weights @ values / weights.sum(1)).reshape(GRID, GRID))
