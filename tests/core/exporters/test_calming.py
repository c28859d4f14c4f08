"""Hair is even before strands are carved into it; everything else stays."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.exporters.calming import calmed
from core.exporters.density import sample_density
from core.exporters.surface import surface_of_grid
from core.mask import PARTS
from core.mesh import Mesh
from core.rendering.occupancy import FieldGrid

HALF_SIDES = (0.3, 0.3, 0.3)
RADIUS, STEEP, LEVEL = 0.2, 4000.0, 10.0
THORN_Y, CLEFT = 0.24, 0.004
NODES = 64


def _head(points: torch.Tensor) -> torch.Tensor:
    """A ball with a thorn on top and another one below, and a narrow cleft around each half."""
    ball = RADIUS - points.norm(dim=1)
    thorn = 0.006 - torch.maximum(points[:, [0, 2]].norm(dim=1), points[:, 1].abs() - THORN_Y)
    cleft = torch.maximum((points[:, 1].abs() - 0.1).abs() - CLEFT / 2, 0.18 - points.norm(dim=1))
    return STEEP * torch.minimum(torch.maximum(ball, thorn), cleft) + LEVEL


def _labelled(upper: str, lower: str) -> FieldGrid:
    labels = torch.full((NODES,) * 3, PARTS.index(lower), dtype=torch.uint8)
    labels[:, NODES // 2 :] = PARTS.index(upper)
    return FieldGrid(torch.ones((NODES,) * 3), torch.ones(4, *(NODES,) * 3), labels, HALF_SIDES)


@pytest.fixture(scope="module")
def before_and_after() -> tuple[Mesh, Mesh]:
    grid = sample_density(_head, HALF_SIDES, 120, level=LEVEL)
    even = calmed(grid, _labelled("hair", "skin"))
    return surface_of_grid(grid, 0), surface_of_grid(even, 0)


def _away(mesh: Mesh, low: float, high: float) -> NDArray[np.float64]:
    """Distance to the middle of vertices between two heights."""
    y = mesh.vertices[:, 1]
    away: NDArray[np.float64] = np.linalg.norm(mesh.vertices[(y > low) & (y < high)].astype(float), axis=1)
    return away


def test_hair_has_neither_thorns_nor_clefts(before_and_after: tuple[Mesh, Mesh]) -> None:
    before, after = before_and_after
    assert before.vertices[:, 1].max() > THORN_Y
    assert after.vertices[:, 1].max() < RADIUS + 0.006
    assert _away(before, 0.08, 0.12).min() < 0.185
    assert _away(after, 0.08, 0.12).min() > 0.19
    assert after.is_watertight


def test_hair_stays_where_it_is(before_and_after: tuple[Mesh, Mesh]) -> None:
    away = _away(before_and_after[1], 0.13, 0.18)
    assert np.abs(away - RADIUS).max() < 0.002, "a millimetre"


def test_skin_keeps_what_is_fine(before_and_after: tuple[Mesh, Mesh]) -> None:
    before, after = (mesh.vertices[mesh.vertices[:, 1] < -0.05] for mesh in before_and_after)
    assert np.array_equal(np.unique(before, axis=0), np.unique(after, axis=0))
