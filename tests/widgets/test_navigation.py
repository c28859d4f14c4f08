from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from core.camera import HEAD_RADIUS, Camera
from widgets.navigation import MAX_PAN, MAX_PITCH_RADIANS, NAMED_VIEWS, View, picture_place


def test_the_first_view_is_the_camera_that_generators_know() -> None:
    assert View().camera() == Camera.orbit()


@pytest.mark.parametrize("yaw", [-3.0, -0.4, 0.0, 1.2, 2.9])
@pytest.mark.parametrize("pitch", [-1.2, 0.0, 0.7])
@pytest.mark.parametrize("zoom", [0.6, 1.0, 3.0])
def test_a_view_survives_its_camera(yaw: float, pitch: float, zoom: float) -> None:
    view = View(yaw, pitch, zoom).panned(0.1, -0.05)
    back = View.of_camera(view.camera())
    assert (back.yaw_radians, back.pitch_radians, back.zoom) == pytest.approx((yaw, pitch, zoom))
    assert back.target == pytest.approx(view.target, abs=1e-9)


def test_orbiting_keeps_the_distance_to_the_target() -> None:
    view = View().panned(0.2, 0.1)
    for _ in range(5):
        view = view.orbited(0.4, 0.1)
        assert np.linalg.norm(view.camera().position - view.target) == pytest.approx(HEAD_RADIUS)


def test_pitch_stops_at_the_poles_and_yaw_wraps() -> None:
    assert View().orbited(0.0, 9.0).pitch_radians == MAX_PITCH_RADIANS
    assert View().orbited(2 * math.pi + 0.25, 0.0).yaw_radians == pytest.approx(0.25)


def test_dragging_the_picture_moves_what_is_seen_with_the_hand() -> None:
    view = View(0.5, 0.2, 1.5)
    moved = view.panned(0.1, 0.2)
    before, _ = view.camera().project([view.target])
    after, _ = moved.camera().project([view.target])
    assert after[0] - before[0] == pytest.approx([0.1, 0.2], abs=1e-3)


def test_the_head_cannot_be_lost_by_panning() -> None:
    view = View()
    for _ in range(20):
        view = view.panned(0.4, 0.3)
    assert np.linalg.norm(view.target) <= MAX_PAN + 1e-9


def test_named_views_look_from_where_they_say() -> None:
    expected = {"front": 2, "back": -3, "right": 0, "left": -1, "top": 1, "bottom": -2}
    for name in NAMED_VIEWS:
        position = View().named(name).camera().position
        axis = expected[name] if expected[name] >= 0 else -expected[name] - 1
        assert position[axis] == pytest.approx(HEAD_RADIUS if expected[name] >= 0 else -HEAD_RADIUS)


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (500, 700), (64, 64), (3840, 2000)])
def test_the_picture_fills_more_of_the_viewport_as_one_zooms_in(width: int, height: int) -> None:
    sides = [picture_place(width, height, View(zoom=zoom).camera())[2] for zoom in (0.5, 1, 1.4, 2, 8)]
    assert all(first <= second + 1e-6 for first, second in pairwise(sides))
    assert sides[-1] == pytest.approx(max(width, height))
    left, top, side = picture_place(width, height, View().camera())
    assert left + side / 2 == pytest.approx(width / 2)
    assert top + side >= height - 1e-6
