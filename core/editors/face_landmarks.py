"""Where a head has its brows, eyes, nose, mouth and chin: the points of the face mesh, found in a picture, in 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.errors import VoltefaceError
from core.frame import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.frame import Frame
    from core.protocols import Renderer

STEEP = 0.03
"""Depth, world units, that may differ between neighbouring pixels of one surface."""
LEAST_KNOWN = 200
"""Points that need a depth; fewer are no face seen from the front."""


def landmarks_of(renderer: Renderer, camera: Camera) -> tuple[Tensor, Tensor]:
    """The points of the face mesh on a head.

    Args:
        renderer: of the head.
        camera: of its photo, from which it is looked at where there is no face from the front.

    Returns:
        Points float32 [468, 3], world units, and whether the depth of each is sure, bool [468].

    Raises:
        VoltefaceError: no face was found.
    """
    from core.align import find_meshes

    for one in (Camera.orbit(), camera):
        frame = renderer.render(one, Quality.NEAR)
        found = find_meshes(frame.rgb)
        if found:
            points, sure = _raised(found[0][1].points[:, :2] / len(frame.rgb), frame)
            if int(sure.sum()) >= LEAST_KNOWN:
                return points, sure
    raise VoltefaceError(
        "No face was found on this head, so its expression and its shape cannot be changed.",
        "Choose a head whose face can be seen from the front.",
    )


def _raised(uv: NDArray[np.float64], frame: Frame) -> tuple[Tensor, Tensor]:
    """Points of a picture [N, 2], 0..1, brought to the depth that they show."""
    depth, side = frame.depth, len(frame.depth)
    place = np.clip(uv * side - 0.5, 0, side - 1.001)
    column, row = np.floor(place).astype(int).T
    around = np.stack([depth[row + down, column + right] for down in (0, 1) for right in (0, 1)])
    known = (around > 0).all(0) & (np.ptp(around, axis=0) < STEEP)
    seen = np.where(around > 0, around, np.inf).min(0)
    right, down = place[:, 0] % 1, place[:, 1] % 1
    shares = np.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right])
    middle = float(np.median(seen[np.isfinite(seen)])) if np.isfinite(seen).any() else frame.camera.radius
    along = np.where(known, (around * shares).sum(0), np.where(np.isfinite(seen), seen, middle))
    local = np.column_stack([(uv - 0.5) / frame.camera.focal, np.ones(len(uv))]) * along[:, None]
    pose = frame.camera.world_from_camera
    points = local @ pose[:3, :3].T + pose[:3, 3]
    return torch.from_numpy(points).float(), torch.from_numpy(known)
