"""Small operations on pictures and colours."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from core.training.synthetic.arrays import Bools, Floats

GAMMA = 2.2
LINEAR_OF_BYTE: Floats = (np.arange(256, dtype=np.float32) / 255) ** 2.2


def linear(rgb: Sequence[Sequence[int]]) -> Floats:
    """Linear light 0..1 of display colours 0..255, [N,3]."""
    light: Floats = (np.array(rgb) / 255.0) ** GAMMA
    return light


def smoothstep(start: float | Floats, end: float | Floats, x: npt.ArrayLike) -> Floats:
    """0 before `start`, 1 after `end`, smooth between; `start` may be above `end`."""
    t = np.clip((np.asarray(x) - start) / (end - start), 0, 1)
    eased: Floats = t * t * (3 - 2 * t)
    return eased


def blur(image: Floats, sigma_px: float) -> Floats:
    """Gaussian blur of [H,W] or [H,W,C]."""
    blurred: Floats = cv2.GaussianBlur(image, (0, 0), sigma_px)
    return blurred


def soft(mask: Bools, sigma_px: float) -> Floats:
    """Blurred mask, float32."""
    return blur(mask.astype(np.float32), sigma_px)
