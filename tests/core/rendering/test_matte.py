"""A fine alpha takes the white out of an outline."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.rendering.matte import fine_alpha

SIZE, NEURAL = 512, 128


def _disc() -> NDArray[np.float32]:
    """True coverage of a disc, float32 [SIZE, SIZE]."""
    large = np.zeros((4 * SIZE, 4 * SIZE), np.uint8)
    cv2.circle(large, (2 * SIZE, 2 * SIZE), SIZE, 255, -1)  # a quarter of the side in radius
    return np.asarray(cv2.resize(large, (SIZE, SIZE), interpolation=cv2.INTER_AREA) / np.float32(255))


def _coarse(truth: NDArray[np.float32]) -> NDArray[np.float32]:
    small = cv2.resize(truth, (NEURAL, NEURAL), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR))


def _on_white(truth: NDArray[np.float32], colour: tuple[float, float, float]) -> NDArray[np.uint8]:
    mixed = truth[..., None] * np.array(colour, np.float32) + 1 - truth[..., None]
    return np.asarray(np.round(mixed * 255), np.uint8)


@pytest.mark.parametrize("colour", [(0.1, 0.05, 0.02), (0.8, 0.6, 0.5), (0.2, 0.3, 0.9)])
def test_an_outline_finds_its_true_alpha(colour: tuple[float, float, float]) -> None:
    truth = _disc()
    coarse = _coarse(truth)
    fine = fine_alpha(_on_white(truth, colour), coarse)
    assert np.abs(fine - truth).max() < np.abs(coarse - truth).max() / 4


def test_no_white_is_left_over_black() -> None:
    truth = _disc()
    picture = _on_white(truth, (0.1, 0.05, 0.02))
    fine = fine_alpha(picture, _coarse(truth))
    over_black = picture / 255 - (1 - fine[..., None])
    assert over_black.max() < 0.15
    assert over_black.min() > -0.01


def test_a_head_as_white_as_what_is_behind_keeps_its_alpha() -> None:
    coarse = _coarse(_disc())
    assert np.array_equal(fine_alpha(np.full((SIZE, SIZE, 3), 255, np.uint8), coarse), coarse)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_picture_without_outline_is_left_alone(level: float) -> None:
    alpha = np.full((SIZE, SIZE), level, np.float32)
    assert np.array_equal(fine_alpha(np.full((SIZE, SIZE, 3), 90, np.uint8), alpha), alpha)


def test_far_from_the_outline_nothing_changes() -> None:
    truth = _disc()
    coarse = _coarse(truth)
    fine = fine_alpha(_on_white(truth, (0.5, 0.4, 0.3)), coarse)
    row, column = np.indices(truth.shape)
    away = np.abs(np.hypot(row - SIZE / 2, column - SIZE / 2) - SIZE / 4) > 0.05 * SIZE
    assert np.array_equal(fine[away], coarse[away])
