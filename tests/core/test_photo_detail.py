"""A photo is kept as finely as it came: its crop and one more band are the photo again."""

import numpy as np
import pytest

from core.photo_detail import detail_from, scaled_detail, times_finer, with_detail


@pytest.fixture
def fine() -> np.ndarray:
    """A picture with grain."""
    return np.random.default_rng(0).integers(90, 160, (96, 96, 3), dtype=np.uint8)


def _reduced(fine: np.ndarray) -> np.ndarray:
    return np.asarray(fine.reshape(32, 3, 32, 3, 3).mean((1, 3)).round(), np.uint8)


def test_a_picture_and_its_detail_are_the_fine_picture(fine: np.ndarray) -> None:
    picture = _reduced(fine)
    assert np.array_equal(with_detail(picture, detail_from(fine, picture)), fine)


def test_detail_scaled_by_one_is_the_same_and_by_zero_is_none(fine: np.ndarray) -> None:
    detail = detail_from(fine, _reduced(fine))
    assert np.array_equal(scaled_detail(detail, np.ones((32, 32), np.float32)), detail)
    assert not scaled_detail(detail, np.zeros((32, 32), np.float32)).any()


def test_a_picture_that_was_lightened_keeps_its_grain(fine: np.ndarray) -> None:
    picture = _reduced(fine)
    lighter = with_detail(picture + np.uint8(40), detail_from(fine, picture))
    assert np.abs(lighter.astype(int) - fine - 40).max() <= 1


@pytest.mark.parametrize(("ratio", "times"), [(0.3, 1), (1.2, 1), (1.6, 2), (2.0, 2), (2.8, 3), (9.0, 3)])
def test_no_more_pixels_are_kept_than_the_photo_has(ratio: float, times: int) -> None:
    assert times_finer(ratio) == times
