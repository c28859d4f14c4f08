"""Strands of hair as a texture: what hair looks like close by, wherever on the head it grows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class HairStrands:
    """How much lighter or darker hair is at each place than hair around it.

    The texture lies around the head's upright axis: columns go around it, rows run down, and it repeats both ways.

    Attributes:
        detail: float16 [H, W], natural logarithm of the lightness' ratio; never written in place.
        pixel: size of a pixel on the head, world units.
        wave: how far strands swing to either side as they run down, world units.
        curl: radius of curls, world units, that are drawn instead of strands; 0 where hair has none.
    """

    detail: NDArray[np.float16]
    pixel: float
    wave: float = 0.0
    curl: float = 0.0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HairStrands):
            return NotImplemented
        ours, theirs = (self.pixel, self.wave, self.curl), (other.pixel, other.wave, other.curl)
        return ours == theirs and np.array_equal(self.detail, other.detail)

    def __hash__(self) -> int:
        return hash(self.pixel)
