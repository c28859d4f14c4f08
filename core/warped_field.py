"""A field whose space is bent: a face smiles because each point shows what was a little further down before.

Volumes have no vertices to move, so a displacement that is known for the points of the old face is turned round: the
new face asks every point where it came from. Whatever a field says about a point (density, colour, part) moves along.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from core.field import FieldOver, Reader, Sample
from core.lattice import Corner, between_nodes, in_box

STEPS = 14
"""Of the search for the place where a point came from; each brings it closer by the displacement's slope."""
CLOSE = 0.005
"""What the search may be off by, in distances of nodes."""
STILL = 1e-5
"""Shorter moves are none, world units."""


@dataclass(frozen=True, eq=False)
class Warp:
    """Where the points of a changed head were before.

    Attributes:
        shift: float32 [3, Z, Y, X], world units (x, y, z): added to a point of the changed head it gives the place
            that the point came from. At nodes of a box, its faces included, where it is zero; zero beyond.
        low: corner of the box with the least x, y and z.
        high: the opposite corner.
    """

    shift: torch.Tensor
    low: Corner
    high: Corner

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Warp):
            return NotImplemented
        same = (self.low, self.high) == (other.low, other.high)
        return same and (self.shift is other.shift or torch.equal(self.shift, other.shift))

    def __hash__(self) -> int:
        return hash((self.low, self.high))

    @staticmethod
    def of_moves(moves: torch.Tensor, low: Corner, high: Corner) -> "Warp":
        """The warp of points that move.

        Solves b(q) = u(q - b(q)) for every node q by fixed-point iteration, which converges where u squeezes space but
        does not fold it (Chen et al. 2008, "A simple fixed-point approach to invert a deformation field").

        Args:
            moves: float32 [3, Z, Y, X], u: how far the matter at each node goes, world units.
            low: as of a warp.
            high: as of a warp.
        """
        spacing = [(b - a) / (count - 1) for a, b, count in zip(low, high, reversed(moves.shape[1:]), strict=True)]
        length = moves.abs().amax(0)
        # where nothing moves nearby, nothing came from elsewhere: those nodes need no search
        chosen = _widened(length, 1 + int(length.max() / min(spacing))).nonzero()
        points = torch.tensor(low, device=moves.device) + chosen.flip(1) * torch.tensor(spacing, device=moves.device)
        forward, (z, y, x) = Warp(moves, low, high), chosen.unbind(1)
        back = moves[:, z, y, x].T.contiguous()
        left = torch.arange(len(chosen), device=moves.device)  # most are found in a few steps
        for number in range(STEPS):
            before = back[left]
            found = forward.shift_at(points[left] - before)
            # late steps are shorter, so that what is folded at least settles
            back[left] = torch.lerp(before, found, 1.0 if number < STEPS // 2 else 0.5)
            left = left[(found - before).abs().amax(1) > CLOSE * min(spacing)]
            if not len(left):
                break
        shift = torch.zeros_like(moves)
        shift[:, z, y, x] = torch.where(back.abs() > STILL, -back, 0.0).T
        return Warp(shift, low, high)

    def shift_at(self, points: torch.Tensor) -> torch.Tensor:
        """The shift [N, 3] at world points [N, 3], trilinear; 0 outside the box."""
        return between_nodes(self.shift, in_box(points, self.low, self.high))

    def back(self, points: torch.Tensor) -> torch.Tensor:
        """The places [N, 3] that world points [N, 3] came from."""
        return points + self.shift_at(points)

    def bends(self, points: torch.Tensor) -> torch.Tensor:
        """Which world points [N, 3] came from elsewhere, bool [N]."""
        return (self.shift_at(points) != 0).any(1)

    def to(self, device: torch.device | str) -> "Warp":
        """The same on another device."""
        return replace(self, shift=self.shift.to(device))


@dataclass(frozen=True)
class WarpedField(FieldOver):
    """A field in bent space.

    Attributes:
        base: the field as it was.
        warp: where the points of the bent one were.
    """

    warp: Warp

    def read_by(self, reader: Reader) -> Sample:
        """See the base class."""
        base = reader(self.base)
        return lambda points: base(self.warp.back(points))

    def to(self, device: torch.device | str) -> "WarpedField":
        """The same field on another device."""
        return replace(self, base=self.base.to(device), warp=self.warp.to(device))

    def detached(self) -> "WarpedField":
        """The same field in tensors of its own that carry no graph."""
        return replace(self, base=self.base.detached())


def _widened(length: torch.Tensor, reach: int) -> torch.Tensor:
    """Nodes [Z, Y, X] within `reach` of one that moves, bool."""
    wide = (length > STILL).float()[None, None]
    for axis in range(3):
        window = [1, 1, 1]
        window[axis] = 2 * reach + 1
        wide = F.max_pool3d(wide, window, 1, [side // 2 for side in window])
    return wide[0, 0] > 0
