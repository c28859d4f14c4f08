"""How faithful a file is: read it again, draw it, compare with the head's own renders."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.camera import Camera
from core.exporters import glb
from core.exporters.normal_map import normals_at
from core.exporters.subject import Subject
from core.exporters.views import sampled
from core.mesh import Mesh
from core.rendering.raster import seen_by

Light = Callable[[NDArray[np.float32]], NDArray[np.float32]]
SIDES_DEGREES = ((25.0, 10.0), (-110.0, 10.0), (160.0, 10.0))
"""Yaw and pitch of the views beside the photo's: front, side and back, none of which a texture is baked from."""
SUPERSAMPLING = 2


@dataclass(frozen=True)
class Score:
    """Likeness of a file's render to the head's own, the mean over several sides.

    Attributes:
        psnr_db: of the colours where both show the head; the outline, soft in a render, is left to the overlap.
        alpha_iou: overlap of the outlines, 0..1.
    """

    psnr_db: float
    alpha_iou: float


def glb_score(path: Path, subject: Subject, report_from: float = 0.86) -> Score:
    """Score a GLB that `glb.write` made of `subject`."""
    mesh = glb.read(path).scaled(1 / subject.scale(subject.textured, glb.UNITS_PER_METRE))
    cameras = [
        subject.head.camera,
        *(Camera.orbit(math.radians(yaw), math.radians(pitch)) for yaw, pitch in SIDES_DEGREES),
    ]
    errors, overlaps = [], []
    for index, camera in enumerate(cameras):
        name = f"Comparing the file with the head, view {index + 1} of {len(cameras)}"
        share = (1 - report_from) / len(cameras)
        subject.tell(report_from + share * index, name)
        frame = subject.view(camera)
        subject.tell(report_from + share * (index + 0.5), name)
        drawn, alpha = drawn_mesh(mesh, camera, frame.rgb.shape[0])
        own, shown = frame.alpha > 0.5, alpha > 0.5
        both = own & shown
        errors.append(float(((drawn - frame.rgb / 255.0)[both] ** 2).mean()) if both.any() else 1.0)
        overlaps.append(float(both.sum() / max(1, (own | shown).sum())))
    return Score(-10 * math.log10(max(float(np.mean(errors)), 1e-10)), float(np.mean(overlaps)))


def drawn_mesh(
    mesh: Mesh, camera: Camera, size_px: int, light: Light | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A picture of a textured mesh on white: float32 [S, S, 3], 0..1, and its alpha [S, S].

    Args:
        mesh: with a texture, which carries light of its own.
        camera: of the picture.
        size_px: S.
        light: from the camera's axes of unit normals [N, 3], its share [N]; None is even light.
    """
    if mesh.uvs is None or mesh.texture is None:
        raise ValueError("only a textured mesh can be drawn")
    large = size_px * SUPERSAMPLING
    coverage = seen_by(camera, mesh.vertices, mesh.faces, large)
    covered = coverage.covered
    uv = coverage.interpolated(mesh.uvs, mesh.faces)
    from_top = torch.from_numpy(np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1))
    texture = torch.from_numpy(mesh.texture.astype(np.float32) / 255).movedim(-1, 0).contiguous()
    picture = np.ones((large, large, 3), np.float32)
    picture[covered] = sampled(texture, from_top).numpy()
    if light is not None:
        turned = normals_at(mesh, coverage) @ camera.world_from_camera[:3, :3].astype(np.float32)
        picture[covered] *= light(turned)[:, None]
    size = (size_px, size_px)
    return (
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA),
        cv2.resize(covered.astype(np.float32), size, interpolation=cv2.INTER_AREA),
    )
