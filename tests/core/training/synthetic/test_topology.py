import numpy as np
import pytest

from core.training.synthetic.arrays import Ints
from core.training.synthetic.topology import (
    catmull_clark,
    pieces,
    render_mesh,
    subdivide_uv,
    triangulate,
    vertex_normals,
)

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
CUBE_FACES = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float64)


def edges_of(triangles: Ints) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for t in triangles for a, b in zip(t, np.roll(t, -1), strict=True)}


def test_a_fan_covers_a_polygon() -> None:
    triangles, uv_triangles = triangulate([[4, 5, 6, 7, 8]], [[0, 1, 2, 3, 4]])
    assert triangles.tolist() == [[4, 5, 6], [4, 6, 7], [4, 7, 8]]
    assert uv_triangles.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 4]]


def test_a_render_vertex_is_a_pair_of_position_and_uv() -> None:
    positions, uv_triangles = np.array([[0, 1, 2], [2, 1, 3]]), np.array([[0, 1, 2], [3, 1, 2]])
    uvs = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    mesh = render_mesh(positions, uv_triangles, uvs)
    assert len(mesh.index) == 5  # position 2 occurs with two uvs
    np.testing.assert_array_equal(mesh.index[mesh.triangles], positions)
    np.testing.assert_array_equal(mesh.uv[mesh.triangles], uvs[uv_triangles])


def test_normals_of_a_cube_point_outwards() -> None:
    triangles, _ = triangulate(CUBE_FACES, CUBE_FACES)
    normals = vertex_normals(CUBE, triangles)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert ((normals * CUBE).sum(1) > 0).all()


def test_a_loose_vertex_has_no_normal() -> None:
    assert vertex_normals(np.vstack([SQUARE, [[9, 9, 9]]]), np.array([[0, 1, 2]]))[4].tolist() == [0, 0, 0]


def test_subdivided_cube_has_the_known_points() -> None:
    step = catmull_clark(8, CUBE_FACES)
    points = step.apply(CUBE)
    assert len(points) == 8 + 12 + 6
    np.testing.assert_allclose(points[:8], CUBE * 5 / 9)  # (Q + 2R + (n - 3)S) / n with n = 3
    np.testing.assert_allclose(np.linalg.norm(points[8:20], axis=1), np.sqrt(2) * 0.75)
    np.testing.assert_allclose(np.linalg.norm(points[20:], axis=1), 1)


def test_subdivision_keeps_a_closed_surface_closed() -> None:
    step = catmull_clark(8, CUBE_FACES)
    triangles, _ = triangulate(step.quads.tolist(), step.quads.tolist())
    edges = edges_of(triangles)
    assert len(triangles) == 48
    assert {(b, a) for a, b in edges} == edges
    assert 26 - len(edges) // 2 + len(triangles) == 2  # Euler


@pytest.mark.parametrize("faces", [CUBE_FACES, [[0, 1, 2, 3]], [[0, 1, 2], [0, 2, 3]], [[0, 1, 2]]])
def test_subdivision_moves_with_its_mesh(faces: list[list[int]]) -> None:
    vertices = CUBE[: 1 + max(max(face) for face in faces)]
    step = catmull_clark(len(vertices), faces)
    sums = np.bincount(step.rows, step.weights)
    np.testing.assert_allclose(sums, 1)
    shift = np.array([1.0, 2, 3])
    np.testing.assert_allclose(step.apply(vertices + shift), step.apply(vertices) + shift)


def test_a_border_becomes_a_spline_of_itself() -> None:
    points = catmull_clark(4, [[0, 1, 2, 3]]).apply(SQUARE)
    np.testing.assert_allclose(points[0], 0.75 * SQUARE[0] + 0.125 * (SQUARE[1] + SQUARE[3]))
    np.testing.assert_allclose(points[4], (SQUARE[0] + SQUARE[1]) / 2)
    np.testing.assert_allclose(points[-1], [0.5, 0.5, 0])


def test_loose_vertices_stay() -> None:
    points = catmull_clark(5, [[0, 1, 2, 3]]).apply(np.vstack([SQUARE, [[7, 8, 9]]]))
    assert points[4].tolist() == [7, 8, 9]


def test_uvs_subdivide_along_with_the_quads() -> None:
    faces = [[0, 1, 2, 3], [1, 4, 2]]
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [2, 0.5]], np.float32)
    quads = catmull_clark(5, faces).quads
    uvs, uv_quads = subdivide_uv(faces, corners)
    assert quads.shape == uv_quads.shape == (7, 4)
    for quad, uv_quad in zip(quads, uv_quads, strict=True):
        np.testing.assert_allclose(uvs[uv_quad[0]], corners[quad[0]])  # old corners keep their uv
    assert len(uvs) == 5 + 6 + 2  # vertices, edges, faces: equal uvs were joined


def test_pieces_are_numbered_by_their_first_vertex() -> None:
    triangles = np.array([[5, 6, 7], [0, 2, 4], [7, 8, 5], [4, 9, 2]])
    assert pieces(10, triangles).tolist() == [0, 1, 0, 2, 0, 3, 3, 3, 3, 0]
