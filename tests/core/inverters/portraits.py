"""Aligned photos of known heads, for tests of inverters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from core.align import Alignment, FaceBox
from core.perception.face_mesh import LEFT_BROW, LEFT_EYE, LIPS, MOUTH, OVAL, RIGHT_BROW, RIGHT_EYE
from core.rendering.marching import march

if TYPE_CHECKING:
    from core.camera import Camera
    from core.protocols import Generator

CROP_PX = 512
SPOTS = (
    # outline, centre and half sides on the tiny generator's face, world units
    (OVAL, (0.0, -0.02, 0.15), (0.1, 0.13)),
    (LEFT_EYE, (0.055, 0.03, 0.15), (0.026, 0.026)),
    (RIGHT_EYE, (-0.055, 0.03, 0.15), (0.026, 0.026)),
    (LEFT_BROW, (0.055, 0.075, 0.145), (0.017, 0.017)),
    (RIGHT_BROW, (-0.055, 0.075, 0.145), (0.017, 0.017)),
    (LIPS, (0.0, -0.08, 0.137), (0.034, 0.034)),
    (MOUTH, (0.0, -0.08, 0.137), (0.001, 0.001)),
)


def portrait(generator: Generator, latents: torch.Tensor, camera: Camera, believed: Camera | None = None) -> Alignment:
    """The photo that `camera` takes of a head; alignment believes that it was taken by `believed`."""
    with torch.no_grad():
        seen = march(generator, generator.trigrid(latents), camera, 96, 32, 32)
        colours = seen.features[:, :3] + 1 - seen.alpha
    rgb = (colours[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
    seen_by = believed or camera
    return Alignment(
        crop=cv2.resize(rgb, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR),
        mask=cv2.resize(seen.alpha[0, 0].clamp(0, 1).numpy(), (CROP_PX, CROP_PX)),
        camera=seen_by,
        landmarks=_landmarks(camera),
        face_box=FaceBox(150.0, 120.0, 200.0, 260.0),
        crop_from_photo=np.eye(3),
        yaw_radians=seen_by.yaw_radians,
        pitch_radians=seen_by.pitch_radians,
        roll_radians=0.0,
        photo_size_px=(CROP_PX, CROP_PX),
    )


def _landmarks(camera: Camera) -> np.ndarray[Any, Any]:
    points = np.full((468, 2), CROP_PX / 2, np.float32)
    for outline, centre, (half_x, half_y) in SPOTS:
        angles = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        ring = np.array(centre) + np.stack([half_x * np.cos(angles), half_y * np.sin(angles), 0 * angles], axis=1)
        points[list(outline)] = camera.project(ring)[0] * CROP_PX
    return points
