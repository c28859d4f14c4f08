"""A photographed face gets older and younger in its photo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.camera import Camera
from core.edit import MoveSlider
from core.editors.photo_ageing import aged, with_age, with_lines, without_age
from core.face_detail import FaceDetail
from core.mask import PARTS
from tests.core.rendering.photographed_ball import SIDE, photo_of

if TYPE_CHECKING:
    from core.photo_layer import PhotoLayer

SKIN, HAIR = (190, 150, 125), (70, 45, 30)
MIDDLE = SIDE // 2
CHEEK = slice(MIDDLE + 5, MIDDLE + 30), slice(MIDDLE - 45, MIDDLE + 45)
FOREHEAD = slice(MIDDLE - 40, MIDDLE - 18), slice(MIDDLE - 25, MIDDLE + 25)
CROWN = slice(MIDDLE - 70, MIDDLE - 55), slice(MIDDLE - 20, MIDDLE + 20)


def face(hair: tuple[int, int, int] = HAIR) -> PhotoLayer:
    """A ball with hair above, two eyes and a mouth, and skin that has a little grain."""
    grain = cv2.GaussianBlur(np.random.default_rng(0).standard_normal((SIDE, SIDE)), (0, 0), 1.5)[..., None]
    rows, columns = np.indices((SIDE, SIDE))
    shown = photo_of(Camera.orbit(), np.full((SIDE, SIDE, 3), 128, np.uint8))
    assert shown.labels is not None
    labels = shown.labels.copy()
    labels[(labels > 0) & (rows < MIDDLE - 45)] = PARTS.index("hair")
    for across in (-26, 26):
        labels[np.hypot(rows - MIDDLE + 5, columns - MIDDLE - across) < 6] = PARTS.index("eyes")
    labels[(np.abs(rows - MIDDLE - 42) < 4) & (np.abs(columns - MIDDLE) < 20)] = PARTS.index("lips")
    picture = np.where((labels == PARTS.index("hair"))[..., None], hair, SKIN) * np.exp(0.3 * grain)
    return replace(shown, labels=labels, picture=picture.clip(0, 255).astype(np.uint8))


def roughness(photo: PhotoLayer, where: tuple[slice, slice]) -> float:
    light = np.log(photo.picture.astype(np.float32).mean(axis=2)[where])
    return float((light - cv2.GaussianBlur(light, (0, 0), 4)).std())


def colourfulness(photo: PhotoLayer) -> float:
    return float(np.ptp(photo.picture[CROWN].reshape(-1, 3).mean(axis=0)))


def test_no_years_leave_the_very_same_photo() -> None:
    photo = face()
    assert aged(photo, 0) is photo
    assert aged(replace(photo, labels=None), 2) == replace(photo, labels=None)


def test_the_older_the_rougher_and_the_greyer() -> None:
    photos = [aged(face(), strength) for strength in (-2, -1, 0, 1, 2)]
    rough = [roughness(photo, CHEEK) for photo in photos]
    assert rough == sorted(rough)
    assert rough[-1] > 1.3 * rough[2] > 1.6 * rough[0]
    grey = [colourfulness(photo) for photo in photos[2:]]
    assert grey[2] < grey[1] < grey[0]
    assert grey[2] < grey[0] / 3


def test_old_foreheads_have_furrows_across() -> None:
    """Rows differ more than columns do."""
    found = np.log(aged(face(), 2.5).picture[FOREHEAD].astype(np.float32).mean(axis=2))
    young = np.log(face().picture[FOREHEAD].astype(np.float32).mean(axis=2))
    furrows = found - young
    assert furrows.mean(axis=1).std() > 1.5 * furrows.mean(axis=0).std()
    assert furrows.min() < -0.05


def test_what_is_no_skin_and_no_hair_stays() -> None:
    photo = face()
    assert photo.labels is not None
    others = (photo.labels == 0) | (photo.labels == PARTS.index("lips")) | (photo.labels == PARTS.index("eyes"))
    inner = cv2.erode(others.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    for strength in (-2.5, 2.5):
        np.testing.assert_array_equal(aged(photo, strength).picture[inner], photo.picture[inner])


def test_a_black_cap_does_not_turn_grey() -> None:
    cap = face(hair=(10, 10, 13))
    assert np.abs(aged(cap, 2.5).picture[CROWN].astype(int) - cap.picture[CROWN]).max() <= 3


def test_the_slider_is_told_from_others_and_bends_the_face_both_ways() -> None:
    sliders = [MoveSlider(key=str(n), name=name, strength=0.5) for n, name in enumerate(("age", "smile", "age"))]
    others, strength = without_age(sliders)
    assert [edit.name for edit in others] == ["smile"]
    assert strength == pytest.approx(1)
    shape = (("lips-full", 0.3), ("smile", 1.0))
    assert with_age(shape, 0) is shape
    older, younger = dict(with_age(shape, 1)), dict(with_age(shape, -1))
    assert older["smile"] == younger["smile"] == 1
    assert older["lips-full"] + younger["lips-full"] == pytest.approx(0.6)
    assert older["lips-full"] < 0.3 < younger["lips-full"]


def test_a_drawn_face_gets_its_lines() -> None:
    face = FaceDetail(age=0.2)
    older, younger = (with_lines(face, strength) for strength in (1.0, -1.0))
    assert older is not None
    assert younger is not None
    assert younger.age < face.age < older.age <= 1
    assert with_lines(None, 1.0) is None
