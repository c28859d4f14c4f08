"""Drawings of a doll: the same for the same seed, on white, each style another."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from core.drawing.landmark_search import landmarks_of_view
from core.drawing.styles import STYLES, drawing, reshaped
from core.drawing.subject import (
    CLOTH,
    EYES,
    GLASSES,
    HAIR,
    LIPS,
    SKIN,
    Subject,
    floats,
)
from core.stylizers.vocabulary import STYLES as KNOWN
from tests.core.drawing.doll_view import doll_seen
from tests.core.training.doll import PARTS, write_doll

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 128


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_doll(tmp_path_factory.mktemp("dolls"), 3, SIZE)


@pytest.fixture(scope="module")
def front(folder: Path) -> Subject:
    return doll_seen(folder)


def test_the_vocabulary_knows_just_these_styles() -> None:
    assert {concept.name for concept in KNOWN} == {"photo", *STYLES}


def test_normals_of_a_head_point_to_the_camera_and_out_of_it(front: Subject) -> None:
    skin = front.labels == SKIN
    assert float((front.normals * front.towards).sum(-1)[skin].mean()) > 0.6
    left = skin & (front.points[..., 0] > 0.12)
    assert float(front.normals[left][:, 0].mean()) > 0.3


def test_landmarks_stand_where_the_parts_are(front: Subject) -> None:
    marks = front.landmarks
    assert marks.eyes[0] == pytest.approx(np.add(PARTS[2][0], (0, 0, 0.03)), abs=0.03)
    assert marks.mouth[0, 0] > 0.03 > -0.03 > marks.mouth[1, 0]
    assert marks.apart == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize("style", STYLES)
def test_a_drawing_is_repeatable_and_stands_on_white(front: Subject, style: str) -> None:
    picture = drawing(front, style, 5)
    assert picture.dtype == np.float32
    assert picture.shape == (SIZE, SIZE, 3)
    assert float(picture.min()) >= 0
    assert float(picture.max()) <= 1
    assert np.array_equal(picture, drawing(front, style, 5))
    assert float(picture[:8, :8].min()) > 0.97
    assert float(picture[front.figure].std()) > 0.02


def test_where_a_style_bends_the_outline_the_cover_goes_along(front: Subject) -> None:
    """Or there were white paper around a slender neck before a dark background."""
    bent = reshaped(front, "animated", 5)
    assert reshaped(front, "oil", 5) is front
    assert bent.figure.sum() < 0.99 * front.figure.sum()
    bare = bent.cover[..., 0] < 0.02
    assert float(drawing(front, "animated", 5)[bare].min()) > 0.9


def test_every_two_styles_differ(front: Subject) -> None:
    drawn = {style: drawing(front, style, 1)[front.figure] for style in ("photo", *STYLES)}
    for one, other in combinations(drawn, 2):
        assert float(np.abs(drawn[one] - drawn[other]).mean()) > 0.04, (one, other)


def test_styles_have_their_colours(front: Subject) -> None:
    def mean(style: str, *parts: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        found: np.ndarray[tuple[int], np.dtype[np.float32]] = drawing(front, style, 1)[
            np.isin(front.labels, parts)
        ].mean(0)
        return found

    red, green, blue = mean("joker", HAIR)
    assert green > red + 0.1
    assert green > blue + 0.1
    assert mean("joker", SKIN).min() > 0.6
    assert mean("joker", SKIN).min() > mean("photo", SKIN).min() + 0.1
    assert np.ptp(mean("joker", SKIN)) < 0.5 * np.ptp(mean("photo", SKIN))
    assert mean("joker", LIPS)[0] > mean("joker", LIPS)[1] + 0.2
    assert mean("zombie", SKIN)[1] > mean("zombie", SKIN)[0]
    assert np.ptp(mean("marble", SKIN, HAIR)) < 0.05
    bronze = mean("bronze", SKIN, HAIR)
    assert bronze[0] > bronze[1] > bronze[2]
    assert np.ptp(mean("pencil", SKIN)) < 0.03


def test_a_joker_s_lips_reach_further_up_and_out_than_the_mouth(front: Subject) -> None:
    """He grins, whatever the face below the paint does."""
    picture, marks = drawing(front, "joker", 5), front.landmarks
    red = (picture[..., 0] - picture[..., 1:].max(-1) > 0.2) & (front.labels == SKIN)
    for corner, side in zip(marks.mouth, (1.0, -1.0), strict=True):
        beyond = red & (side * (front.points[..., 0] - corner[0]) > 0.02) & (front.points[..., 1] > corner[1] + 0.01)
        assert beyond.any()


def _bespectacled(front: Subject) -> Subject:
    """The doll behind two thin dark rings that its labels and its artists know."""
    frames = np.zeros((SIZE, SIZE), np.float32)
    for eye in front.landmarks.eyes:
        column, row, _ = front.seen_at(eye)
        cv2.circle(frames, (round(column), round(row)), 13, 1.0, 2)
    rgb = np.where(frames[..., None] > 0, floats([0.05, 0.08, 0.25]), front.rgb).astype(np.float32)
    labels = np.where((frames > 0) & front.figure, GLASSES, front.labels).astype(np.uint8)
    return replace(front, rgb=rgb, labels=labels, frames=frames)


@pytest.mark.parametrize("style", ["lowpoly", "ink", "comic", "robot", "joker", "oil", "zombie"])
def test_thin_frames_are_seen_in_every_style(front: Subject, style: str) -> None:
    worn = _bespectacled(front)
    picture = drawing(worn, style, 5)
    frame = (worn.frames == 1) & worn.figure
    beside = (cv2.dilate(worn.frames, np.ones((9, 9))) > 0) & (worn.frames == 0) & (worn.labels == SKIN)
    assert float(picture[frame].mean()) < 0.75 * float(picture[beside].mean())


def test_no_facet_straddles_hair_and_skin(front: Subject) -> None:
    """The edge of the hair lies in low-poly where it lies in the picture, but for being straight."""
    inside, outside = (cv2.erode(np.uint8(front.labels == part), np.ones((5, 5))) > 0 for part in (HAIR, SKIN))
    rgb = np.where((front.labels == HAIR)[..., None], floats([0.1, 0.1, 0.4]), floats([0.9, 0.7, 0.6]))
    picture = drawing(replace(front, rgb=rgb.astype(np.float32)), "lowpoly", 5)
    bluer = picture[..., 2] > picture[..., 0]
    assert bluer[inside & front.figure].mean() > 0.98
    assert bluer[outside].mean() < 0.02


def test_painted_faces_keep_their_light_and_shade(front: Subject) -> None:
    """White paint that burns out takes away who it is."""
    skin = cv2.erode(np.uint8(front.labels == SKIN), np.ones((5, 5))) > 0
    shade = np.linspace(0.3, 0.9, SIZE, dtype=np.float32)[None, :, None] * floats([0.9, 0.7, 0.6])
    rgb = np.where(skin[..., None], np.broadcast_to(shade, front.rgb.shape), front.rgb).astype(np.float32)
    painted = drawing(replace(front, rgb=rgb), "joker", 5)[skin].mean(-1)
    assert np.corrcoef(painted, rgb[skin].mean(-1))[0, 1] > 0.6
    assert (painted > 0.97).mean() < 0.2


def test_white_clothes_are_engraved_and_no_hole_in_an_ink_drawing(front: Subject) -> None:
    hood = front.labels == HAIR
    labels = np.where(hood, CLOTH, front.labels).astype(np.uint8)
    rgb = np.where(hood[..., None], np.float32(1), front.rgb)
    cloth = cv2.erode(np.uint8(hood), np.ones((9, 9))) > 0
    black = 1 - drawing(replace(front, rgb=rgb, labels=labels), "ink", 5)[cloth].mean(-1)
    assert 0.05 < black.mean() < 0.6


def test_hair_as_light_as_skin_is_darker_in_facets(front: Subject) -> None:
    """Facets have no strands: who is blond would be bald."""
    grown, skin = (front.labels == part for part in (HAIR, SKIN))
    rgb = np.where(grown[..., None], np.median(front.rgb[skin], 0), front.rgb).astype(np.float32)
    picture = drawing(replace(front, rgb=rgb), "lowpoly", 5)
    assert picture[grown].mean() < 0.85 * picture[skin].mean()


def test_beards_are_rough_and_dark_and_the_doll_has_none(front: Subject) -> None:
    assert not front.beard.any()
    random = np.random.default_rng(0)
    low = front.points[..., 1] < front.landmarks.nose[1] - 0.01
    stubble = np.where(random.random((SIZE, SIZE)) < 0.5, 0.25, 0.6)[..., None]
    rgb = np.where((low & (front.labels != LIPS))[..., None], front.rgb * stubble, front.rgb).astype(np.float32)
    beard = replace(front, rgb=rgb).beard
    assert beard.mean() > 0.005
    assert not beard[~low].mean() > 0.01


def test_a_moustache_taken_for_an_eye_moves_no_landmark(front: Subject) -> None:
    lips = front.labels == LIPS
    wrong = replace(front, labels=np.where(lips, EYES, front.labels).astype(np.uint8))
    assert landmarks_of_view(wrong).eyes == pytest.approx(landmarks_of_view(front).eyes, abs=0.005)
