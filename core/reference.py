"""A reference: another head, kept beside the project's own, to take parts from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.head import Head


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """A head to take parts from.

    Attributes:
        key: unique in a project; edits name it.
        name: for people: the photo's or project's file name, or the seed.
        head: what was found in a photo, or drawn at random.
        thumbnail: uint8 [h, w, 3], or None.
    """

    key: str
    name: str
    head: Head
    thumbnail: NDArray[np.uint8] | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        if (self.key, self.name, self.head) != (other.key, other.name, other.head):
            return False
        if self.thumbnail is None or other.thumbnail is None:
            return self.thumbnail is other.thumbnail
        return np.array_equal(self.thumbnail, other.thumbnail)

    def __hash__(self) -> int:
        return hash((self.key, self.name))
