"""Framing photos from the side and from behind."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from core.errors import PhotoError
from core.evaluation.held_out import BUNDLED, TrueView, read_bundle
from core.further_photo import _head_in, further_photo, turned
from core.photo import Photo


def _drawn(crown: int, middle: int, breadth: int, *, long_hair: bool = False) -> np.ndarray:
    """A head on shoulders, as a mask of 400 pixels."""
    mask = np.zeros((400, 400), np.float32)
    tall = round(1.3 * breadth)
    cv2.ellipse(mask, (middle, crown + tall // 2), (breadth // 2, tall // 2), 0, 0, 360, 1.0, -1)
    width = breadth if long_hair else round(0.5 * breadth)
    cv2.rectangle(mask, (middle - width // 2, crown + tall // 2), (middle + width // 2, 399), 1.0, -1)
    cv2.ellipse(mask, (middle, 430), (round(1.3 * breadth), 400 - crown - round(1.35 * breadth)), 0, 180, 360, 1.0, -1)
    return mask


@pytest.mark.parametrize("long_hair", [False, True])
@pytest.mark.parametrize(("crown", "middle", "breadth"), [(40, 200, 120), (70, 150, 90)])
def test_a_head_is_found_above_shoulders(crown: int, middle: int, breadth: int, long_hair: bool) -> None:
    top, centre, wide = _head_in(_drawn(crown, middle, breadth, long_hair=long_hair))
    assert top == pytest.approx(crown, abs=3)
    assert centre == pytest.approx(middle, abs=0.1 * breadth)
    assert wide == pytest.approx(breadth, rel=0.12)


@pytest.fixture(scope="module")
def views() -> dict[int, TrueView]:
    return dict(read_bundle(BUNDLED)[0].views)


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_photo_without_a_face_is_framed_about_as_the_models_frame_heads(
    views: dict[int, TrueView], degrees: int
) -> None:
    true = views[degrees]
    # the same picture, smaller and elsewhere in a larger one
    canvas = np.full((700, 600, 3), 235, np.uint8)
    small = cv2.resize(true.rgb, (400, 400), interpolation=cv2.INTER_AREA)
    solid = cv2.resize((true.label > 0).astype(np.float32), (400, 400))[..., None]
    place = canvas[300:, 120:520]
    place[:] = (small * solid + place * (1 - solid)).astype(np.uint8)
    found = further_photo(Photo(canvas, "other.png"), math.radians(degrees))
    assert found.camera_is_known
    assert abs(found.alignment.yaw_radians) == pytest.approx(math.radians(degrees), abs=1e-6)
    whole = np.diag([512 / 400, 512 / 400, 1.0]) @ np.array([[1, 0, -120], [0, 1, -300], [0, 0, 1.0]])
    scale = found.alignment.crop_from_photo[0, 0] / whole[0, 0]
    assert scale == pytest.approx(1, abs=0.2)
    crown = np.array([320.0, 330.0, 1.0])
    assert np.abs((found.alignment.crop_from_photo @ crown - whole @ crown)[:2]).max() < 60


def test_who_says_nothing_leaves_the_side_open(views: dict[int, TrueView]) -> None:
    found = further_photo(Photo(np.ascontiguousarray(views[180].rgb), "back.png"))
    assert not found.camera_is_known
    told = turned(found, math.pi)
    assert told.camera_is_known
    assert abs(told.alignment.camera.yaw_radians) == pytest.approx(math.pi)


def test_a_face_tells_its_own_side(views: dict[int, TrueView]) -> None:
    large = cv2.resize(views[30].rgb, (512, 512), interpolation=cv2.INTER_CUBIC)
    found = further_photo(Photo(large, "half.png"))
    assert found.camera_is_known
    assert math.degrees(found.alignment.yaw_radians) == pytest.approx(30, abs=8)


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(PhotoError, match=r"Nobody is to be seen in wall\.png"):
        further_photo(Photo(np.full((200, 200, 3), 220, np.uint8), "wall.png"))
