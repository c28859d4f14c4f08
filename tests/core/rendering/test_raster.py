import numpy as np
import pytest

from core.camera import Camera
from core.rendering.raster import rasterised, seen_by

FACES = np.array([[0, 1, 2]], dtype=np.int32)


def test_a_triangle_covers_the_pixels_whose_centres_it_holds() -> None:
    coverage = rasterised([[0, 0], [4, 0], [0, 4]], FACES, 4)
    # on the hypotenuse itself lie the centres with column + row = 3
    expected = np.add.outer(np.arange(4), np.arange(4)) <= 3
    assert np.array_equal(coverage.covered, expected)
    assert np.allclose(coverage.barycentric[0, 0], [0.75, 0.125, 0.125])


def test_two_triangles_of_a_square_leave_no_gap() -> None:
    corners = np.array([[0.3, 0.7], [7.9, 0.2], [7.2, 7.8], [0.1, 7.1]])
    both = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    assert rasterised(corners, both, 8).covered[1:7, 1:7].all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearest_triangle_wins_whatever_the_order(order: tuple[int, int]) -> None:
    corners = np.array([[0, 0], [8, 0], [0, 8]] * 2, dtype=float)
    both = np.array([[0, 1, 2], [3, 4, 5]], dtype=np.int32)
    coverage = rasterised(corners, both[list(order)], 4, [3.0] * 3 + [2.0] * 3)
    assert (coverage.face == order.index(1)).all()
    assert np.allclose(coverage.depth, 2)


def test_depth_and_values_are_correct_in_perspective() -> None:
    camera = Camera.orbit(0.4, 0.2)
    vertices = np.array([[-0.2, -0.2, 0.3], [0.25, -0.1, -0.3], [0.0, 0.2, 0.1]], dtype=np.float32)
    coverage = seen_by(camera, vertices, FACES, 64)
    points = coverage.interpolated(vertices, FACES)
    uv, depth = camera.project(points)
    rows, columns = coverage.covered.nonzero()
    assert len(rows) > 100
    assert np.allclose(uv * 64 - 0.5, np.stack([columns, rows], axis=1), atol=1e-3)
    assert np.allclose(depth, coverage.depth[coverage.covered], atol=1e-5)


def test_nothing_in_front_of_the_camera_covers_nothing() -> None:
    behind = np.array([[0, 0, 5], [1, 0, 5], [0, 1, 5]], dtype=np.float32)
    coverage = seen_by(Camera.orbit(), behind, FACES, 8)
    assert not coverage.covered.any()
    assert np.isinf(coverage.depth).all()
