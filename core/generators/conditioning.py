"""Cameras as EG3D's family writes them: 16 numbers of the pose, row by row, then 9 of the normalised intrinsics.

Only generator adapters speak this language; everywhere else a camera is a `core.camera.Camera`. The numbers agree with
the official code, its slips included: its "pitch" is no polar angle but spaced so that equal steps cover equal areas,
its field of view is the diagonal one, and its pi and square root of two are rounded.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.camera import HEAD_RADIUS, ORIGIN, Camera

Array = NDArray[np.float64]

_ROUNDED_PI, _ROUNDED_SQRT2 = 3.14159, 1.414
_SIGN_OF_MIRROR = np.ones(25, dtype=np.float32)
_SIGN_OF_MIRROR[[1, 2, 3, 4, 8]] = -1


def vector25_from_camera(camera: Camera) -> NDArray[np.float32]:
    """The camera's 25 numbers, float32 [25]."""
    return np.concatenate([camera.world_from_camera.ravel(), _intrinsics(camera.focal).ravel()]).astype(np.float32)


def camera_from_vector25(vector: ArrayLike) -> Camera:
    """The camera of 25 numbers.

    Raises:
        ValueError: they describe no camera with a square picture and a centred lens.
    """
    numbers = np.asarray(vector, dtype=np.float64)
    if numbers.shape != (25,):
        raise ValueError(f"a camera has 25 numbers, not {numbers.shape}")
    intrinsics = numbers[16:].reshape(3, 3)
    focal = intrinsics[0, 0]
    if not focal > 0 or not np.allclose(intrinsics, _intrinsics(focal), atol=1e-4):
        raise ValueError("only cameras with a square picture and a centred lens can be read")
    return Camera(numbers[:16].reshape(4, 4), 2 * math.atan(0.5 / focal))


def mirrored_vector25(vector: ArrayLike) -> NDArray[np.float32]:
    """The 25 numbers of the camera that sees the mirrored world; twice is the identity."""
    return np.asarray(vector, dtype=np.float32) * _SIGN_OF_MIRROR


def look_at_pose(
    horizontal_radians: float,
    vertical_radians: float,
    target: Sequence[float] = ORIGIN,
    radius: float = HEAD_RADIUS,
) -> Array:
    """World-from-camera pose [4, 4] of the official pose samplers.

    Args:
        horizontal_radians: pi/2 looks the head in the face; more is towards +x.
        vertical_radians: 0 is straight above, pi/2 level, pi straight below, in steps of equal area.
        target: point that the camera looks at; its own place is about the origin whatever the target.
        radius: distance from the origin.
    """
    vertical = min(max(vertical_radians, 1e-5), math.pi - 1e-5)
    polar = math.acos(1 - 2 * vertical / math.pi)
    around = math.pi - horizontal_radians
    position = radius * np.array(
        [math.sin(polar) * math.cos(around), math.cos(polar), math.sin(polar) * math.sin(around)]
    )
    forward = _unit(np.asarray(target, dtype=np.float64) - position)
    right = -_unit(np.cross([0.0, 1.0, 0.0], forward))
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, _unit(np.cross(forward, right)), forward], axis=1)
    pose[:3, 3] = position
    return pose


def intrinsics_from_fov_degrees(diagonal_fov_degrees: float) -> Array:
    """Normalised intrinsics [3, 3] of a diagonal field of view, with the official roundings."""
    half = diagonal_fov_degrees * _ROUNDED_PI / 360
    return _intrinsics(1 / (math.tan(half) * _ROUNDED_SQRT2))


def _intrinsics(focal: float) -> Array:
    return np.array([[focal, 0.0, 0.5], [0.0, focal, 0.5], [0.0, 0.0, 1.0]])


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)
