import math

import numpy as np
import pytest

from core.camera import Camera
from core.perception import head_pose
from core.perception.face_mesh import mirror_partners
from core.perception.similarity import inverse, moved

VIEWS = [(0.0, 0.0), (0.5, 0.1), (-0.9, -0.2), (0.2, 0.4), (-0.1, -0.4)]
PHOTO = np.array([[300.0, 80, 40], [-80, 300, 90], [0, 0, 1]])  # picture 0..1 to photo pixels


def perfect_mesh(yaw: float, pitch: float) -> np.ndarray:
    face = head_pose.canonical_face()
    flat = moved(face.expected(yaw, pitch), PHOTO)
    camera = Camera.orbit(yaw, pitch)
    depth = (face.mean - camera.position) @ camera.world_from_camera[:3, 2]
    return np.hstack([flat, (depth - depth.mean())[:, None] * 4.2647 / 2.7 * 310])


def test_canonical_face_is_a_face_in_the_heads_frame() -> None:
    mean = head_pose.canonical_face().mean
    eyes, nose, chin = mean[[33, 133, 362, 263]].mean(0), mean[1], mean[152]
    assert abs(eyes[0]) < 1e-3
    assert eyes[1] == pytest.approx(0.0202, abs=0.01)
    assert nose[2] > eyes[2] > 0
    assert chin[1] < nose[1] < eyes[1]
    assert mean[263, 0] > 0  # the person's left is +x
    np.testing.assert_allclose(mean[mirror_partners()] * [-1, 1, 1], mean, atol=2e-3)


@pytest.mark.parametrize(("yaw", "pitch"), VIEWS)
def test_pose_of_a_perfect_mesh_is_exact(yaw: float, pitch: float) -> None:
    pose = head_pose.pose_of_mesh(perfect_mesh(yaw, pitch))
    assert pose.yaw_radians == pytest.approx(yaw, abs=1e-3)
    assert pose.pitch_radians == pytest.approx(pitch, abs=1e-3)
    np.testing.assert_allclose(inverse(pose.picture_from_photo), PHOTO, atol=0.5)
    assert pose.misfit < 0.01
    # PHOTO turns x towards -y: anticlockwise to the eye
    assert pose.roll_radians == pytest.approx(-math.atan2(80, 300), abs=1e-3)


@pytest.mark.parametrize(("yaw", "pitch"), VIEWS)
def test_pose_of_five_points_is_near(yaw: float, pitch: float) -> None:
    mesh = perfect_mesh(yaw, pitch)
    five = np.stack([mesh[list(group), :2].mean(0) for group in head_pose.FIVE_POINTS])
    pose, points = head_pose.pose_of_five(five)
    assert abs(pose.yaw_radians - yaw) < math.radians(6)
    assert abs(pose.pitch_radians - pitch) < math.radians(12)  # pulled towards the horizon
    assert np.linalg.norm(points - mesh[:, :2], axis=1).mean() < 0.025 * 310


def test_noise_moves_the_pose_little() -> None:
    mesh = perfect_mesh(0.3, 0.1)
    noisy = mesh + np.random.default_rng(0).normal(0, 1, mesh.shape)
    before, after = head_pose.pose_of_mesh(mesh), head_pose.pose_of_mesh(noisy)
    assert abs(before.yaw_radians - after.yaw_radians) < math.radians(2)
    assert abs(before.pitch_radians - after.pitch_radians) < math.radians(2)


def test_points_of_the_head_go_into_the_photo_and_back() -> None:
    pose = head_pose.pose_of_mesh(perfect_mesh(0.2, 0.0))
    points = np.array([[0.0, 0.2, 0.0], [0.1, 0.0, 0.1]])
    uv, _ = pose.camera.project(points)
    np.testing.assert_allclose(moved(pose.in_photo(points), pose.picture_from_photo), uv, atol=1e-9)
