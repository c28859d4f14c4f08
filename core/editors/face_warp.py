"""Expression and shape of any head's face: the mean face's targets, fitted to it, as a warp of space.

The mean face is laid on the head by its landmarks, first as a whole and then point by point, so that the corner of the
mouth that a target moves is this head's. The moves of its points are then spread into the space around
(`core.editors.spread`). Sums of sliders are sums of moves, so a head has one grid of displacements however many sliders
are at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.editors.face_landmarks import landmarks_of
from core.editors.face_sliders import face_slider_of
from core.editors.face_targets import face_targets
from core.editors.mouth_opening import held_open, mouth_inside
from core.editors.spread import Spread
from core.warped_field import Warp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.camera import Camera
    from core.mouth_inside import MouthInside
    from core.protocols import Renderer

REACH, CALM = 0.05, 0.03
"""Of the point-by-point fit: distance over which a landmark pulls, world units, and how much it may be missed."""
DOUBTFUL = 0.03
"""A landmark that lies off by more, world units, is something else before the face, such as glasses or hair."""
LOW, HIGH = (-0.23, -0.34, -0.24), (0.23, 0.3, 0.36)
"""Corners of the box in which the mean face's moves are felt, world units."""
SPACING = 0.0065
"""Of the nodes, world units: less than 4 mm."""
OF_LIPS = ("mouth-open", "lips-pursed")
"""Sliders that open and close a mouth; all others leave it as open as it was."""
PIECE = 512
"""Points that are laid at a time."""
KEPT = 8
"""Sliders whose moves are remembered for a head, 8 MB each."""


@dataclass(frozen=True, eq=False)
class Fitting:
    """How the mean face lies on a head: `scale * turn @ point + shift`, and what is added to that around landmarks.

    Attributes:
        scale: of the head to the mean face.
        turn: float32 [3, 3].
        shift: float32 [3], world units.
        landmarks: float32 [N, 3], of the mean face.
        pull: float32 [N, 3], weights of the kernel at each.
    """

    scale: float
    turn: Tensor
    shift: Tensor
    landmarks: Tensor
    pull: Tensor

    @staticmethod
    def of(mean: Tensor, found: Tensor, sure: Tensor) -> Fitting:
        """Lay the mean face's landmarks [N, 3] on those found [N, 3], of which some depths are `sure`, bool [N]."""
        weight = sure.float() + 0.05
        for _ in range(4):  # what lies off counts less each time
            scale, turn, shift = _similarity(mean, found, weight)
            missed = found - (scale * mean @ turn.T + shift)
            weight = (sure.float() + 0.05) / (1 + (missed.norm(dim=1) / (DOUBTFUL / 2)).square())
        # a doubtful depth is as the whole face's
        off = ~sure | (missed[:, 2].abs() > DOUBTFUL)
        missed = torch.where(off[:, None] & torch.tensor([False, False, True]), torch.zeros(()), missed)
        missed = missed * (DOUBTFUL / missed.norm(dim=1, keepdim=True).clamp(min=DOUBTFUL))
        kernel = _kernel(mean, mean) + CALM * torch.eye(len(mean))
        return Fitting(scale, turn, shift, mean, torch.linalg.solve(kernel, missed))

    def laid(self, points: Tensor) -> Tensor:
        """The places [N, 3] on the head of the mean face's points [N, 3]."""
        # in pieces that stay in a core's cache
        pulled = [_kernel(piece, self.landmarks) @ self.pull for piece in points.split(PIECE)]
        return self.scale * points @ self.turn.T + self.shift + torch.cat(pulled)


class FaceWarper:
    """Bends the face of one head. Used by one thread at a time."""

    def __init__(self, fitting: Fitting) -> None:
        """Begin with how the mean face lies on the head."""
        self._fitting = fitting
        targets = face_targets()
        self._points = fitting.laid(targets.points)
        corners = torch.stack([torch.tensor(LOW), torch.tensor(HIGH)]) * fitting.scale + fitting.shift
        counts = ((corners[1] - corners[0]) / (SPACING * fitting.scale)).round().long() + 1
        self._low, self._high = (_corner(corner) for corner in corners)
        self._counts: tuple[int, int, int] = (int(counts[2]), int(counts[1]), int(counts[0]))
        self._known: dict[str, Tensor] = {}
        self._spread = Spread(self._points, targets.areas, self._low, self._high, self._counts)

    @staticmethod
    def of(renderer: Renderer, camera: Camera) -> FaceWarper:
        """Find the face of a head.

        Args:
            renderer: of the head without edits.
            camera: of its photo.

        Raises:
            VoltefaceError: it has none.
        """
        found, sure = landmarks_of(renderer, camera)
        return FaceWarper(Fitting.of(face_targets().landmarks, found, sure))

    def warp(self, strengths: Mapping[str, float]) -> Warp | None:
        """From the face as it is bent by sliders, at strengths by name, back to the face as it was.

        Strengths beyond a range stop there. None where nothing moves.

        Raises:
            VoltefaceError: there is no such slider.
        """
        forth = self.forth(strengths)
        return None if forth is None else Warp.of_moves(forth.shift, self._low, self._high)

    def forth(self, strengths: Mapping[str, float]) -> Warp | None:
        """The other way: from the face as it was to the bent one."""
        total: Tensor | None = None
        for name, strength in strengths.items():
            low, high = face_slider_of(name).range
            amount = min(max(strength, low), high)
            moves = self._moves_of(name + ("+" if amount > 0 else "-")) if amount else None
            if moves is not None:
                total = moves * abs(amount) if total is None else total.add(moves, alpha=abs(amount))
        return None if total is None else Warp(total, self._low, self._high)

    def mouth(self, strengths: Mapping[str, float], light: float) -> MouthInside | None:
        """What is seen between lips that sliders part; see `core.editors.mouth_opening.mouth_inside`."""
        forth = self.forth(strengths)
        if forth is None:
            return None
        return mouth_inside(self._fitting.laid(face_targets().landmarks), forth, light)

    def _moves_of(self, name: str) -> Tensor | None:
        """How far the nodes of this head go, [3, Z, Y, X]."""
        targets = face_targets()
        if name not in targets.moves:
            return None
        if name not in self._known:
            if len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            index, moves = targets.moves[name]
            whole = torch.zeros_like(self._points)
            whole[index] = self._fitting.laid(targets.points[index] + moves) - self._points[index]
            moved = self._spread.moves(whole)
            if name[:-1] not in OF_LIPS:
                held = held_open(self._fitting.laid(targets.landmarks), Warp(moved, self._low, self._high))
                moved = moved if held is None else held
            self._known[name] = moved
        return self._known[name]


def _kernel(points: Tensor, centres: Tensor) -> Tensor:
    """Matern kernel of smoothness 3/2 [N, M] between points [N, 3] and centres [M, 3]."""
    distance = torch.cdist(points, centres) * (3**0.5 / REACH)
    return (1 + distance) * torch.exp(-distance)


def _similarity(source: Tensor, target: Tensor, weight: Tensor) -> tuple[float, Tensor, Tensor]:
    """Scale, rotation [3, 3] and shift [3] that bring points [N, 3] closest to others (Umeyama 1991), weighted [N]."""
    share = (weight / weight.sum())[:, None]
    middle, goal = (source * share).sum(0), (target * share).sum(0)
    a, b = source - middle, target - goal
    u, spread, v = torch.linalg.svd((b * share).T @ a)
    sign = torch.ones(3)
    sign[2] = torch.sign(torch.linalg.det(u) * torch.linalg.det(v))
    turn = (u * sign) @ v
    scale = float((spread * sign).sum() / (a.square() * share).sum())
    return scale, turn, goal - scale * turn @ middle


def _corner(point: Tensor) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return x, y, z
