"""Curls and cropped hair that go on as the photo shows them: pieces of the photo's hair, laid together as a quilt.

Strands that run somewhere are drawn by `core.rendering.hair_flow`. Curls and stubble run nowhere, and smeared noise
makes bark of them. So pieces of the photo's own hair are put beside one another where they fit best, and cut where
they differ least (Efros and Freeman 2001, "Image quilting").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.rendering.places import triplanar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PIECE_PX, OVERLAP_PX, PIECES = 32, 12, 19
"""Sides of a piece and of where two lie over one another, photo pixels, and pieces along a side of the tile."""
STEP_PX = PIECE_PX - OVERLAP_PX
WHOLE = 0.97
"""Share of a piece that must be hair."""
STRIDE_PX, LEAST, MOST = 3, 24, 160
"""Distance of the pieces that are looked at in the photo; below which number there is no quilt; and how many are tried
at each place."""
TOLERANCE = 1.2
"""By which factor a piece that is chosen by chance may fit worse than the best one."""
LITTLE = 1e-3


@dataclass(frozen=True, eq=False)
class HairGrain:
    """Hair without a direction.

    Attributes:
        tile: float32 [T, T], natural logarithm of lightness to that around; repeats both ways.
        pixel: size of a pixel of it on the head, world units.
    """

    tile: Floats
    pixel: float

    @staticmethod
    def of(
        detail: Floats, sure: NDArray[np.bool_], pixel: float, *, turned: bool = False, count: int = PIECES
    ) -> HairGrain | None:
        """Hair like a photo's; None where it shows too little in one piece.

        Args:
            detail: float32 [S, S], natural logarithm of the photo's lightness to that around.
            sure: where that is hair, seen squarely, [S, S].
            pixel: size of a pixel on the head, world units.
            turned: pieces may lie on their side, too: skin knows no way down.
            count: of the pieces along a side of the tile.
        """
        pieces = _pieces(detail, sure)
        if turned:
            pieces = np.concatenate([pieces, pieces.transpose(0, 2, 1)])
        return None if len(pieces) < LEAST else HairGrain(_quilt(pieces, count), pixel)

    @cached_property
    def curl(self) -> float:
        """Size of what the grain consists of, world units: half of the wave that is as steep as it is high."""
        slope = float(np.sqrt(np.mean([np.square(np.diff(self.tile, axis=axis)).mean() for axis in (0, 1)])))
        return math.pi * float(self.tile.std()) / max(slope, 1e-6) * self.pixel

    def at(self, points: NDArray[np.float64], facing: Floats | None = None) -> NDArray[np.float64]:
        """Detail [N] at world points [N, 3], on a surface that faces where they are told, or as a ball does."""
        return triplanar(self.tile, points, self.pixel, facing)


def _pieces(detail: Floats, sure: NDArray[np.bool_]) -> Floats:
    """Pieces [N, P, P] of hair and nothing else, and their mirror images; each of mean 0."""
    size = (PIECE_PX, PIECE_PX)
    shares = sliding_window_view(sure, size)[::STRIDE_PX, ::STRIDE_PX].mean(axis=(2, 3))
    found = sliding_window_view(detail, size)[::STRIDE_PX, ::STRIDE_PX][shares >= WHOLE]
    found = found - found.mean(axis=(1, 2), keepdims=True)
    return np.concatenate([found, found[:, :, ::-1]]).astype(np.float32)


def _quilt(pieces: Floats, count: int) -> Floats:
    """A tile [T, T] of pieces [N, P, P], so many along a side, that repeats both ways, of mean 0."""
    random = np.random.default_rng(0)
    side = count * STEP_PX
    tile, laid = np.zeros((side, side), np.float32), np.zeros((side, side), np.bool_)
    used = np.zeros(len(pieces))
    for place in range(count * count):
        rows, columns = (
            (first * STEP_PX + np.arange(PIECE_PX)) % side for first in divmod(place, count)
        )  # over the border, to the other side
        here = np.ix_(rows, columns)
        below, known = tile[here], laid[here]
        numbers = random.integers(len(pieces), size=MOST)
        over, under = pieces[numbers][:, known], below[known]
        # by correlation, and each piece in its turn: calm ones fit anywhere, and would come again and again
        misfit = np.square(over - under).sum(axis=1) / (np.square(over).sum(axis=1) + np.square(under).sum() + LITTLE)
        misfit = (misfit + LITTLE) * (1 + used[numbers])
        number = random.choice(numbers[misfit <= TOLERANCE * misfit.min()])
        used[number] += 1
        piece = pieces[number]
        tile[here] = below + _kept(np.square(piece - below), known) * (piece - below)
        laid[here] = True
    tile -= tile.mean()
    # cuts are soft, and what fits is calm
    return np.asarray(tile * (pieces.std() / max(float(tile.std()), LITTLE)), np.float32)


def _kept(differ: Floats, known: NDArray[np.bool_]) -> Floats:
    """How much of a piece is laid over what lies there, 0..1 [P, P]: up to where they differ least on each side.

    Args:
        differ: squares of the differences, [P, P].
        known: where something lies, [P, P].
    """
    kept = np.ones_like(differ)
    for turns in range(4):
        # a view: each of the sides in turn is the left one
        turned, side = np.rot90(kept, turns), np.rot90(known, turns)[:, :OVERLAP_PX]
        if side.mean() > 0.5:
            cut = _cut(np.rot90(differ, turns)[:, :OVERLAP_PX])
            turned[:, :OVERLAP_PX][np.arange(OVERLAP_PX)[None] < cut[:, None]] = 0
    kept = cv2.blur(kept, (3, 3))
    kept[~known] = 1
    return np.asarray(kept, np.float32)


def _cut(cost: Floats) -> NDArray[np.int64]:
    """Columns [P] of the cheapest way down through costs [P, O], each at most one beside that before."""
    padded = np.pad(cost, ((0, 0), (1, 1)), constant_values=np.inf)
    total = padded[:, 1:-1]
    for row, before in enumerate(padded[:-1], 1):
        total[row] += np.minimum(np.minimum(before[:-2], before[1:-1]), before[2:])
    column = int(total[-1].argmin())
    found = [column]
    for row in range(len(cost) - 2, -1, -1):
        first = max(column - 1, 0)
        column = first + int(total[row, first : column + 2].argmin())
        found.append(column)
    return np.array(found[::-1])
