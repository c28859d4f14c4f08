"""A rendered picture of a head with what is known about each pixel."""

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera


class Quality(enum.IntEnum):
    """How much work goes into a frame; a higher one looks better and takes longer."""

    PREVIEW = 0
    NEAR = 1
    EXACT = 2


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture with its depth and labels, which may be smaller than the picture. Arrays are never written in place.

    Attributes:
        rgb: uint8 [H, W, 3], on white.
        alpha: float32 [H, W], 0..1; how much of the pixel is head.
        depth: float32 [h, w], along the camera's z in world units; 0 where there is nothing.
        labels: uint8 [h, w] indices into `core.mask.PARTS`, or None where the generator decodes none.
        camera: the camera it was seen from.
        quality: the work that went into it.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    depth: NDArray[np.float32]
    labels: NDArray[np.uint8] | None
    camera: Camera
    quality: Quality

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be uint8 [H, W, 3], not {self.rgb.dtype} {list(self.rgb.shape)}")
        if self.alpha.shape != self.rgb.shape[:2] or self.alpha.dtype != np.float32:
            raise ValueError(f"alpha must be float32 {list(self.rgb.shape[:2])}, not {list(self.alpha.shape)}")
        if self.depth.ndim != 2 or self.depth.dtype != np.float32:
            raise ValueError(f"depth must be float32 [h, w], not {self.depth.dtype} {list(self.depth.shape)}")
        if self.labels is not None and (self.labels.ndim != 2 or self.labels.dtype != np.uint8):
            raise ValueError(f"labels must be uint8 [h, w], not {self.labels.dtype} {list(self.labels.shape)}")

    def depth_at(self, u: float, v: float) -> float:
        """Depth at picture position uv, 0..1 from the left and from the top; 0 where there is nothing."""
        return _at(self.depth, u, v)

    def label_at(self, u: float, v: float) -> int:
        """Part label at picture position uv; 0, the background, where there is none."""
        return 0 if self.labels is None else int(_at(self.labels, u, v))


def _at(array: NDArray[np.generic], u: float, v: float) -> float:
    height, width = array.shape
    row, column = math.floor(v * height), math.floor(u * width)
    return float(array[row, column].item()) if 0 <= row < height and 0 <= column < width else 0.0
