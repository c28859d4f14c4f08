"""Fine detail: at the face's own features from every view, gone behind the head, and none where there is no face."""

import math
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
import torch

from core.camera import Camera
from core.editors.face_manner import manner_warp
from core.editors.random_head import random_head
from core.face_detail import FaceDetail
from core.frame import Frame, Quality
from core.generators import load
from core.head import Head
from core.mask import PARTS
from core.rendering.face_detail import with_face_detail
from core.rendering.face_eyes import iris_colour
from core.rendering.face_place import FacePlace
from core.rendering.face_search import find_face
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.renderer import HeadRenderer
from core.warped_field import WarpedField
from tests.fakes import TinyGenerator

SEED = 10


@cache
def _head() -> tuple[Head, HeadRenderer, FacePlace]:
    mini = load("mini")
    head = replace(random_head(mini, SEED), face=None)
    renderer = HeadRenderer(mini, head)
    with torch.no_grad():
        place = find_face(mini, head.trigrid, renderer.grid())
    assert place is not None
    return head, renderer, place


@cache
def _frame(yaw_degrees: float) -> Frame:
    return _head()[1].render(Camera.orbit(math.radians(yaw_degrees)), Quality.NEAR)


def _drawn(frame: Frame, face: FaceDetail, place: FacePlace) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return with_face_detail(frame, face, place).rgb


def test_a_face_is_found_where_its_labels_are() -> None:
    frame, place = _frame(0), _head()[2]
    assert frame.labels is not None
    for eye in place.eyes:
        (u, v), _ = (value[0] for value in frame.camera.project((eye.apex @ place.axes + place.origin)[None]))
        side = len(frame.labels)
        around = frame.labels[int(v * side) - 1 : int(v * side) + 2, int(u * side) - 1 : int(u * side) + 2]
        assert (around == PARTS.index("eyes")).any()
    right, left = place.eyes
    assert right.width == left.width
    assert np.allclose(right.apex * [-1, 1, 1], left.apex, atol=0.006)
    assert len(place.brows) == 2
    assert place.lips is not None
    assert place.lips.line[2] < -0.5 * place.apart


@pytest.mark.parametrize("yaw_degrees", [0, 40])
def test_eyes_have_whites_pupils_and_lights(yaw_degrees: float) -> None:
    frame, place = _frame(yaw_degrees), _head()[2]
    drawn = _drawn(frame, FaceDetail(iris=0.0), place)
    near = place.eyes[1]
    (u, v), _ = (value[0] for value in frame.camera.project((near.apex @ place.axes + place.origin)[None]))
    half = int(0.5 * near.width * frame.camera.focal / frame.camera.radius * 512)
    window = np.s_[int(v * 512) - half : int(v * 512) + half, int(u * 512) - half : int(u * 512) + half]
    before, after = (picture[window].mean(2) for picture in (frame.rgb, drawn))
    assert after.max() > 220  # a light on the cornea
    assert after.min() < 45
    assert np.ptp(after) > np.ptp(before)


def test_an_iris_is_seen_in_profile() -> None:
    frame, place = _frame(90), _head()[2]
    brown, blue = (_drawn(frame, FaceDetail(iris=iris, light=1.0), place).astype(int) for iris in (0.0, 1.0))
    assert (np.abs(brown - blue).max(2) > 20).sum() >= 6


def test_the_lower_lip_catches_the_light_and_the_upper_one_does_not() -> None:
    frame, place = _frame(0), _head()[2]
    assert place.lips is not None
    drawn, lips = _drawn(frame, FaceDetail(), place).mean(2), place.lips

    def light(height: float) -> float:
        at = np.array(
            [[lips.centre + 0.15 * lips.half * k, lips.line[2] + height, 0.12 * place.apart] for k in (-1, 1)]
        )
        uv, _ = frame.camera.project(at @ place.axes + place.origin)
        return float(np.mean([drawn[int(v * 512), int(u * 512)] for u, v in uv]))

    assert light(-0.4 * lips.lower) > light(0.5 * lips.upper) + 5
    assert light(0.0) < light(0.5 * lips.upper)


def test_nothing_changes_behind_beside_the_face_or_at_no_strength() -> None:
    _, _, place = _head()
    behind, front = _frame(180), _frame(0)
    assert np.array_equal(_drawn(behind, FaceDetail(), place), behind.rgb)
    assert np.abs(_drawn(front, FaceDetail(strength=0.0), place).astype(int) - front.rgb).max() <= 2
    assert front.labels is not None
    changed = (_drawn(front, FaceDetail(), place) != front.rgb).any(2)
    hair = np.kron(front.labels == PARTS.index("hair"), np.ones((4, 4), bool))
    assert changed.any()
    assert np.abs(_drawn(front, FaceDetail(), place).astype(int) - front.rgb)[hair].mean() < 2


def test_age_draws_lines_and_pale_skin_may_be_freckled() -> None:
    _, _, place = _head()
    front = _frame(0)
    young = _drawn(front, FaceDetail(light=1.0), place).astype(int)

    def change(face: FaceDetail, low: tuple[float, float], high: tuple[float, float]) -> float:
        corners = np.array([[low[0], low[1], 0.0], [high[0], high[1], 0.0]]) * place.apart
        uv, _ = front.camera.project(corners @ place.axes + place.origin)
        (left, right), (top, bottom) = (np.sort((uv[:, k] * len(young)).astype(int)) for k in (0, 1))
        return float(np.abs(_drawn(front, face, place).astype(int) - young)[top:bottom, left:right].mean())

    forehead, cheek = ((-0.4, 0.5), (0.4, 0.9)), ((-0.8, -0.7), (-0.3, -0.3))
    assert change(FaceDetail(light=1.0, age=1.0), *forehead) > 1.0
    assert change(FaceDetail(light=1.0, freckles=1.0), *cheek) > 0.5
    assert change(FaceDetail(light=1.0, blush=1.0), *cheek) > change(FaceDetail(light=1.0, blush=1.0), *forehead)


def test_a_beard_stays_when_its_wearer_smiles() -> None:
    mini = load("mini")
    head = random_head(mini, 14)
    warp = manner_warp(mini, head, HeadRenderer(mini, head).grid(), {"smile": 1.3})
    assert warp is not None
    smiling = WarpedField(head.trigrid, warp)
    calm, glad = (find_face(mini, one, field_grid(mini, one, part_labels)) for one in (head.trigrid, smiling))
    assert calm is not None
    assert glad is not None
    assert calm.lips is not None
    assert glad.lips is not None
    assert glad.lips.half > calm.lips.half
    assert calm.beard > 0.8
    assert glad.beard > 0.8
    assert _head()[2].beard < 0.2


def test_heads_of_before_have_neither_light_nor_marks() -> None:
    _, _, place = _head()
    old = _drawn(_frame(0), FaceDetail(), place)
    assert np.array_equal(old, _drawn(_frame(0), FaceDetail(age=1.0, freckles=1.0, moles=5, blush=1.0), place))


def test_an_ear_has_folds() -> None:
    _, _, place = _head()
    frame = _frame(90)
    assert frame.labels is not None
    ear = np.kron(frame.labels == PARTS.index("ears"), np.ones((4, 4), bool))
    assert ear.sum() > 200

    def folds(light: float) -> float:
        grey = _drawn(frame, FaceDetail(light=light), place).mean(2).astype(np.float32)
        return float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 4))[ear].mean())

    assert folds(1.0) > 1.3 * folds(0.0)


def test_a_renderer_draws_it_and_leaves_the_rest_as_it_was() -> None:
    head, plain, place = _head()
    face = FaceDetail(iris=0.8, seed=3)
    renderer = HeadRenderer(plain.generator, replace(head, face=face))
    renderer._grid = plain.grid()
    frame = renderer.render(Camera.orbit(), Quality.NEAR)
    assert np.array_equal(frame.rgb, _drawn(_frame(0), face, place))
    assert np.array_equal(frame.depth, _frame(0).depth)


def test_a_head_without_labels_has_none() -> None:
    tiny = TinyGenerator()
    head = random_head(tiny, 1)
    grid = HeadRenderer(tiny, head).grid()
    assert find_face(tiny, head.trigrid, replace(grid, labels=None)) is None


def test_dark_people_have_dark_eyes() -> None:
    blue, brown = FaceDetail(iris=1.0), FaceDetail(iris=0.0)
    assert iris_colour(blue, 0.8)[2] > iris_colour(brown, 0.8)[2] + 0.3
    assert np.allclose(iris_colour(blue, 0.2), iris_colour(brown, 0.2))
    with pytest.raises(ValueError, match="strength"):
        FaceDetail(strength=2.0)
