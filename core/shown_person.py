"""What a photo shows of a person, to whoever shapes their head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ShownPerson:
    """What a photo shows, in the picture of its camera.

    Attributes:
        person: float32 [S, S], 0..1: the person.
        worn: float32 [S, S], 0..1: chance that it is their hair or clothes.
        clothes: float32 [S, S], 0..1: chance that it is their clothes.
        reached: float32 [S, S], 0..1: where the photo is; beyond its border nothing is known.
    """

    person: NDArray[np.float32]
    worn: NDArray[np.float32]
    clothes: NDArray[np.float32]
    reached: NDArray[np.float32]
