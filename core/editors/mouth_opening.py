"""The inside of a mouth: what is seen where sliders open it, and teeth that were seen before and must stay so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.mouth_inside import MouthInside

if TYPE_CHECKING:
    from torch import Tensor

    from core.warped_field import Warp

UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Points of the face mesh along the inner edges of the lips, from corner to corner."""
RED_ABOVE, RED_BELOW = 0.006, 0.008
"""From those edges to the middle of each lip, which tells how the lip moves, world units."""
CLOSED = 0.007
"""Parted lips are further apart somewhere, world units."""
LEAST = 0.0045
"""Further that lips must part so that there is something to see between them, world units."""
OWN_TEETH, LIP_EDGE = 1.25, 0.003
"""How much of the former opening stays what it was, and by how much the edge of a lip that shows teeth is missed."""
POINTS = 41
CHIN, DEEP = 0.045, 0.05
"""How far below the lower lip its correction fades, and how far behind the lips it reaches, world units."""


def mouth_inside(landmarks: Tensor, forth: Warp, light: float) -> MouthInside | None:
    """What is to be seen between lips that a warp parts; None where it does not part them.

    Args:
        landmarks: float32 [468, 3] of the face before it is bent, world units.
        forth: from that face to the bent one.
        light: of the skin, 0..1.
    """
    upper, lower = landmarks[list(UPPER)].clone(), landmarks[list(LOWER)].clone()
    middle = (upper + lower) / 2
    # edges of closed lips are one line: whatever was found of them, the upper one is not below
    crossed = upper[:, 1] < lower[:, 1]
    upper[crossed] = middle[crossed]
    lower[crossed] = middle[crossed]
    before = upper[:, 1] - lower[:, 1]
    rise, fall = torch.tensor([0.0, RED_ABOVE, 0.0]), torch.tensor([0.0, RED_BELOW, 0.0])
    above = upper + forth.shift_at(upper + rise)
    below = lower + forth.shift_at(lower - fall)
    # corners stay together
    for end in (0, -1):
        above[end] = below[end] = (above[end] + below[end]) / 2
    parted = (above[:, 1] - below[:, 1]) - before
    if float(parted.max()) < LEAST:
        return None
    was_open = float(before.max()) > CLOSED
    if was_open:
        # the teeth that it showed hang from the skull and stay as they are
        above[:, 1] -= OWN_TEETH * before
        below[1:-1, 1] -= LIP_EDGE
    below[:, 1] = torch.minimum(below[:, 1], above[:, 1])
    return MouthInside(upper=_smooth(above), lower=_smooth(below), teeth=not was_open, light=light)


def held_open(landmarks: Tensor, forth: Warp) -> Tensor | None:
    """Moves [3, Z, Y, X] of a warp whose lips keep their distance; None where they were closed or do not close.

    The targets were made on a closed mouth, whose lips a smile presses. Between lips that show teeth that would squeeze
    the teeth: the lower lip is let down as far as it would come nearer, and the teeth move with the upper one.

    Args:
        landmarks: float32 [468, 3] of the face before it is bent, world units.
        forth: from that face to the bent one.
    """
    upper, lower = landmarks[list(UPPER)], landmarks[list(LOWER)]
    gap = upper[:, 1] - lower[:, 1]
    if float(gap.max()) <= CLOSED:
        return None
    nearer = (forth.shift_at(lower)[:, 1] - forth.shift_at(upper)[:, 1]).clamp(min=0)
    nearer[0] = nearer[-1] = 0
    if float(nearer.max()) <= 0:
        return None
    counts = forth.shift.shape[:0:-1]
    x, y, z = (np.linspace(*ends) for ends in zip(forth.low, forth.high, counts, strict=True))
    order = upper[:, 0].argsort().numpy()
    at = upper[:, 0].numpy()[order]
    down, top, bottom = (np.interp(x, at, line.numpy()[order]) for line in (nearer, upper[:, 1], lower[:, 1]))
    open_gap = np.maximum(top - bottom, 1e-4)
    between = np.clip((top - y[:, None]) / open_gap, 0, 1)
    below = np.exp(-((np.maximum(bottom - y[:, None], 0) / CHIN) ** 2))
    ahead = np.clip((z - float(upper[:, 2].min()) + DEEP) / DEEP, 0, 1)
    moves = forth.shift.clone()
    moves[1] -= torch.from_numpy((ahead[:, None, None] * (down * between * below)).astype(np.float32))
    return moves


def _smooth(line: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A line [N, 3] through more points."""
    from scipy.interpolate import PchipInterpolator

    at = np.arange(len(line))
    fine = PchipInterpolator(at, line.numpy(), axis=0)(np.linspace(0, len(line) - 1, POINTS))
    return np.asarray(fine, np.float32)
