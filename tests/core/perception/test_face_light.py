import cv2
import numpy as np
import pytest

from core.align import CROP_PX, Alignment, align
from core.perception import face_light
from core.perception.doubts import shown_points
from core.photo import Photo
from tests.core.perception.samples import photo

NAMES = ("astronaut", "grace_hopper")


def lit_from_one_side(name: str, least: float, width: float = 0.12) -> Photo:
    """A portrait whose left side lies in the shade."""
    pixels = photo(name).pixels
    face = align(photo(name)).face_box
    across = (np.arange(pixels.shape[1]) - face.centre[0]) / (width * face.width)
    share = least + (1 - least) / (1 + np.exp(-across))
    return Photo(np.asarray(pixels * share[None, :, None], np.uint8), f"{name} in the shade")


def light(found: Alignment) -> face_light.FaceLight:
    shown = shown_points(found.landmarks, found.photo_size_px)
    return face_light.light_on(found.crop, found.landmarks_in_crop, shown)


@pytest.mark.parametrize("name", NAMES)
def test_portraits_in_good_light_are_left_alone(name: str) -> None:
    found = align(photo(name))
    shown = shown_points(found.landmarks, found.photo_size_px)
    assert face_light.evened(found.crop, found.landmarks_in_crop, shown) is found.crop
    assert not any("dark" in warning or "shade" in warning or "over" in warning for warning in found.warnings)


@pytest.mark.parametrize("name", NAMES)
def test_a_side_in_deep_shade_is_lightened_and_the_other_left_alone(name: str) -> None:
    good, found = align(photo(name)), align(lit_from_one_side(name, 0.25))
    assert any("in the shade" in warning for warning in found.warnings)
    assert abs(light(found).shade) < 0.7
    face = cv2.convexHull(found.landmarks_in_crop.astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros((CROP_PX, CROP_PX), np.uint8), face, 1) > 0
    dark, lit = inside.copy(), inside.copy()
    middle = int(found.landmarks_in_crop[:, 0].mean())
    dark[:, middle - 40 :], lit[:, : middle + 60] = False, False
    ratio = found.crop.mean(axis=2) / good.crop.mean(axis=2).clip(min=1)
    assert np.median(ratio[lit]) == pytest.approx(1, abs=0.15)
    assert 0.33 < np.median(ratio[dark]) < 1  # a quarter before


def test_the_light_of_a_mirrored_picture_is_mirrored() -> None:
    pictures = [lit_from_one_side("grace_hopper", 0.3)]
    pictures.append(Photo(np.ascontiguousarray(pictures[0].pixels[:, ::-1]), "mirrored"))
    one, other = (light(align(picture)).shade for picture in pictures)
    assert one == pytest.approx(-other, abs=0.05)
    assert one < -0.3


@pytest.mark.parametrize(("gain", "word"), [(0.15, "very dark"), (2.6, "overexposed")])
@pytest.mark.parametrize("name", NAMES)
def test_photos_that_are_too_dark_or_too_bright_are_told(name: str, gain: float, word: str) -> None:
    pixels = np.asarray(np.clip(photo(name).pixels * gain, 0, 255), np.uint8)
    assert any(word in warning for warning in align(Photo(pixels, word)).warnings)


def test_a_face_at_the_edge_of_its_photo_is_told() -> None:
    pixels = photo("astronaut").pixels[:, 225:]
    assert any("cut off" in warning for warning in align(Photo(np.ascontiguousarray(pixels), "half")).warnings)
