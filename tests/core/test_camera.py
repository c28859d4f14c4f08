import json
import math
from itertools import product

import numpy as np
import pytest

from core.camera import HEAD_FOCAL, HEAD_FOV_RADIANS, HEAD_RADIUS, Camera

YAWS = (-3.0, -1.2, 0.0, 0.4, 2.5)
PITCHES = (-1.5, -0.3, 0.0, 0.7)
CAMERAS = [
    Camera.orbit(yaw, pitch, radius, roll_radians=roll, vertical_fov_radians=fov).panned(*pan)
    for yaw, pitch, (radius, roll, fov, pan) in product(
        YAWS, PITCHES, [(2.7, 0.0, HEAD_FOV_RADIANS, (0.0, 0.0)), (1.9, -0.4, 0.6, (0.1, -0.05))]
    )
]
every_camera = pytest.mark.parametrize("camera", CAMERAS)


def test_field_of_view_is_the_vertical_one() -> None:
    assert math.degrees(HEAD_FOV_RADIANS) == pytest.approx(13.373, abs=1e-3)
    assert Camera.orbit().focal == pytest.approx(HEAD_FOCAL)


def test_front_camera_by_hand() -> None:
    expected = np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 2.7], [0, 0, 0, 1]])
    np.testing.assert_allclose(Camera.orbit().world_from_camera, expected, atol=1e-15)


def test_positive_yaw_goes_to_the_persons_left_and_positive_pitch_up() -> None:
    np.testing.assert_allclose(Camera.orbit(math.pi / 2).position, [2.7, 0, 0], atol=1e-12)
    np.testing.assert_allclose(Camera.orbit(0, math.pi / 2).position, [0, 2.7, 0], atol=1e-12)


def test_where_points_appear_by_hand() -> None:
    # one focal length of 4.2647 widths at distance 2.7: .1 units are .1 * 4.2647 / 2.7 = .15795 widths
    points = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.7]])
    uv, depth = Camera.orbit().project(points)
    np.testing.assert_allclose(uv, [[0.5, 0.5], [0.65795, 0.5], [0.5, 0.34205], [0.5, 0.5]], atol=1e-5)
    np.testing.assert_allclose(depth, [2.7, 2.7, 2.7, 2.0])


def test_positive_roll_turns_the_picture_anticlockwise() -> None:
    uv, _ = Camera.orbit(roll_radians=0.1).project([[0, 0.1, 0]])
    assert uv[0, 0] < 0.5


def test_points_behind_appear_nowhere() -> None:
    uv, depth = Camera.orbit().project([[0, 0, 2.7], [0, 0, 3.0]])
    assert np.isnan(uv).all()
    np.testing.assert_allclose(depth, [0, -0.3], atol=1e-12)


@every_camera
def test_angles_are_read_back(camera: Camera) -> None:
    again = Camera.orbit(
        camera.yaw_radians, camera.pitch_radians, roll_radians=camera.roll_radians, radius=camera.radius
    )
    np.testing.assert_allclose(again.world_from_camera[:3, :3], camera.world_from_camera[:3, :3], atol=1e-9)


@pytest.mark.parametrize(("yaw", "pitch", "roll"), list(product((-3.1, -1, 0, 2), (-1.5, 0, 1.2), (-1.0, 0, 0.3))))
def test_angles_are_those_asked_for(yaw: float, pitch: float, roll: float) -> None:
    camera = Camera.orbit(yaw, pitch, roll_radians=roll)
    assert (camera.yaw_radians, camera.pitch_radians, camera.roll_radians) == pytest.approx((yaw, pitch, roll))


@pytest.mark.parametrize("pitch", [-math.pi / 2, math.pi / 2])
@pytest.mark.parametrize("yaw", YAWS)
def test_yaw_survives_the_poles(yaw: float, pitch: float) -> None:
    camera = Camera.orbit(yaw, pitch)
    assert camera.yaw_radians == pytest.approx(yaw)
    assert camera.pitch_radians == pytest.approx(pitch)


@every_camera
@pytest.mark.parametrize("target", [(0.0, 0.0, 0.0), (0.1, -0.2, 0.05)])
def test_orbit_keeps_the_distance_and_where_the_target_appears(
    camera: Camera, target: tuple[float, float, float]
) -> None:
    moved = camera.orbited(0.7, 0.2, target)
    before, after = (np.linalg.norm(one.position - np.array(target)) for one in (camera, moved))
    assert after == pytest.approx(before)
    np.testing.assert_allclose(moved.project([target])[0], camera.project([target])[0], atol=1e-9)


@every_camera
def test_orbit_there_and_back(camera: Camera) -> None:
    again = camera.orbited(0.7, 0.01).orbited(-0.7, -0.01)
    np.testing.assert_allclose(again.world_from_camera, camera.world_from_camera, atol=1e-9)


def test_a_full_turn_is_no_turn() -> None:
    camera = Camera.orbit(0.3, 0.2)
    for _ in range(12):
        camera = camera.orbited(math.tau / 12, 0)
    np.testing.assert_allclose(camera.world_from_camera, Camera.orbit(0.3, 0.2).world_from_camera, atol=1e-9)


def test_orbit_stops_straight_above_and_below() -> None:
    above = Camera.orbit(0.5, 1.0).orbited(0.1, 9.0)
    assert (above.pitch_radians, above.yaw_radians) == pytest.approx((math.pi / 2, 0.6))
    below = above.orbited(0, -9.0)
    assert (below.pitch_radians, below.yaw_radians) == pytest.approx((-math.pi / 2, 0.6))


@every_camera
def test_mirror_twice_is_the_identity(camera: Camera) -> None:
    assert camera.mirrored().mirrored() == camera


@every_camera
def test_mirror_sees_the_mirrored_point_mirrored(camera: Camera) -> None:
    points = np.array([[0.1, 0.05, 0.1], [-0.05, -0.1, 0.02]])
    uv, depth = camera.project(points)
    mirrored_uv, mirrored_depth = camera.mirrored().project(points * [-1, 1, 1])
    np.testing.assert_allclose(mirrored_uv, [1, 0] + uv * [-1, 1], atol=1e-12)
    np.testing.assert_allclose(mirrored_depth, depth)


@every_camera
def test_rays_hit_the_pixels_they_belong_to(camera: Camera) -> None:
    height, width = 3, 5
    origins, directions = camera.rays(height, width)
    assert origins.shape == directions.shape == (15, 3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    uv, depth = camera.project(origins + 1.7 * directions)
    rows, columns = np.divmod(np.arange(15), width)
    np.testing.assert_allclose(uv, np.stack([(columns + 0.5) / width, (rows + 0.5) / height], axis=1), atol=1e-9)
    assert (depth > 0).all()


@every_camera
def test_inverse(camera: Camera) -> None:
    np.testing.assert_allclose(camera.camera_from_world @ camera.world_from_camera, np.eye(4), atol=1e-12)


def test_dolly_moves_the_range_along() -> None:
    camera = Camera.orbit(0.2).dollied(0.5)
    assert camera.radius == pytest.approx(HEAD_RADIUS / 2)
    assert (camera.near, camera.far) == pytest.approx((2.25 - 1.35, 3.3 - 1.35))
    back = camera.dollied(2)
    np.testing.assert_allclose(back.world_from_camera, Camera.orbit(0.2).world_from_camera)
    assert (back.near, back.far) == pytest.approx((2.25, 3.3))


def test_dolly_close_keeps_a_range_in_front() -> None:
    camera = Camera.orbit().dollied(0.01)
    assert 0 < camera.near < camera.far


def test_pan_moves_the_picture_the_other_way() -> None:
    uv, _ = Camera.orbit().panned(0.1, 0.05).project([[0, 0, 0]])
    np.testing.assert_allclose(uv, [[0.5 - 0.15795, 0.5 + 0.078976]], atol=1e-5)


def test_zoom_enlarges() -> None:
    uv, _ = Camera.orbit().zoomed(2).project([[0.1, 0, 0]])
    np.testing.assert_allclose(uv, [[0.5 + 2 * 0.157952, 0.5]], atol=1e-5)


@every_camera
def test_json_there_and_back(camera: Camera) -> None:
    again = Camera.from_json(json.loads(json.dumps(camera.to_json())))
    assert again == camera
    assert hash(again) == hash(camera)


def test_equal_by_value() -> None:
    assert Camera.orbit(0.1) == Camera.orbit(0.1)
    assert Camera.orbit(0.1) != Camera.orbit(0.2)
    assert Camera.orbit(0.1) != Camera.orbit(0.1).zoomed(2)
    assert Camera.orbit() != "a camera"
    assert len({Camera.orbit(), Camera.orbit(), Camera(np.diag([1.0, -1, -1, 1]) + np.eye(4, k=3) * 0)}) == 2


def test_the_pose_cannot_be_changed_from_outside() -> None:
    pose = np.eye(4)
    camera = Camera(pose)
    pose[0, 3] = 5
    assert camera.position[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        camera.world_from_camera[0, 3] = 5


@pytest.mark.parametrize(
    "pose", [np.zeros((3, 4)), np.full((4, 4), np.nan), np.diag([2.0, 1, 1, 1]), np.diag([-1.0, 1, 1, 1])]
)
def test_what_is_no_pose(pose: np.ndarray) -> None:
    with pytest.raises(ValueError, match="world_from_camera"):
        Camera(pose)


def test_what_is_no_lens_or_range() -> None:
    for wrong in ({"vertical_fov_radians": 0.0}, {"vertical_fov_radians": 4.0}, {"near": 0.0}, {"near": 4.0}):
        with pytest.raises(ValueError, match=r"vertical_fov|near"):
            Camera(np.eye(4), **wrong)
    with pytest.raises(ValueError, match="factor"):
        Camera.orbit().zoomed(0)
    with pytest.raises(ValueError, match="factor"):
        Camera.orbit().dollied(-1)
