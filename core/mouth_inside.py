"""The inside of a mouth that a slider opened: a head whose mouth was closed has none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class MouthInside:
    """What is seen between opened lips: darkness with the upper teeth before it. Arrays are never written in place.

    Attributes:
        upper: float32 [N, 3], where it begins, from the person's right corner of the mouth to the left, world units.
        lower: float32 [N, 3], the edge of the lower lip below each of those.
        teeth: whether teeth are drawn below `upper`; a mouth that was open before shows its own.
        light: of the face, 0..1: what is inside is as bright as the skin around.
    """

    upper: NDArray[np.float32]
    lower: NDArray[np.float32]
    teeth: bool
    light: float

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MouthInside):
            return NotImplemented
        same = (self.teeth, self.light) == (other.teeth, other.light)
        return same and np.array_equal(self.upper, other.upper) and np.array_equal(self.lower, other.lower)

    def __hash__(self) -> int:
        return hash((self.teeth, self.light))
