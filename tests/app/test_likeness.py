from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from app.likeness import IDENTITY, LPIPS, likeness
from core.frame import Frame, Quality
from core.photo import Photo
from tests.app.studio_fakes import alignment_of
from tests.fakes import tiny_head

if TYPE_CHECKING:
    from core.camera import Camera


class Picture:
    """A renderer that shows one picture from everywhere."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    def render(self, camera: Camera, quality: Quality, *, size_px: int | None = None, stale: object = None) -> Frame:
        del stale
        assert (quality, size_px) == (Quality.EXACT, 256)
        ones = np.ones(self.pixels.shape[:2], dtype=np.float32)
        return Frame(self.pixels, ones, ones, None, camera, quality)


def test_the_photo_itself_is_no_distance_away_and_another_picture_is() -> None:
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
    crop = small.repeat(32, axis=0).repeat(32, axis=1)
    photo = Photo.from_array(np.zeros((64, 64, 3), dtype=np.uint8))
    alignment = dataclasses.replace(
        alignment_of(photo), crop=crop, landmarks=rng.uniform(150, 350, (468, 2)).astype(np.float32)
    )
    same = likeness(tiny_head(), alignment, Picture(small.repeat(16, axis=0).repeat(16, axis=1)))
    assert same[LPIPS] < 0.05  # the two were scaled by different filters
    assert same[IDENTITY] < 0.1
    other = likeness(tiny_head(), alignment, Picture(np.full((256, 256, 3), 128, dtype=np.uint8)))
    assert other[LPIPS] > 0.25
    assert other[IDENTITY] > 0.25
