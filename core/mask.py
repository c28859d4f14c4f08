"""Masks over pictures, and the parts of a head that have names."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS: tuple[str, ...] = (
    "background",
    "skin",
    "hair",
    "eyes",
    "brows",
    "lips",
    "nose",
    "ears",
    "glasses",
    "neck",
    "cloth",
    "mouth",
)
"""Names of the part labels; a label is an index into this tuple."""
COVERS = ("hair", "cloth")
"""Parts below which there is a head."""


@dataclass(frozen=True, eq=False)
class Mask:
    """How much each pixel belongs to something.

    Attributes:
        weights: float32 [H, W], 0..1. Never written in place.
        part: what it stands for, such as one of `PARTS`, "person" or "seen".
    """

    weights: NDArray[np.float32]
    part: str

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.weights.dtype != np.float32:
            raise ValueError(f"weights must be float32 [H, W], not {self.weights.dtype} {list(self.weights.shape)}")
        if self.weights.size and not (self.weights.min() >= 0 and self.weights.max() <= 1):
            raise ValueError("weights must lie in 0..1")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mask):
            return NotImplemented
        return self.part == other.part and np.array_equal(self.weights, other.weights)

    def __hash__(self) -> int:
        return hash((self.part, self.weights.shape))
