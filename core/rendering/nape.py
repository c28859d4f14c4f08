"""The line at which short hair ends on the neck, where no photo shows it.

A search that looks from the front leaves a torn edge there: a tail in the middle, bare spots beside it. The line is
the same on both sides, calm, and not much lower in the middle than behind the ears.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.mask import PARTS
from core.rendering.places import places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame
    from core.rendering.occupancy import FieldGrid

POLE, BEHIND, EARS = -0.05, -0.03, 0.03
"""Depth of the upright axis that angles go around, behind which skin above the line is covered with hair, and of the
front of the ears, behind which hair ends at the line, world z."""
WIDEST, BINS = 90.0, 9
"""Angle from straight behind up to which the line is looked for, degrees, and pieces it is found in on each side."""
REACH = 125.0
"""Angle up to which hair ends there, degrees."""
GIRTH = 0.13
"""Distance from the axis beyond which hair hangs beside the neck and does not lie on it, world units."""
SOLID = 30.0
"""Density from which a node is part of the head, per world unit."""
FEWEST, LOW = 20, 0.02
"""Nodes of hair that a piece must have, and share of them that may lie below the line."""
TAIL = 0.035
"""How much lower than behind the ears the line is in the middle, at most, world units."""
GAP = 0.06
"""How far above the line bare skin is a gap in hair, world units: further up somebody is bald."""
ABOVE_CLOTH = 0.02
"""How far above the clothes hair must end to end on the neck, world units."""
COLLAR = 0.75
"""Quantile of the clothes' heights behind that a collar reaches all around."""
SHORT = 0.25
"""Share of the pieces in which it must."""
NECK = ("neck", "skin")


@dataclass(frozen=True, eq=False)
class Nape:
    """Where hair ends behind.

    Attributes:
        heights: world y of the line at `BINS` angles from straight behind to `WIDEST`, float64 [B].
        collar: world y of the clothes behind.
    """

    heights: NDArray[np.float64]
    collar: float

    @staticmethod
    def of(grid: FieldGrid) -> Nape | None:
        """That of a head; None where its hair is long, or it has none behind."""
        grid = grid.on_processor
        if grid.labels is None:
            return None
        solid = ((grid.sigma > SOLID) & grid.known).nonzero()
        points = solid.numpy()[:, ::-1] * np.array(grid.spacing) - np.array(grid.half_sides)
        behind = points[:, 2] < BEHIND
        labels, points = grid.labels[tuple(solid.T)].numpy()[behind], points[behind]
        angles = _angles(points)
        piece = np.round(np.abs(angles) / WIDEST * (BINS - 1)).astype(np.int64)
        ends = np.full((2, BINS), np.nan)
        tops = np.full((2, BINS), np.nan)
        for side in range(2):
            for number in range(BINS):
                here = (piece == number) & (angles > 0 if side else angles <= 0)
                hair, cloth = (points[here & (labels == PARTS.index(part)), 1] for part in ("hair", "cloth"))
                if len(hair) >= FEWEST:
                    ends[side, number] = np.quantile(hair, LOW)
                if len(cloth) >= FEWEST:
                    tops[side, number] = np.quantile(cloth, 1 - LOW)
        if np.isnan(ends).any() or np.isnan(tops).any() or (ends > tops + ABOVE_CLOTH).mean() < SHORT:
            return None
        beside = float(np.median(ends[:, BINS // 2 :]))
        collar = float(np.quantile(tops, COLLAR))
        lowest = max(beside - TAIL, collar + ABOVE_CLOTH)
        return Nape(_calm(ends.mean(axis=0).clip(min=lowest)), collar)

    def drawn(self, frame: Frame) -> Frame:
        """A frame, with labels, whose hair ends at the line."""
        assert frame.labels is not None
        labels = frame.labels.ravel()
        hair = labels == PARTS.index("hair")
        bare = np.isin(labels, [PARTS.index(part) for part in NECK])
        chosen = np.flatnonzero((hair | bare) & (frame.depth.ravel() > 0))
        points, _ = places_of(frame.camera, frame.depth, chosen)
        angles, up, z = np.abs(_angles(points)), points[:, 1], points[:, 2]
        line = np.interp(angles, np.linspace(0, WIDEST, BINS), self.heights)
        behind, out = (angles < WIDEST) & (z < BEHIND), labels.copy()
        on_neck = (angles < REACH) & (z < EARS) & (np.hypot(points[:, 0], z - POLE) < GIRTH)
        out[chosen[hair[chosen] & (up < line) & on_neck]] = PARTS.index("neck")
        out[chosen[bare[chosen] & (up > line) & (up < line + GAP) & behind]] = PARTS.index("hair")
        out[chosen[(up < self.collar) & behind]] = PARTS.index("cloth")
        return replace(frame, labels=out.reshape(frame.labels.shape))


def _angles(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles of world points [N, 3] from straight behind, degrees [N], positive on the person's left."""
    return np.asarray(np.degrees(np.arctan2(points[:, 0], POLE - points[:, 2])))


def _calm(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """A calm line through heights [B], [B]."""
    across = np.linspace(0, 1, BINS) ** 2
    return np.asarray(np.polyval(np.polyfit(across, heights, 1), across))
