"""The refined camera turns the same way as `Camera` does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.inverters.pose import SPREAD, RefinedCamera

SMALL = 0.01


def _corrected(base: Camera, **radians: float) -> Camera:
    refined = RefinedCamera(base)
    names = ("yaw", "pitch", "roll", "right", "up", "size")
    with torch.no_grad():
        for name, value in radians.items():
            refined.corrections[names.index(name)] = value / SPREAD[names.index(name)]
    return refined.camera()


def test_without_corrections_it_is_the_base() -> None:
    base = Camera.orbit(0.4, -0.2, roll_radians=0.1)
    assert np.allclose(_corrected(base).world_from_camera, base.world_from_camera, atol=1e-9)


@pytest.mark.parametrize(("yaw", "pitch"), [(SMALL, 0.0), (0.0, SMALL)])
def test_yaw_and_pitch_orbit_the_origin(yaw: float, pitch: float) -> None:
    expected = Camera.orbit(yaw, pitch).world_from_camera
    assert np.allclose(_corrected(Camera.orbit(), yaw=yaw, pitch=pitch).world_from_camera, expected, atol=1e-6)


def test_roll_shift_and_size() -> None:
    base = Camera.orbit(0.3, 0.1)
    expected = Camera.orbit(0.3, 0.1, roll_radians=SMALL)
    assert np.allclose(_corrected(base, roll=SMALL).world_from_camera, expected.world_from_camera, atol=1e-6)
    shifted = base.panned(0.02, -0.01)
    assert np.allclose(_corrected(base, right=0.02, up=-0.01).world_from_camera, shifted.world_from_camera, atol=1e-6)
    closer = _corrected(base, size=SMALL)
    assert closer.radius == pytest.approx(base.radius * np.exp(-SMALL))
    assert closer.near - base.near == pytest.approx(closer.radius - base.radius)


def test_rays_are_the_camera_s_own() -> None:
    base = Camera.orbit(0.3, 0.1, roll_radians=0.05)
    origin, directions = RefinedCamera(base).rays(torch.arange(64), 8)
    origins, expected = base.rays(8, 8)
    assert np.allclose(origin.detach().numpy(), origins[0], atol=1e-5)
    assert np.allclose(directions.detach().numpy(), expected, atol=1e-5)


def test_a_frozen_camera_has_no_gradient() -> None:
    frozen = RefinedCamera(Camera.orbit(0.2)).frozen()
    assert not frozen.rays(torch.arange(4), 2)[1].requires_grad
