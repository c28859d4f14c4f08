"""Drawings of a doll: the same for the same seed, on white, each style another."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.drawing.styles import STYLES, drawing, reshaped
from core.drawing.subject import HAIR, LIPS, SKIN, Subject, landmarks_of_head
from core.stylizers.vocabulary import STYLES as KNOWN
from core.training.dataset import HeadViews
from tests.core.training.doll import PARTS, write_doll

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 128


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_doll(tmp_path_factory.mktemp("dolls"), 3, SIZE)


@pytest.fixture(scope="module")
def front(folder: Path) -> Subject:
    return Subject.of_view(HeadViews(folder), 0)


def test_the_vocabulary_knows_just_these_styles() -> None:
    assert {concept.name for concept in KNOWN} == {"photo", *STYLES}


def test_normals_of_a_head_point_to_the_camera_and_out_of_it(front: Subject) -> None:
    skin = front.labels == SKIN
    assert float((front.normals * front.towards).sum(-1)[skin].mean()) > 0.6
    left = skin & (front.points[..., 0] > 0.12)
    assert float(front.normals[left][:, 0].mean()) > 0.3


def test_landmarks_stand_where_the_parts_are(folder: Path) -> None:
    marks = landmarks_of_head(HeadViews(folder))
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
