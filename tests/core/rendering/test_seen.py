"""What photos show of a surface: laws on a ball, whose answer can be worked out."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame, Quality
from core.rendering.seen import LEAST_FACING, MOST_FACING, Witness, heat_colours, heat_map, seen, seen_in

RADIUS = 0.2
FRONT, BACK, SIDE = Camera.orbit(), Camera.orbit(math.pi), Camera.orbit(math.pi / 2)

FAR = Camera.orbit(radius=100, vertical_fov_radians=2 * math.atan(0.3 / 100))
"""From so far away half of a ball is in sight."""


def depth_of_ball(camera: Camera, side: int = 128) -> NDArray[np.float32]:
    """Along the camera's z."""
    origins, directions = camera.rays(side, side)
    middle = (origins * directions).sum(1)
    inside = middle**2 - (origins**2).sum(1) + RADIUS**2
    along = np.where(inside > 0, -middle - np.sqrt(np.maximum(inside, 0)), 0)
    return np.asarray((along * (directions @ camera.forward)).reshape(side, side), np.float32)


def points_on_ball(count: int = 20_000) -> NDArray[np.float64]:
    """Unit vectors, as many for each area."""
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, number * math.pi * (1 + 5**0.5)
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], 1)


def share_seen(*cameras: Camera) -> float:
    normals = points_on_ball()
    return float(seen(RADIUS * normals, normals, [Witness(c, depth_of_ball(c)) for c in cameras]).mean())


def test_one_camera_sees_half_of_what_facing_allows() -> None:
    # cosines are spread evenly over a ball; the rise from the least to the most facing counts half
    allowed = 1 - (LEAST_FACING + MOST_FACING) / 2
    assert share_seen(FAR) == pytest.approx(allowed / 2, abs=0.01)
    assert allowed / 2 - 0.05 < share_seen(FRONT) < share_seen(FAR)


def test_two_opposite_cameras_see_twice_as_much_and_nothing_sees_nothing() -> None:
    assert share_seen(FRONT, BACK) == pytest.approx(2 * share_seen(FRONT), abs=0.01)
    assert share_seen(FRONT) < share_seen(FRONT, SIDE) < share_seen(FRONT, SIDE, BACK)
    assert share_seen() == 0


def test_seeing_twice_is_seeing_once() -> None:
    assert share_seen(FRONT, FRONT) == share_seen(FRONT)


def test_what_lies_behind_or_before_the_surface_is_guessed() -> None:
    witness = Witness(FRONT, depth_of_ball(FRONT))
    normals = np.tile([0.0, 0.0, 1.0], (3, 1))
    points = np.array([[0, 0, RADIUS], [0, 0, RADIUS - 0.1], [0, 0, RADIUS + 0.1]])
    assert seen(points, normals, [witness]).tolist() == pytest.approx([1, 0, 0], abs=0.02)


def test_where_the_photo_shows_no_person_nothing_is_seen() -> None:
    left_half = np.ones((64, 64), np.float32)
    left_half[:, 32:] = 0
    witness = Witness(FRONT, depth_of_ball(FRONT), left_half)
    normals = points_on_ball()
    amount = seen(RADIUS * normals, normals, [witness])
    # the left of the picture is the person's right
    assert amount[normals[:, 0] > 0.1].max() == 0
    assert amount[normals[:, 0] < -0.1].max() > 0.9


def test_a_frame_agrees_with_the_surface_it_shows() -> None:
    side, camera = 128, Camera.orbit(math.radians(50))
    depth = depth_of_ball(camera, side)
    alpha = (depth > 0).astype(np.float32)
    frame = Frame(np.full((side, side, 3), 128, np.uint8), alpha, depth, None, camera, Quality.NEAR)
    witness = Witness(FRONT, depth_of_ball(FRONT))
    amount = seen_in(frame, [witness])
    assert amount[depth == 0].max() == 0
    origins, directions = camera.rays(side, side)
    inner = depth.ravel() > 0
    points = origins[inner] + directions[inner] * (depth.ravel()[inner] / (directions[inner] @ camera.forward))[:, None]
    truth = seen(points, points / RADIUS, [witness])
    away_from_rim = (points / RADIUS) @ -camera.forward > 0.3
    assert np.abs(amount.ravel()[inner] - truth)[away_from_rim].mean() < 0.02

    shown = heat_map(frame, [witness])
    assert shown.camera == camera
    assert (shown.rgb[alpha == 0] == 255).all()
    right, left = shown.rgb[64, 100].astype(int), shown.rgb[64, 40].astype(int)
    # turned to the person's left the face is at the left of the picture: yellow there, violet at the right
    assert left[1] > left[2] + 40
    assert right[2] > right[1] + 20


def test_the_colours_of_the_heat_map_rise_in_brightness() -> None:
    light = heat_colours(np.linspace(0, 1, 9)).mean(1)
    assert (np.diff(light) > 0).all()
