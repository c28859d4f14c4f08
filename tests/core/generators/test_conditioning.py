import math

import numpy as np
import pytest

from core.camera import HEAD_FOCAL, Camera
from core.generators.conditioning import (
    camera_from_vector25,
    intrinsics_from_fov_degrees,
    look_at_pose,
    mirrored_vector25,
    vector25_from_camera,
)

CAMERAS = [
    Camera.orbit(yaw, pitch, roll_radians=roll)
    for yaw in (-3.0, -0.4, 0, 1.5)
    for pitch in (-1, 0.3)
    for roll in (0, 0.2)
]


def test_the_front_camera_is_written_by_hand() -> None:
    expected = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 2.7, 0, 0, 0, 1, 4.2647, 0, 0.5, 0, 4.2647, 0.5, 0, 0, 1]
    np.testing.assert_allclose(vector25_from_camera(Camera.orbit()), expected, atol=1e-7)


@pytest.mark.parametrize("camera", CAMERAS)
def test_there_and_back(camera: Camera) -> None:
    vector = vector25_from_camera(camera)
    again = camera_from_vector25(vector)
    np.testing.assert_array_equal(vector25_from_camera(again), vector)
    np.testing.assert_allclose(again.world_from_camera, camera.world_from_camera, atol=1e-6)
    assert again.focal == pytest.approx(HEAD_FOCAL, rel=1e-6)


@pytest.mark.parametrize("camera", CAMERAS)
def test_mirror_is_the_cameras_own_and_twice_nothing(camera: Camera) -> None:
    vector = vector25_from_camera(camera)
    np.testing.assert_array_equal(mirrored_vector25(mirrored_vector25(vector)), vector)
    np.testing.assert_array_equal(mirrored_vector25(vector), vector25_from_camera(camera.mirrored()))


def test_look_at_agrees_with_orbit_where_pitch_is_level() -> None:
    for yaw in (-2.0, -0.5, 0.0, 1.0):
        pose = look_at_pose(math.pi / 2 + yaw, math.pi / 2)
        np.testing.assert_allclose(pose, Camera.orbit(yaw).world_from_camera, atol=1e-12)


def test_look_at_pitch_covers_equal_areas() -> None:
    # v a quarter of the way down is the circle at half of the radius's height, not 45 degrees
    assert look_at_pose(math.pi / 2, math.pi / 4, radius=2)[1, 3] == pytest.approx(1.0)


def test_look_at_stays_defined_at_the_poles() -> None:
    for vertical in (0.0, math.pi):
        assert np.isfinite(look_at_pose(0.3, vertical)).all()


def test_intrinsics_of_the_official_field_of_view() -> None:
    assert intrinsics_from_fov_degrees(18.837)[0, 0] == pytest.approx(4.2634, abs=1e-4)


@pytest.mark.parametrize("spoil", [(16, 0.0), (20, 2.0), (18, 0.4), (17, 0.1), (0, math.nan)])
def test_numbers_that_are_no_camera(spoil: tuple[int, float]) -> None:
    vector = vector25_from_camera(Camera.orbit())
    vector[spoil[0]] = spoil[1]
    with pytest.raises(ValueError, match=r"camera|rotation|finite"):
        camera_from_vector25(vector)


def test_too_few_numbers() -> None:
    with pytest.raises(ValueError, match="25 numbers"):
        camera_from_vector25([1, 2, 3])
