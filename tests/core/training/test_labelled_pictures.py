"""Augmented pictures keep telling the truth about what they show."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.mask import PARTS
from core.training.drawn_accessories import with_glasses, with_hat, with_lenses
from core.training.labelled_pictures import (
    BACKGROUND,
    BROWS,
    CLOTH,
    EYES,
    GLASSES,
    HAIR,
    SKIN,
    Looks,
    before_background,
    drawn_picture,
    placed,
)
from core.training.picture_scenes import photo_window

SIZE = 96
GREYS = (np.arange(len(PARTS)) * 20).astype(np.uint8)


def head() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A drawn head on white whose greys name the parts, and its labels."""
    labels = np.zeros((SIZE, SIZE), np.uint8)
    cv2.rectangle(labels, (20, 80), (76, 95), CLOTH, -1)
    cv2.circle(labels, (48, 48), 34, HAIR, -1)
    cv2.circle(labels, (48, 56), 24, SKIN, -1)
    cv2.rectangle(labels, (32, 46), (44, 49), BROWS, -1)
    cv2.rectangle(labels, (52, 46), (64, 49), BROWS, -1)
    cv2.rectangle(labels, (34, 53), (44, 60), GLASSES, 1)
    rgb = np.where(labels > 0, GREYS[labels], np.uint8(255))
    return np.dstack([rgb] * 3), labels


def test_a_closed_frame_is_filled_and_an_open_one_is_not() -> None:
    labels = head()[1]
    filled = with_lenses(labels)
    assert (filled[53:61, 34:45] == GLASSES).all()
    assert ((filled != labels) <= (filled == GLASSES)).all()
    labels[53, 34:45] = SKIN
    assert np.array_equal(with_lenses(labels), labels)


def test_nothing_is_filled_without_glasses() -> None:
    labels = np.full((8, 8), HAIR, np.uint8)
    assert with_lenses(labels) is labels


@pytest.mark.parametrize("seed", range(6))
def test_labels_move_with_the_picture(seed: int) -> None:
    rgb, labels = head()
    picture, names = placed(rgb, labels, 64, Looks(), np.random.default_rng(seed))
    assert picture.shape == (64, 64, 3)
    expected = np.where(names > 0, GREYS[names], 255) / 255
    right = np.abs(picture[..., 0] - expected) < 0.03
    # along the outlines colours are mixed, labels never
    inside = cv2.morphologyEx(names, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) == 0
    assert right[inside].mean() > 0.99


@pytest.mark.parametrize("seed", range(12))
def test_a_picture_has_the_promised_shape_range_and_labels(seed: int) -> None:
    rgb, labels = head()
    looks = Looks(plain=0, occluder=0.5, hat=0.5)
    picture, names = drawn_picture(rgb, labels, 64, looks, np.random.default_rng(seed))
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert names.dtype == np.uint8
    assert set(np.unique(names)) <= set(np.unique(labels))


def test_a_seed_fixes_a_picture() -> None:
    rgb, labels = head()
    one, other = (drawn_picture(rgb, labels, 64, Looks(), np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])


def test_no_white_remains_around_a_figure() -> None:
    figure = np.zeros((SIZE, SIZE), bool)
    figure[30:60, 30:60] = True
    soft = cv2.GaussianBlur(figure.astype(np.float32), (0, 0), 0.7)[..., None]
    grey = np.asarray(np.float32(0.3) * soft + (1 - soft), np.float32).repeat(3, 2)  # as a renderer mixes it with white
    dark = before_background(grey, figure, np.zeros((SIZE, SIZE, 3), np.float32))
    assert dark.max() < 0.45
    assert np.allclose(dark[45, 45], grey[45, 45], atol=1e-3)
    assert np.allclose(dark[:20], 0, atol=1e-3)


def test_a_hat_is_cloth_above_the_brows() -> None:
    rgb, labels = head()
    for seed in range(6):
        picture, names = with_hat(rgb.astype(np.float32) / np.float32(255), labels, np.random.default_rng(seed))
        changed = names != labels
        assert changed.any()
        assert (names[changed] == CLOTH).all()
        assert (names[62:] == labels[62:]).all()
        assert np.isfinite(picture).all()


def test_a_head_seen_from_behind_gets_no_hat() -> None:
    rgb, labels = head()
    labels[labels == BROWS] = HAIR
    assert with_hat(rgb.astype(np.float32), labels, np.random.default_rng(0))[1] is labels


def test_windows_of_photos_differ() -> None:
    one, other = (photo_window(np.random.default_rng(seed), 32) for seed in range(2))
    assert one.shape == (32, 32, 3)
    assert not np.array_equal(one, other)


def test_an_occluder_is_background() -> None:
    rgb, labels = head()
    looks = Looks(plain=0, occluder=1, hat=0, roll_degrees=0, scale=(1, 1.0001), shift=0)
    shares = []
    for seed in range(8):
        _, names = drawn_picture(rgb, labels, SIZE, looks, np.random.default_rng(seed))
        shares.append((names == BACKGROUND).mean())
    assert max(shares) > (labels == BACKGROUND).mean() + 0.02


def test_drawn_glasses_cover_both_eyes_and_no_background() -> None:
    rgb, labels = head()
    labels[labels == GLASSES] = SKIN
    cv2.ellipse(labels, (38, 56), (5, 2), 0, 0, 360, EYES, -1)
    cv2.ellipse(labels, (58, 56), (5, 2), 0, 0, 360, EYES, -1)
    for seed in range(6):
        picture, names = with_glasses(rgb.astype(np.float32) / np.float32(255), labels, np.random.default_rng(seed))
        changed = names != labels
        assert (names[changed] == GLASSES).all()
        assert names[56, 38] == names[56, 58] == GLASSES
        assert (labels[changed] > 0).all()
        assert np.isfinite(picture).all()


def test_a_face_with_glasses_gets_no_others() -> None:
    rgb, labels = head()
    assert with_glasses(rgb.astype(np.float32), labels, np.random.default_rng(0))[1] is labels
