"""The photo's camera while it is being refined: six small corrections that gradients can move."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera

SPREAD = (0.08, 0.08, 0.05, 0.012, 0.012, 0.05)
"""How far corrections usually go: yaw, pitch, roll in radians; right, up in world units; logarithm of the size."""


class RefinedCamera:
    """A camera plus corrections: turned about the world's origin, moved closer, then shifted along its own axes.

    Attributes:
        base: the camera that alignment found.
        corrections: float32 [6] in units of `SPREAD`, a leaf tensor; zero is the base itself.
    """

    def __init__(self, base: Camera) -> None:
        self.base = base
        self.corrections = torch.zeros(6, requires_grad=True)
        self._rotation = torch.from_numpy(base.world_from_camera[:3, :3].copy())
        self._position = torch.from_numpy(base.position.copy())

    def pose(self) -> tuple[Tensor, Tensor]:
        """Rotation [3, 3] and position [3], float64, differentiable in the corrections."""
        yaw, pitch, roll, right, up, size = (self.corrections.double() * torch.tensor(SPREAD).double()).unbind()
        nothing = torch.zeros_like(yaw)
        # positive yaw carries the camera to its own right, positive pitch up, positive roll clockwise: OpenCV's axes
        skew = torch.stack([nothing, -roll, -yaw, roll, nothing, pitch, yaw, -pitch, nothing]).view(3, 3)
        turn = torch.linalg.matrix_exp(skew)
        rotation = self._rotation @ turn
        position = rotation @ (self._rotation.T @ self._position) * torch.exp(-size)
        return rotation, position + right * rotation[:, 0] - up * rotation[:, 1]

    def rays(self, pixels: Tensor, side_px: int) -> tuple[Tensor, Tensor]:
        """Rays through pixel centres of a square picture.

        Args:
            pixels: int64 [R], row * side_px + column.
            side_px: side of the picture.

        Returns:
            Origin [3] and unit directions [R, 3], float32, differentiable in the corrections.
        """
        rotation, position = (value.float() for value in self.pose())
        u = (pixels % side_px + 0.5) / side_px - 0.5
        v = (pixels // side_px + 0.5) / side_px - 0.5
        in_camera = torch.stack([u / self.base.focal, v / self.base.focal, torch.ones_like(u)], dim=1)
        return position, torch.nn.functional.normalize(in_camera, dim=1) @ rotation.T

    def camera(self) -> Camera:
        """The corrected camera as a value; near and far keep their place in the world."""
        with torch.no_grad():
            rotation, position = (value.numpy() for value in self.pose())
        # rounding in matrix_exp must not grow: the nearest rotation
        left, _, right = np.linalg.svd(rotation)
        world_from_camera = np.eye(4)
        world_from_camera[:3, :3], world_from_camera[:3, 3] = left @ right, position
        farther = float(np.linalg.norm(position)) - self.base.radius
        near = max(self.base.near + farther, 1e-2)
        return replace(
            self.base, world_from_camera=world_from_camera, near=near, far=max(self.base.far + farther, near + 1e-2)
        )

    def frozen(self) -> RefinedCamera:
        """The corrected camera as a new base that no gradient moves."""
        fixed = RefinedCamera(self.camera())
        fixed.corrections = fixed.corrections.detach()
        return fixed

    def penalty(self) -> Tensor:
        """How unusual the corrections are; about 1 when each is as large as its spread."""
        return self.corrections.square().mean()
