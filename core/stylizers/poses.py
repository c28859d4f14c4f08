"""From where heads are looked at while a style is distilled, with the published code's slips of angle and lens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.camera import Camera
from core.generators.conditioning import intrinsics_from_fov_degrees, look_at_pose

if TYPE_CHECKING:
    from collections.abc import Sequence

DIAGONAL_FOV_DEGREES = 18.837
CONDITION_RADIANS = (0.0, 0.2)
"""Yaw and pitch of the camera that the generator is conditioned on, whatever the view."""
CHECKED_YAWS_DEGREES, CHECKED_PITCH_DEGREES = (-90.0, -30.0, 0.0, 30.0, 90.0), 10.0
"""Views in which the published code shows its results."""


@dataclass(frozen=True)
class ViewRange:
    """Views are drawn evenly within these angles on both sides of the front.

    Attributes:
        yaw_degrees: 180 is all around.
        pitch_degrees: up and down, as the published code counts it: equal steps cover equal areas.
    """

    yaw_degrees: float
    pitch_degrees: float

    def drawn(self, count: int, noise: torch.Generator | None = None) -> tuple[Camera, ...]:
        """That many cameras."""
        angles = (2 * torch.rand(count, 2, generator=noise, dtype=torch.float64) - 1).tolist()
        return tuple(
            styling_camera(yaw * math.radians(self.yaw_degrees), pitch * math.radians(self.pitch_degrees))
            for yaw, pitch in angles
        )


SINGLE_VIEWS = ViewRange(60.0, 30.0)
GRID_VIEWS = ViewRange(180.0, 30.0)


def styling_camera(yaw_radians: float, pitch_radians: float) -> Camera:
    """The camera of a yaw (positive sees the person's left) and a pitch (positive looks up from below)."""
    focal = float(intrinsics_from_fov_degrees(DIAGONAL_FOV_DEGREES)[0, 0])
    pose = look_at_pose(math.pi / 2 + yaw_radians, math.pi / 2 + pitch_radians)
    return Camera(pose, 2 * math.atan(0.5 / focal))


def condition_camera() -> Camera:
    """The camera that the generator is conditioned on."""
    return styling_camera(*CONDITION_RADIANS)


def checked_cameras(yaws_degrees: Sequence[float] = CHECKED_YAWS_DEGREES) -> tuple[Camera, ...]:
    """Cameras in which results are shown."""
    pitch = math.radians(CHECKED_PITCH_DEGREES)
    return tuple(styling_camera(math.radians(yaw), pitch) for yaw in yaws_degrees)
