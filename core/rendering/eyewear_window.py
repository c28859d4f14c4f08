"""The square of a picture in which glasses are drawn, more finely than the rest of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.eyewear import Eyewear

    Floats = NDArray[np.float32]

MARGIN = 0.02
"""Room for the shadow around the glasses, world units."""


@dataclass(frozen=True, eq=False)
class EyewearWindow:
    """A square of a camera's picture; it may reach beyond it.

    Attributes:
        camera: whose picture.
        size: side of the picture, pixels.
        left: first column of the window, pixels.
        top: first row.
        side: of the window, pixels.
        fine: samples along the side of a pixel.
    """

    camera: Camera
    size: int
    left: int
    top: int
    side: int
    fine: int = 1

    @staticmethod
    def of(camera: Camera, eyewear: Eyewear, size: int) -> EyewearWindow | None:
        """The one that holds glasses and their shadow; None where they are out of sight."""
        uv, depth = camera.project(eyewear.frame_points)
        if not (depth > 0).all():
            return None
        margin = round(MARGIN * camera.focal / float(depth.mean()) * size) + 2
        low = np.maximum(np.floor(uv.min(axis=0) * size) - margin, -margin)
        high = np.minimum(np.ceil(uv.max(axis=0) * size) + margin, size + margin)
        side = int((high - low).max())
        if side <= 0 or (high <= 0).any() or (low >= size).any():
            return None
        return EyewearWindow(camera, size, int(low[0]), int(low[1]), side)

    @property
    def count(self) -> int:
        """Samples along its side."""
        return self.side * self.fine

    @property
    def of_picture(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that lie in the window."""
        (first, last), (begin, end) = ((max(at, 0), min(at + self.side, self.size)) for at in (self.top, self.left))
        return slice(first, last), slice(begin, end)

    @property
    def in_picture(self) -> tuple[slice, slice]:
        """Rows and columns of the window that lie in the picture."""
        rows, columns = self.of_picture
        return (
            slice(rows.start - self.top, rows.stop - self.top),
            slice(columns.start - self.left, columns.stop - self.left),
        )

    def samples(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of the picture [..., 2], 0..1, as samples from the window's corner."""
        return (uv * self.size - [self.left, self.top]) * self.fine

    def cut(self, values: Floats) -> Floats:
        """What of a picture [S, S] lies in it, [side, side]; 0 beyond."""
        out = np.zeros((self.side, self.side), np.float32)
        out[self.in_picture] = values[self.of_picture]
        return out
