"""Strokes of a soft brush on a transparent picture, with an eraser and a way back. No Qt.

A stroke is laid on once however often it crosses itself: its mask keeps the most that any of its places got, and the
picture under it is kept until the stroke ends.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from widgets.values import Picture

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, ends excluded."""
MOST_UNDO = 64


@dataclass(frozen=True)
class Brush:
    """How strokes look.

    Attributes:
        rgb: 0..255.
        size: diameter, in parts of the picture's side.
        hardness: 0 fades from the middle, 1 has a sharp rim.
        opacity: 0..1.
        erases: takes paint away.
    """

    rgb: tuple[int, int, int] = (180, 40, 40)
    size: float = 0.05
    hardness: float = 0.6
    opacity: float = 1.0
    erases: bool = False


class PaintSurface:
    """A picture [S, S, 4] that strokes change; positions are 0..1 from the left and the top."""

    def __init__(self, side_px: int, cover: NDArray[np.float32] | None = None) -> None:
        """Begin without paint.

        Args:
            side_px: of the picture.
            cover: float32 [S, S], 0..1, where paint may be; None is everywhere.
        """
        self.side_px = side_px
        self._cover = cover
        self._pixels = np.zeros((side_px, side_px, 4), np.uint8)
        self._below = self._pixels
        self._mask = np.zeros((side_px, side_px), np.float32)
        self._touched: Box | None = None
        self._at: tuple[float, float] | None = None
        self._brush = Brush()
        self._undo: list[tuple[Box, Picture]] = []

    @property
    def pixels(self) -> Picture:
        """The picture, uint8 [S, S, 4], straight alpha; changes with the next stroke."""
        return self._pixels

    @property
    def is_empty(self) -> bool:
        """Whether nothing is painted."""
        return not self._pixels[..., 3].any()

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return bool(self._undo)

    def picture(self) -> Picture:
        """A copy of the picture."""
        return self._pixels.copy()

    def begin(self, brush: Brush, u: float, v: float) -> Box:
        """Begin a stroke with a dab; returns what changed."""
        self._brush, self._at, self._touched = brush, (u, v), None
        self._below = self._pixels.copy()
        self._mask[:] = 0
        return self.go_to(u, v)

    def go_to(self, u: float, v: float) -> Box:
        """Draw on to a position; returns what changed."""
        start = self._at or (u, v)
        self._at = (u, v)
        side = self.side_px
        radius = max(0.75, self._brush.size * side / 2)
        a, b = np.array(start) * side, np.array([u, v]) * side
        low = np.floor(np.minimum(a, b) - radius - 2).astype(int).clip(0, side)
        high = np.ceil(np.maximum(a, b) + radius + 2).astype(int).clip(0, side)
        box = int(low[0]), int(low[1]), int(high[0]), int(high[1])
        left, top, right, bottom = box
        if left >= right or top >= bottom:
            return 0, 0, 0, 0
        x = np.arange(left, right, dtype=np.float32)[None] + np.float32(0.5)
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5)
        laid = _falloff(_distance(x, y, a, b), radius, self._brush.hardness) * np.float32(self._brush.opacity)
        if self._cover is not None:
            laid = laid * self._cover[top:bottom, left:right]
        mask = self._mask[top:bottom, left:right]
        np.maximum(mask, laid, out=mask)
        self._lay(box)
        self._touched = box if self._touched is None else _union(self._touched, box)
        return box

    def end(self) -> None:
        """End the stroke."""
        if self._touched is not None:
            left, top, right, bottom = self._touched
            self._undo.append((self._touched, self._below[top:bottom, left:right].copy()))
            del self._undo[:-MOST_UNDO]
        self._at = self._touched = None

    def undo(self) -> Box:
        """Take back the last stroke; returns what changed."""
        if not self._undo:
            return 0, 0, 0, 0
        box, before = self._undo.pop()
        left, top, right, bottom = box
        self._pixels[top:bottom, left:right] = before
        return box

    def put(self, cover: NDArray[np.uint8], rgb: tuple[int, int, int], *, undoable: bool = True) -> Box:
        """Let the picture be this, as if it had been painted; returns what changed.

        Args:
            cover: uint8 [S, S], how thickly paint lies everywhere.
            rgb: its colour.
            undoable: it can be taken back like a stroke.
        """
        everything = (0, 0, self.side_px, self.side_px)
        if undoable:
            self._undo.append((everything, self._pixels.copy()))
            del self._undo[:-MOST_UNDO]
        self._pixels[..., :3] = rgb
        self._pixels[..., 3] = cover
        return everything

    def _lay(self, box: Box) -> None:
        left, top, right, bottom = box
        below = self._below[top:bottom, left:right].astype(np.float32) / 255
        mask = self._mask[top:bottom, left:right, None]
        under = below[..., 3:]
        if self._brush.erases:
            alpha, colour = under * (1 - mask), below[..., :3]
        else:
            alpha = mask + under * (1 - mask)
            paint = np.array(self._brush.rgb, np.float32) / 255
            colour = (paint * mask + below[..., :3] * under * (1 - mask)) / np.maximum(alpha, 1e-6)
        self._pixels[top:bottom, left:right] = np.concatenate([colour, alpha], 2) * 255 + np.float32(0.5)


def _distance(
    x: NDArray[np.float32], y: NDArray[np.float32], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Distance of pixels to a line from a to b."""
    along = b - a
    length = float(along @ along)
    if length < 1e-9:
        return np.asarray(np.hypot(x - a[0], y - a[1]), np.float32)
    share = (((x - a[0]) * along[0] + (y - a[1]) * along[1]) / length).clip(0, 1)
    return np.asarray(np.hypot(x - a[0] - share * along[0], y - a[1] - share * along[1]), np.float32)


def _falloff(distance: NDArray[np.float32], radius: float, hardness: float) -> NDArray[np.float32]:
    inner = min(radius * hardness, radius - 1)
    t = ((radius - distance) / max(radius - inner, 1e-3)).clip(0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _union(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
