"""Cameras agree with the official samplers."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.generators.conditioning import (
    camera_from_vector25,
    intrinsics_from_fov_degrees,
    look_at_pose,
    mirrored_vector25,
    vector25_from_camera,
)
from tests.parity.golden import assert_close, case

both = pytest.mark.parametrize("name", ["D_cameras_panohead", "D_cameras_eg3d"])


def poses(rows: torch.Tensor, use_target: bool) -> np.ndarray:
    return np.stack(
        [look_at_pose(h, v, (x, y, z) if use_target else (0, 0, 0), r) for h, v, x, y, z, r in rows.tolist()]
    )


@both
@pytest.mark.parametrize(
    ("output", "use_target"), [("lookat", True), ("uniform_zero_std", False), ("gaussian_zero_std", False)]
)
def test_poses(name: str, output: str, use_target: bool) -> None:
    golden = case(name)
    assert_close(poses(golden.inputs["yaw_pitch_lookat_radius"], use_target), golden.outputs[output], output)


@both
def test_poses_drawn_at_random(name: str) -> None:
    golden = case(name)
    half_pi = math.pi / 2
    uniform = zip(golden.inputs["uniform_std.rand_h"], golden.inputs["uniform_std.rand_v"], strict=True)
    drawn = [look_at_pose((2 * float(h) - 1) * 1.1 + half_pi, (2 * float(v) - 1) * 0.4 + half_pi) for h, v in uniform]
    assert_close(np.stack(drawn), golden.outputs["uniform_std"], "uniform_std")
    normal = zip(golden.inputs["lookat_std.randn_h"], golden.inputs["lookat_std.randn_v"], strict=True)
    looking = partial(look_at_pose, target=(0, 0, 0.2))
    drawn = [looking(float(h) * 0.3 + half_pi, float(v) * 0.2 + half_pi) for h, v in normal]
    assert_close(np.stack(drawn), golden.outputs["lookat_std"], "lookat_std")


@both
def test_intrinsics(name: str) -> None:
    golden = case(name)
    ours = [intrinsics_from_fov_degrees(degrees) for degrees in golden.inputs["fov_deg"].tolist()]
    assert_close(np.stack(ours), golden.outputs["intrinsics"], "intrinsics")


def test_mirrored_poses() -> None:
    golden = case("D_cameras_panohead")
    expected = golden.outputs["lookat_mirrored_LD"]
    for pose, mirrored in zip(golden.outputs["lookat"].numpy(), expected, strict=True):
        camera = Camera(pose)
        assert_close(camera.mirrored().world_from_camera, mirrored, "camera")
        assert_close(mirrored_vector25(vector25_from_camera(camera))[:16].reshape(4, 4), mirrored, "vector")


def test_labels_of_the_official_crop_are_cameras() -> None:
    for label in case("D_panohead_crop").outputs["eg3d_label25"].numpy():
        camera = camera_from_vector25(label)
        assert camera.radius == pytest.approx(2.7, abs=1e-5)
        assert camera.focal == pytest.approx(4.2647, abs=1e-5)
        np.testing.assert_array_equal(vector25_from_camera(camera), label)
