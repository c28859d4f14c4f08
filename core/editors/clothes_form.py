"""Clothes as a calm, closed surface: a form over what a field, with its head formed, has of them.

A small generator's clothes are lumps, shreds and haze. What of a head bears their label gets the surface of that,
smooth, as a layer with an edge; necks are smoothed with them, as labels waver where both meet. Where a photo shows
where clothes end, they come to end there; features are fetched from where they are solid, and what hangs around them
is no more. Faces and hair beside them stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import SEEN_HALF_HEIGHT
from core.editors.clothes_outline import Rise
from core.editors.form_nodes import DENSE, FADING, RAMP, THRESHOLD, WHOLE
from core.editors.rear_repair import FIRM
from core.formed_field import FAINT, Form
from core.mask import PARTS
from core.ramp import smooth
from core.rendering.occupancy import FAINT as HAZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.camera import Camera
    from core.rendering.occupancy import FieldGrid
    from core.shown_person import ShownPerson

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float32]

LOWEST, ENDING, TOP = -SEEN_HALF_HEIGHT - 0.03, 0.012, 0.03
"""Height below which nothing is told, world units: no camera sees it; over which height the telling begins there, and
over which it ends above."""
LUMPS, SKIN_LUMPS, DEEP = 3.0, 1.5, 10
"""Deviations of the bells under which clothes, and the neck, become smooth, nodes; and how deep their surface is known,
nodes."""
HEM, EDGE = 0.007, (0.4, 0.6)
"""Thickness of clothes, world units: else nothing would tell where they begin; and shares of them between which they
do."""
FULL = 2 * FIRM
"""Density below which a place must be told to be full."""
INSIDE = 0.012
"""Depth from which features are fetched, world units."""
CALM = (1 / 40, 1 / 80)
"""Deviations of the bells under which columns of a photo's outline are mixed, picture sides, in turn."""
STRETCHED = (0.4, 2.5)
"""Bounds of how much moved clothes are squeezed."""
SURELY = (0.3, 0.8)
"""Shares of clothes around a node from which it begins to be told, and from which it is told entirely."""


@dataclass(frozen=True, eq=False)
class _Lower:
    """The lower part of a head on the nodes of a grid.

    Attributes:
        low: float64 [3], x, y and z of its first node, world units.
        spacing: float64 [3], of the nodes along x, y and z, world units.
        sigma: float32 [Z, Y, X], density per world unit.
        depth: float32 [Z, Y, X], below the smooth surface of all that is solid, world units; negative outside.
        share: float32 [Z, Y, X], how far what is solid around is clothes, 0..1.
        bust: float32 [Z, Y, X], how far it is clothes or neck.
    """

    low: Array
    spacing: Array
    sigma: Floats
    depth: Floats
    share: Floats
    bust: Floats

    @staticmethod
    def of(grid: FieldGrid, top: float) -> _Lower | None:
        """That of a grid, up to some height; None where there are no clothes."""
        from scipy.ndimage import distance_transform_edt, gaussian_filter

        assert grid.labels is not None
        spacing, low = np.array(grid.spacing), -np.array(grid.half_sides)
        first = max(0, int((LOWEST - low[1]) / spacing[1]))
        rows = slice(first, max(first, int((top - low[1]) / spacing[1]) + 2))
        sigma, labels = grid.sigma[:, rows].cpu().numpy(), grid.labels[:, rows].cpu().numpy()
        solid = sigma > FIRM
        named = solid & (labels > 0)
        cloth = named & (labels == PARTS.index("cloth"))
        if not cloth.any():
            return None
        nearest = distance_transform_edt(~named, return_distances=False, return_indices=True)
        neck = named & (labels == PARTS.index("neck"))
        share, bust = (
            gaussian_filter(some[tuple(nearest)].astype(np.float32), LUMPS, mode="nearest")
            for some in (cloth, cloth | neck)
        )
        # beyond its sides and its foot a bust goes on
        wide = np.pad(solid, DEEP, mode="edge")
        away = distance_transform_edt(wide) - distance_transform_edt(~wide) - np.where(wide, 0.5, -0.5)
        skin, clothes = (
            gaussian_filter(away.clip(-DEEP, DEEP).astype(np.float32), lumps)[(slice(DEEP, -DEEP),) * 3]
            for lumps in (SKIN_LUMPS, LUMPS)
        )
        depth = skin + share * (clothes - skin)
        low[1] += first * spacing[1]
        worn = HEM * smooth(*EDGE, share.astype(np.float64)).astype(np.float32)
        return _Lower(low, spacing, sigma, depth * np.float32(spacing.mean()) + worn, share, bust)

    @property
    def places(self) -> Array:
        """World points [Z * Y * X, 3] of the nodes."""
        z, y, x = np.indices(self.sigma.shape).reshape(3, -1)
        return np.asarray(self.low + np.column_stack([x, y, z]) * self.spacing, np.float64)

    @property
    def tops(self) -> Array:
        """World points [N, 3] where clothes end upwards."""
        inside = self.depth > 0
        k, j, i = (inside[:, :-1] & ~inside[:, 1:] & (self.share[:, :-1] > 0.5)).nonzero()
        below, above = self.depth[k, j, i], self.depth[k, j + 1, i]
        return np.asarray(self.low + np.column_stack([i, j + below / (below - above), k]) * self.spacing, np.float64)

    def at(self, values: Floats, points: Array) -> Array:
        """Values [N] of the nodes [Z, Y, X] at world points [N, 3], trilinear; those of its border beyond it."""
        from scipy.ndimage import map_coordinates

        where = ((points - self.low) / self.spacing).T[::-1]
        return np.asarray(map_coordinates(values, where, order=1, mode="nearest"), np.float64)

    def feet(self, points: Array, depth: Array, clothed: Flags) -> Array:
        """Where what is at points [N, 3] is solid below them.

        Args:
            points: world points.
            depth: float64 [N], of each, world units.
            clothed: bool [N], which are to be clothes; the others are not.
        """
        from scipy.ndimage import distance_transform_edt

        inwards = np.stack([self.at(slope, points) for slope in reversed(np.gradient(self.depth))], 1)
        inwards /= np.maximum(np.linalg.norm(inwards, axis=1, keepdims=True), 1e-9)
        feet = points + np.maximum(INSIDE - depth, 0)[:, None] * inwards
        solid = (self.sigma > FULL) & (self.depth > 0)
        for kind, chosen in ((self.share > 0.5, clothed), (self.share <= 0.5, ~clothed)):
            firm = solid & kind
            lost = np.flatnonzero(chosen & (self.at(firm.astype(np.float32), feet) < 0.9))
            if firm.any() and len(lost):
                nearest = distance_transform_edt(~firm, return_distances=False, return_indices=True)
                numbers = np.round((feet[lost] - self.low) / self.spacing).astype(int)[:, ::-1]
                z, y, x = numbers.clip(0, np.array(firm.shape) - 1).T
                feet[lost] = self.low + nearest[::-1, z, y, x].T * self.spacing
        return np.asarray(feet, np.float64)


def clothes_form(
    grid: FieldGrid, top: float, thin: Callable[[Array], float], camera: Camera, shown: ShownPerson | None
) -> Form | None:
    """What a calm surface of a head's clothes and neck says; None where it has no clothes.

    Args:
        grid: of the head, with labels.
        top: height up to which there may be clothes, world units.
        thin: share of nothing at which what is solid at points [N, 3] ceases to be.
        camera: the photo's.
        shown: what the photo shows; None where nothing can tell.
    """
    from scipy.ndimage import maximum_filter

    lower = None if grid.labels is None else _Lower.of(grid, top)
    if lower is None:
        return None
    places = lower.places
    before = places if shown is None else _before(lower, camera, shown)
    deep, share, bust = (lower.at(values, before) for values in (lower.depth, lower.share, lower.bust))
    above = -deep / _stretched(deep, lower)
    # what clothes leave is to be empty, and what they come to fill is to be full
    wrong = (above > 0) & (lower.sigma.ravel() > HAZE) | (above < 0) & (lower.sigma.ravel() < FULL)
    wrong = maximum_filter(wrong.reshape(lower.sigma.shape), 3).ravel()
    near = np.where(wrong, 1.0, 1 - smooth(0.0, FADING, np.abs(above) - WHOLE))
    height = places[:, 1]
    amount = smooth(*SURELY, bust) * near * smooth(LOWEST, LOWEST + ENDING, height) * smooth(top, top - TOP, height)
    told = np.flatnonzero(amount > FAINT)
    clothed = share[told] > 0.5
    feet = lower.feet(before[told], deep[told], clothed)
    close = np.abs(above[told]) < WHOLE
    ceasing = np.where(clothed, *(thin(feet[close & some]) for some in (clothed, ~clothed)))
    level = above[told] - DENSE + RAMP * (ceasing - THRESHOLD)
    values = np.column_stack([feet - places[told], level, np.ones(len(told))]) * amount[told, None]
    counts, high = lower.sigma.shape, lower.low + (np.array(lower.sigma.shape[::-1]) - 1) * lower.spacing
    return Form(
        torch.from_numpy(told.astype(np.int32)),
        torch.from_numpy(values.T.copy()).half(),
        (counts[0], counts[1], counts[2]),
        (float(lower.low[0]), float(lower.low[1]), float(lower.low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
        RAMP,
        THRESHOLD,
        None,
        torch.from_numpy(ceasing).half(),
    )


def _before(lower: _Lower, camera: Camera, shown: ShownPerson) -> Array:
    """Where what is to be at the nodes was before clothes came to end where a photo ends them, [Z * Y * X, 3]."""
    before, moved, rises = lower.places, lower, list[Rise]()
    for calm in CALM:
        rise = Rise.of(moved.tops, camera, shown, calm)
        if rise is None:
            break
        rises.append(rise)
        before = lower.places
        for one in reversed(rises):
            before = one.undone(before, camera)
        depth, share = (
            lower.at(values, before).reshape(values.shape).astype(np.float32) for values in (lower.depth, lower.share)
        )
        moved = replace(lower, depth=depth, share=share)
    return before


def _stretched(deep: Array, lower: _Lower) -> Array:
    """How much faster depth [Z * Y * X] changes than the place does, where moved clothes are squeezed, [Z * Y * X]."""
    slope = np.stack(np.gradient(deep.reshape(lower.sigma.shape), *lower.spacing[::-1]))
    return np.asarray(np.linalg.norm(slope, axis=0).ravel().clip(*STRETCHED), np.float64)
