"""Where eyes, mouth, nose and ears of a head are, as the artists of `drawing` are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Places on a head, world coordinates, float32.

    Attributes:
        eyes: [2, 3], the person's left one (+x) first.
        mouth: [2, 3], its corners, left first.
        nose: [3], its tip.
        ears: [2, 3], left first; supposed where hair hides them.
        brow: height y of the brows.
        chin: height y where the face ends.
        top: height y of the highest point.
    """

    eyes: Values
    mouth: Values
    nose: Values
    ears: Values
    brow: float
    chin: float
    top: float

    @property
    def apart(self) -> float:
        """Distance of the eyes, by which other lengths are told."""
        return float(np.linalg.norm(self.eyes[0] - self.eyes[1]))


_ORIGIN = np.zeros((2, 3), np.float32)
NOWHERE = Landmarks(_ORIGIN, _ORIGIN, _ORIGIN[0], _ORIGIN, 0, 0, 0)
"""Of a head that is not known yet."""
