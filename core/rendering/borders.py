"""Borders between two parts of a head that a soft model lets run into one another, to be cut anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SMEARED = 0.024
"""How far colours run into one another on either side, picture sides."""
CALM = 0.003
"""Deviation of the smoothing of a border, picture sides."""
LEAST_PX = 60
SURE = 0.9
"""Alpha from which a pixel shows no background."""
ENOUGH_PX, SMALLER = 512, 4
"""Side of a picture of which all pixels are asked for their colours, of larger ones fewer; and by which pictures that
are spread are smaller."""


@dataclass(frozen=True, eq=False)
class Border:
    """A border.

    Attributes:
        inside: float32 [S, S], how far a pixel lies inside the first part, picture sides; negative in the other one.
        near: float32 [S, S], 0..1, where colours of both run into one another.
        own, other: float32 [S, S, 3], colours of both parts, carried on across the border.
        both: float32 [S, S], 0..1, how much of a pixel is of either.
    """

    inside: Floats
    near: Floats
    own: Floats
    other: Floats
    both: Floats

    @staticmethod
    def of(rgb: Floats, first: Floats, second: Floats, alpha: Floats) -> Border | None:
        """The border of two parts in a picture float32 [S, S, 3], by how much of each pixel is of which, [S, S].

        None where the picture does not show enough of both.
        """
        size = len(rgb)
        either = first + second > 0.5
        inside, outside = (first >= second) & either, (second > first) & either
        if int(inside.sum()) < LEAST_PX or int(outside.sum()) < LEAST_PX:
            return None
        to_other = cv2.distanceTransform(np.asarray(~outside, np.uint8), cv2.DIST_L2, 5) / size
        to_own = cv2.distanceTransform(np.asarray(~inside, np.uint8), cv2.DIST_L2, 5) / size
        # a distance jumps from one pixel of the mask to the next, and labels are coarse
        signed = cv2.GaussianBlur(np.where(inside, to_other, -to_own).astype(np.float32), (0, 0), CALM * size)
        sure = alpha > SURE
        own = _spread(rgb, inside & (to_other > SMEARED) & sure)
        other = _spread(rgb, outside & (to_own > SMEARED) & sure)
        if own is None or other is None:
            return None
        both = np.clip(first + second, 0, 1)
        near = np.clip(2 - np.abs(signed) / (0.5 * SMEARED), 0, 1) * both * sure
        return Border(signed, np.asarray(near, np.float32), own, other, np.asarray(both, np.float32))

    def cut(self, rgb: Floats, share: Floats) -> Floats:
        """The picture with a share [S, S] of the first part along the border, and the rest of the other."""
        crisp = self.other + (self.own - self.other) * share[..., None]
        return np.asarray(rgb + (crisp - rgb) * self.near[..., None], np.float32)


def share_of(labels: NDArray[np.uint8], parts: tuple[str, ...], size: int) -> Floats:
    """How much of each pixel of a picture is of some parts, float32 [S, S], 0..1, with calm borders."""
    chosen = np.isin(labels, [PARTS.index(part) for part in parts]).astype(np.float32)
    calm = cv2.GaussianBlur(chosen, (0, 0), 1.1)
    return np.asarray(cv2.resize(calm, (size, size), interpolation=cv2.INTER_CUBIC).clip(0, 1), np.float32)


def _spread(rgb: Floats, core: NDArray[np.bool_]) -> Floats | None:
    """Colours [S, S, 3] of what is surely of one kind, carried on to where it is not sure; None where nothing is."""
    if int(core.sum()) < LEAST_PX:
        return None
    size, few = len(rgb), max(1, len(rgb) // ENOUGH_PX)
    weight = core[::few, ::few].astype(np.float32)[..., None]
    layers = np.concatenate([rgb[::few, ::few] * weight, weight], axis=2).astype(np.float32)
    small = cv2.resize(layers, (size // SMALLER, size // SMALLER), interpolation=cv2.INTER_AREA)
    total = np.zeros_like(small)
    for share, reach in ((1.0, 0.35), (1e-2, 1.0), (1e-4, 4.0)):
        total += share * cv2.GaussianBlur(small, (0, 0), reach * SMEARED * size / SMALLER)
    colours = total[..., :3] / np.maximum(total[..., 3:], 1e-9)
    return np.asarray(cv2.resize(colours, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
