"""Finer triangles: where they are asked for, on the same surface, and still closed."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.exporters.density import sample_density
from core.exporters.refinement import refined
from core.exporters.surface import simplified, surface_of_grid
from core.mesh import Mesh
from tests.core.exporters.ball import HALF_SIDES, LEVEL, RADIUS, ball

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def coarse() -> Mesh:
    return simplified(surface_of_grid(sample_density(ball(), HALF_SIDES, 48, level=LEVEL)), 1500)


def _edges(mesh: Mesh) -> tuple[Array, Array]:
    """Lengths [E] and middles [E, 3]."""
    ends = mesh.vertices.astype(np.float64)[np.stack([mesh.faces, np.roll(mesh.faces, -1, 1)], -1).reshape(-1, 2)]
    return np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1), ends.mean(1)


def test_edges_are_as_short_as_told_and_only_there(coarse: Mesh) -> None:
    fine = refined(coarse, lambda points: np.where(points[:, 2] > 0, 0.01, np.inf))
    length, middle = _edges(fine)
    assert length[middle[:, 2] > 0.01].max() <= 0.01
    before, where = _edges(coarse)
    assert length[middle[:, 2] < -0.05].max() == pytest.approx(before[where[:, 2] < -0.05].max())
    assert fine.is_watertight


def test_a_ball_stays_round(coarse: Mesh) -> None:
    unit = coarse.vertices / np.linalg.norm(coarse.vertices, axis=1, keepdims=True)
    exact = replace(coarse, vertices=(RADIUS * unit).astype(np.float32), normals=unit)
    fine = refined(exact, lambda points: np.full(len(points), 0.008))
    missed = np.abs(np.linalg.norm(fine.vertices, axis=1) - RADIUS)
    flat = np.abs(np.linalg.norm(_edges(exact)[1], axis=1) - RADIUS)
    assert missed.max() < 0.2 * flat.max()
    assert fine.volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.01)


def test_there_are_no_more_triangles_than_asked_for(coarse: Mesh) -> None:
    for most in (2000, 9000):
        fine = refined(coarse, lambda points: np.full(len(points), 0.004), most)
        assert len(coarse.faces) < len(fine.faces) <= most
        assert fine.is_watertight


def test_what_is_fine_enough_stays(coarse: Mesh) -> None:
    assert refined(coarse, lambda points: np.full(len(points), np.inf)) is coarse
