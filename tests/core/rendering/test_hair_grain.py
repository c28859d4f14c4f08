"""Curls and cropped hair go on beyond the photo as the photo shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.camera import Camera
from core.mask import PARTS
from core.rendering.hair_flow import HairFlow
from core.rendering.hair_grain import HairGrain
from core.rendering.hidden_side import HiddenSide
from core.rendering.photo_hair import photo_hair
from tests.core.rendering.photographed_ball import SIDE, frame_of, photo_of
from tests.core.rendering.test_hidden_side import grid_with_ears

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRONT, BEHIND = Camera.orbit(), Camera.orbit(np.pi)


def stubble(contrast: float = 0.2, width_px: float = 1.5) -> NDArray[np.uint8]:
    """Grey hair with a grain that runs nowhere."""
    noise = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), width_px)
    grey = 120 * np.exp(contrast * noise / noise.std())
    return np.asarray(grey[..., None].repeat(3, axis=2).clip(0, 255), np.uint8)


def grain_of(picture: NDArray[np.uint8]) -> HairGrain:
    found = photo_hair(photo_of(FRONT, picture, "hair"))
    assert isinstance(found, HairGrain)
    return found


def test_stubble_has_a_grain_and_stripes_run() -> None:
    assert grain_of(stubble()).tile.std() > 0
    stripes = 120 * np.exp(0.3 * np.sin(np.indices((SIDE, SIDE))[1] * np.pi / 2))
    running = photo_of(FRONT, stripes[..., None].repeat(3, axis=2).astype(np.uint8), "hair")
    assert isinstance(photo_hair(running), HairFlow)


def test_a_quilt_varies_as_the_hair_does_and_repeats_without_a_seam() -> None:
    weak, strong = (grain_of(stubble(contrast)).tile for contrast in (0.1, 0.25))
    assert weak.std() == pytest.approx(0.1, rel=0.2)
    assert strong.std() / weak.std() == pytest.approx(2.5, rel=0.1)
    for axis in (0, 1):
        inside = np.abs(np.diff(strong, axis=axis)).mean()
        seam = np.abs(strong.take(0, axis=axis) - strong.take(-1, axis=axis)).mean()
        assert seam < 1.5 * inside


def test_wide_curls_are_wide() -> None:
    narrow, wide = (grain_of(stubble(width_px=width)).curl for width in (1.5, 3.0))
    assert wide / narrow == pytest.approx(2, rel=0.3)


def test_the_hidden_side_has_the_grain_and_keeps_its_tone_and_its_body() -> None:
    hidden = HiddenSide.of(photo_of(FRONT, stubble(), "hair"), grid_with_ears())
    assert hidden is not None
    frame = frame_of((120, 120, 120), "hair", BEHIND)
    drawn = hidden.drawn(frame)
    middle = drawn.rgb[SIDE // 2 - 30 : SIDE // 2 + 30, SIDE // 2 - 30 : SIDE // 2 + 30, 0].astype(float)
    assert middle.mean() == pytest.approx(120, rel=0.08)
    assert np.log(middle).std() == pytest.approx(0.2, rel=0.4)
    assert drawn.alpha.sum() == pytest.approx(frame.alpha.sum(), rel=0.03)


def test_a_badge_on_a_cap_is_nowhere_else() -> None:
    picture = stubble(0.05) // 2
    with_badge = picture.copy()
    with_badge[110:146, 110:146] = 250
    plain, other = (grain_of(one).tile for one in (picture, with_badge))
    assert other.max() < plain.max() + 0.1


def test_hair_that_edits_have_covered_tells_nothing() -> None:
    photo = photo_of(FRONT, stubble(), "hair")
    assert photo_hair(replace(photo, cover=np.zeros_like(photo.cover))) is None
    assert photo.labels is not None
    assert photo_hair(replace(photo, labels=np.full_like(photo.labels, PARTS.index("skin")))) is None
