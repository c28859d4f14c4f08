"""Spoilt renders: within bounds, repeatable, and what is asked for survives."""

from __future__ import annotations

import numpy as np
import pytest

from core.mask import PARTS
from core.training.photo_looks import Sight, photographed

SIDE = 96


def _sight() -> Sight:
    """A grey head-sized square with hair above, in front of nothing."""
    rgb = np.full((SIDE, SIDE, 3), 255, np.uint8)
    label = np.zeros((SIDE, SIDE), np.uint8)
    label[24:72, 24:72] = PARTS.index("skin")
    label[24:40, 24:72] = PARTS.index("hair")
    rgb[label == PARTS.index("skin")] = (190, 140, 120)
    rgb[label == PARTS.index("hair")] = (60, 40, 30)
    return Sight(rgb, label, np.where(label > 0, 2.5, 0).astype(np.float16))


def test_the_same_draw_gives_the_same_picture() -> None:
    first, again = (photographed(_sight(), 64, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])


@pytest.mark.parametrize("seed", range(12))
def test_pictures_and_masks_stay_within_bounds(seed: int) -> None:
    picture, mask = photographed(_sight(), 64, np.random.default_rng(seed))
    assert picture.shape == (64, 64, 3)
    assert mask.shape == (64, 64)
    assert picture.dtype == mask.dtype == np.float32
    assert 0 <= picture.min() <= picture.max() <= 1
    assert 0 <= mask.min() <= mask.max() <= 1
    assert np.allclose(picture[mask == 0], 1, atol=1e-6)


def test_the_head_survives_on_average() -> None:
    pairs = [photographed(_sight(), 64, np.random.default_rng(seed)) for seed in range(60)]
    picture, mask = (np.mean(column, 0) for column in zip(*pairs, strict=True))
    assert mask[32, 32] > 0.95
    assert mask[4, 4] < 0.1
    assert picture[20, 32].mean() < 0.6 * picture[40, 32].mean()  # hair is darker than skin
    assert picture[40, 32, 0] > picture[40, 32, 2]  # and skin is warm
