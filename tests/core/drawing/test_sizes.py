"""A larger drawing is the same one, sharper: strokes, dots, pixels and facets keep their size in the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.drawing.noise import fine_noise
from core.drawing.smoothing import evened, resized, softened
from core.drawing.sprites import CELLS
from core.drawing.styles import drawing
from core.drawing.subject import FORM_PX, GLASSES, Subject, floats
from tests.core.drawing.doll_view import doll_seen
from tests.core.training.doll import write_doll

if TYPE_CHECKING:
    from core.drawing.subject import Values

DOLL, SMALL, LARGE = 96, 450, 900
"""Sides: the larger one is larger than what geometry is looked at in, and in the smaller one lines are no dots yet."""


@pytest.fixture(scope="module")
def doll(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = write_doll(tmp_path_factory.mktemp("dolls"), 1, DOLL)
    return doll_seen(folder)


def _at(doll: Subject, size: int) -> Subject:
    """The same view in so many pixels."""
    labels = cv2.resize(doll.labels, (size, size), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    depth = cv2.resize(doll.depth, (size, size), interpolation=cv2.INTER_NEAREST)
    return replace(doll, rgb=resized(doll.rgb, size), labels=labels, depth=floats(np.where(labels > 0, depth, 0)))


def _seen_from_afar(picture: Values) -> Values:
    return resized(softened(picture, len(picture) / 100), 80)


@pytest.mark.parametrize("style", ["pencil", "ink", "watercolour", "oil", "marble", "pixel"])
def test_a_larger_drawing_is_the_same_one(doll: Subject, style: str) -> None:
    assert LARGE > FORM_PX
    one, other = (_seen_from_afar(drawing(_at(doll, size), style, 5)) for size in (SMALL, LARGE))
    by_another_hand = _seen_from_afar(drawing(_at(doll, SMALL), style, 6))
    assert np.abs(one - other).mean() < 0.015
    if style not in ("pixel", "ink"):  # there is hardly anything in these that is drawn by lot
        assert np.abs(one - other).mean() < 0.5 * np.abs(one - by_another_hand).mean()


def test_wires_beside_a_head_have_a_depth_in_a_large_picture(doll: Subject) -> None:
    """Most of a coarser pixel may be wire where the pixel that it is picked from is none."""
    large = _at(doll, LARGE)
    frames = np.zeros((LARGE, LARGE), np.float32)
    frames[LARGE // 2 :][:6] = np.random.default_rng(1).choice([1.0, 0.45], (6, LARGE), p=[0.85, 0.15])
    wire = frames > 1 / 2
    labels = np.where(wire, GLASSES, large.labels).astype(np.uint8)
    depth = floats(np.where(wire, np.maximum(large.depth, 2.5), large.depth))
    worn = replace(large, frames=frames, labels=labels, depth=depth)
    assert np.isfinite(worn.towards).all()
    assert worn.relief.min() > 1


@pytest.mark.parametrize("size", [192, 512, 700])
def test_a_sprite_has_the_same_pixels_in_every_size(doll: Subject, size: int) -> None:
    picture = drawing(_at(doll, size), "pixel", 5)
    cell = ((np.arange(size) + 0.5) * CELLS / size).astype(int)
    first = np.searchsorted(cell, np.arange(cell[-1] + 1))
    assert np.array_equal(picture, picture[np.ix_(first, first)][np.ix_(cell, cell)])


def test_broad_smoothing_is_that_of_a_bell() -> None:
    picture = np.random.default_rng(1).random((200, 200), np.float32)
    assert np.abs(softened(picture, 12.0) - cv2.GaussianBlur(picture, (0, 0), 12.0)).max() < 0.02


@pytest.mark.parametrize("width_px", [2.0, 9.0])
def test_evened_pictures_keep_their_edges_and_lose_their_grain(width_px: float) -> None:
    clean = np.where(np.arange(200) < 100, 0.2, 0.8)[None, :, None] * np.ones((200, 1, 3))
    grainy = (clean + np.random.default_rng(1).normal(0, 0.03, clean.shape)).astype(np.float32)
    even = evened(grainy, 0.15, width_px)
    assert np.abs(even - clean).mean() < 0.4 * np.abs(grainy - clean).mean()
    assert (even[:, 100] - even[:, 99]).mean() > 0.4


def test_noise_does_not_hang_on_the_size_of_the_picture() -> None:
    one, large = (fine_noise(np.random.default_rng(3), size, 1.0) for size in (512, 1024))
    assert np.corrcoef(one.ravel(), resized(large, 512).ravel())[0, 1] > 0.95
