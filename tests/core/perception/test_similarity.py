import numpy as np
import pytest

from core.perception.similarity import fit_similarity, inverse, moved, scale_of, warped, window

RNG = np.random.default_rng(1)


def test_a_similarity_is_found_again() -> None:
    points = RNG.normal(size=(20, 2))
    matrix = np.array([[1.2, -0.5, 3], [0.5, 1.2, -4], [0, 0, 1]])
    np.testing.assert_allclose(fit_similarity(points, moved(points, matrix)), matrix, atol=1e-12)
    assert scale_of(matrix) == pytest.approx(1.3)


def test_points_without_weight_do_not_count() -> None:
    points = RNG.normal(size=(10, 2))
    target = points + 1
    target[0] = 99
    weights = np.ones(10)
    weights[0] = 0
    np.testing.assert_allclose(fit_similarity(points, target, weights), [[1, 0, 1], [0, 1, 1], [0, 0, 1]], atol=1e-12)


def test_window_takes_the_square_to_the_picture() -> None:
    matrix = window(np.array([10.0, 20.0]), 8, np.pi / 2, 64)
    # the square is turned clockwise to the eye: its left upper corner lies at the upper right
    np.testing.assert_allclose(moved(np.array([[14.0, 16.0], [10.0, 20.0]]), matrix), [[0, 0], [32, 32]], atol=1e-9)


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0])
def test_warping_keeps_places(scale: float) -> None:
    y, x = np.mgrid[:96, :96] + 0.5
    picture = np.stack([x, y, x], 2).astype(np.float32)
    matrix = np.array([[scale, 0, 5.0], [0, scale, 3], [0, 0, 1]])
    result = warped(picture, matrix, 32)
    places = np.array([[16.5, 16.5], [28.5, 12.5]])
    expected = moved(places, inverse(matrix))
    for (u, v), (left, top) in zip(places, expected, strict=True):
        if max(left, top) < 94:
            assert result[int(v), int(u), :2] == pytest.approx([left, top], abs=0.1)


def test_borders_are_black_or_repeated() -> None:
    white = np.full((8, 8, 3), 255, np.uint8)
    shift = np.array([[1, 0, 10.0], [0, 1, 10], [0, 0, 1]])
    assert warped(white, shift, 16)[0, 0, 0] == 0
    assert warped(white, shift, 16, repeat_border=True)[0, 0, 0] == 255
