from __future__ import annotations

import numpy as np

from core.exporters.surface import unpinched
from core.mesh import Mesh

CUBE = np.array(
    [
        [0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4],
        [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6], [3, 0, 4], [3, 4, 7],
    ],
    dtype=np.int32,
)  # fmt: skip
CORNERS = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], dtype=np.float32
)


def test_two_cubes_that_share_an_edge_are_set_apart() -> None:
    # the second cube stands diagonally beside the first: they meet along the edge from (1, 1, 0) to (1, 1, 1)
    vertices = np.concatenate([CORNERS, CORNERS + np.array([1, 1, 0], dtype=np.float32)])
    faces = np.concatenate([CUBE, CUBE + 8])
    faces = np.where(faces == 8, 2, np.where(faces == 12, 6, faces)).astype(np.int32)
    assert not Mesh.of_triangles(vertices, faces).is_watertight
    apart = Mesh.of_triangles(*unpinched(vertices, faces))
    assert apart.is_watertight
    assert len(apart.faces) == 24
    assert abs(apart.volume - 2) < 0.1


def test_a_closed_surface_is_left_alone() -> None:
    vertices, faces = unpinched(CORNERS, CUBE)
    assert np.array_equal(vertices, CORNERS)
    assert np.array_equal(faces, CUBE)
