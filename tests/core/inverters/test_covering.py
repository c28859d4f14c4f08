"""What stands before a face or beside a person, and what no photo tells of it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.align import CROP_PX, Alignment, align
from core.inverters.covering import hidden_parts, person_seen
from core.inverters.evidence import Evidence
from core.inverters.part_reading import photo_parts
from core.perception.face_mesh import LEFT_EYE, LIPS, RIGHT_EYE
from core.photo import Photo
from tests.core.perception.samples import photo

NAMES = ("astronaut", "grace_hopper")


def covered(name: str, points: tuple[int, ...], colour: tuple[int, int, int]) -> Alignment:
    """A portrait with a patch before some of the face's points."""
    found = align(photo(name))
    low, high = found.landmarks[list(points)].min(axis=0), found.landmarks[list(points)].max(axis=0)
    margin = 0.07 * found.face_box.width
    pixels = photo(name).pixels.copy()
    ends = [tuple(int(v) for v in corner) for corner in (low - margin, high + margin)]
    cv2.rectangle(pixels, ends[0], ends[1], colour, -1)
    return align(Photo(pixels, f"{name}, covered"))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_stands_before_a_face_that_is_whole(name: str) -> None:
    found = align(photo(name))
    seen = person_seen(found)
    assert seen.clear.min() == 1
    assert np.abs(seen.person - found.mask).mean() < 0.005
    assert hidden_parts(found) == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colour", [(90, 120, 150), (176, 134, 110)], ids=["cloth", "skin"])
def test_what_a_hand_covers_is_not_believed(name: str, colour: tuple[int, int, int]) -> None:
    found = covered(name, LIPS, colour)
    clear = person_seen(found).clear
    column, row = found.landmarks_in_crop[list(LIPS)].astype(int).T
    assert clear[row, column].max() < 0.2
    assert hidden_parts(found) == ("Something covers the mouth; it will be guessed.",)
    eyes = found.landmarks_in_crop[[33, 133, 263, 362]].astype(int)
    assert clear[eyes[:, 1], eyes[:, 0]].min() == 1
    counted = Evidence(found).at(CROP_PX).weight[0, 0].numpy()
    assert counted[row, column].max() == 0
    assert counted[eyes[:, 1], eyes[:, 0]].min() > 0


def test_background_that_the_mask_took_for_the_person_is_none_of_it() -> None:
    found = align(photo("astronaut"))
    wrong = np.zeros_like(found.mask)
    wrong[200:300, :70] = 1
    assert found.mask[200:300, :70].max() < 0.1
    seen = person_seen(replace(found, mask=np.maximum(found.mask, wrong)))
    assert seen.person[210:290, :60].max() < 0.1
    assert np.abs(seen.person - found.mask).mean() < 0.01


def test_a_picture_that_the_parser_does_not_know_is_believed() -> None:
    found = align(photo("grace_hopper"))
    strange = replace(found, crop=np.full_like(found.crop, 200))
    assert photo_parts(strange).any()
    assert person_seen(strange).clear.min() == 1


def test_a_covered_eye_and_dark_glasses_are_told() -> None:
    assert any("left eye" in sentence for sentence in hidden_parts(covered("astronaut", LEFT_EYE, (40, 60, 90))))
    pixels, mesh = photo("astronaut").pixels.copy(), align(photo("astronaut")).landmarks
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.circle(pixels, tuple(mesh[list(eye)].mean(axis=0).astype(int).tolist()), 17, (15, 15, 18), -1)
    assert any("Dark glasses" in sentence for sentence in hidden_parts(align(Photo(pixels, "shades"))))
