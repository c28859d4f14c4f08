"""How much of a head's surface photos show: a share of its area, and of the area of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import SEEN_HALF_HEIGHT
from core.errors import ExportError
from core.exporters.light import light_surface
from core.mask import PARTS
from core.rendering.seen import seen_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.mesh import Mesh
    from core.rendering.occupancy import FieldGrid
    from core.rendering.seen import Witness

ALL_TRIANGLES = 10**9
"""Fewer are not needed: the mesh is only measured."""
SEEN_GROUPS = {
    "Face": ("skin", "eyes", "brows", "lips", "nose", "mouth", "glasses"),
    "Ears": ("ears",),
    "Hair": ("hair",),
    "Neck": ("neck",),
}
"""Parts whose seen share is told apart; clothes are left out of it."""
LEAST_SHARE = 0.005
"""Share of the surface below which a group is not worth a line."""


def seen_shares(grid: FieldGrid, witnesses: Sequence[Witness]) -> tuple[float | None, dict[str, float]]:
    """Share of a head's surface without clothes that photos show, 0..1, weighted by area; and of groups of parts.

    Without labels clothes cannot be told from the head, so they count. Below what generators are taught nothing counts.
    """
    try:
        mesh = light_surface(grid, ALL_TRIANGLES)
    except ExportError:
        return None, {}
    area = vertex_areas(mesh) * (mesh.vertices[:, 1] > -min(SEEN_HALF_HEIGHT, grid.half_sides[1] - grid.spacing[1]))
    amount = seen_on(mesh, witnesses)
    labels = _labels_of(mesh, grid)
    if labels is None:
        return _share(amount, area), {}
    area = area * (labels != PARTS.index("cloth"))
    shares = {}
    for title, parts in SEEN_GROUPS.items():
        chosen = area * np.isin(labels, [PARTS.index(part) for part in parts])
        if chosen.sum() > LEAST_SHARE * area.sum():
            shares[title] = _share(amount, chosen)
    return _share(amount, area), shares


def vertex_areas(mesh: Mesh) -> NDArray[np.float64]:
    """A third of the area of the triangles at each vertex, float64 [V]."""
    a, b, c = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(mesh.faces.ravel(), np.repeat(areas, 3), len(mesh.vertices)).astype(np.float64)


def _labels_of(mesh: Mesh, grid: FieldGrid) -> NDArray[np.uint8] | None:
    """The part at each vertex, uint8 [V]; where the surface lies between known nodes, a little further in."""
    points = torch.from_numpy(mesh.vertices)
    labels = grid.label_at(points)
    if labels is None:
        return None
    inwards = points - max(grid.spacing) * torch.from_numpy(mesh.normals)
    deeper = grid.label_at(inwards)
    assert deeper is not None
    return np.asarray(torch.where(labels > 0, labels, deeper).numpy(), np.uint8)


def _share(amount: NDArray[np.float32], area: NDArray[np.float64]) -> float:
    return float((amount * area).sum() / max(area.sum(), 1e-12))
