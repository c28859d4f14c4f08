"""The nearest known pixel."""

import numpy as np
import pytest

from core.nearest_pixel import nearest_known


@pytest.mark.parametrize("mask_px", [3, 5])
def test_it_is_known_and_about_as_near_as_any(mask_px: int) -> None:
    known = np.random.default_rng(0).random((20, 31)) < 0.02
    found = nearest_known(known, mask_px)  # type: ignore[arg-type]
    assert known.ravel()[found].all()
    places = np.stack(np.divmod(np.arange(known.size), 31), axis=1)
    away = np.linalg.norm(places[found.ravel()] - places, axis=1)
    least = np.linalg.norm(places[:, None] - places[None, known.ravel()], axis=2).min(1)
    assert (away <= 1.1 * least).all()


def test_where_nothing_is_known_every_pixel_stands_for_itself() -> None:
    assert np.array_equal(nearest_known(np.zeros((3, 4), np.bool_)).ravel(), np.arange(12))
