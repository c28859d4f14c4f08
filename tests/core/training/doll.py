"""A rendered head of a few ellipsoids, with the files of a data set: for tests of what looks at geometry and labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from core.drawing.subject import CLOTH, EARS, EYES, HAIR, LIPS, NECK, NOSE, SKIN
from core.training.dataset import pixel_rays
from core.training.synthetic.cameras import ViewRing

if TYPE_CHECKING:
    from pathlib import Path

# centre, half sides, label, colour: the nearest surface is seen
PARTS = (
    ((0, 0, 0.02), (0.20, 0.28, 0.24), SKIN, (0.85, 0.65, 0.55)),
    ((0, 0.09, -0.02), (0.22, 0.24, 0.245), HAIR, (0.35, 0.2, 0.1)),
    ((0.075, 0.02, 0.215), (0.035, 0.015, 0.04), EYES, (0.3, 0.35, 0.5)),
    ((-0.075, 0.02, 0.215), (0.035, 0.015, 0.04), EYES, (0.3, 0.35, 0.5)),
    ((0, -0.05, 0.25), (0.03, 0.05, 0.06), NOSE, (0.88, 0.66, 0.55)),
    ((0, -0.14, 0.20), (0.06, 0.02, 0.05), LIPS, (0.75, 0.35, 0.35)),
    ((0.20, -0.01, 0.0), (0.02, 0.06, 0.04), EARS, (0.85, 0.6, 0.5)),
    ((-0.20, -0.01, 0.0), (0.02, 0.06, 0.04), EARS, (0.85, 0.6, 0.5)),
    ((0, -0.30, -0.02), (0.10, 0.15, 0.11), NECK, (0.8, 0.6, 0.5)),
    ((0, -0.46, -0.02), (0.32, 0.15, 0.2), CLOTH, (0.2, 0.4, 0.7)),
)
META = {
    "gender": 0.1,
    "age": 0.5,
    "melanin": 0.2,
    "hair": "fur_curl",
    "hair_rgb": [0.26, 0.05, 0.013],
    "beard": 0.0,
    "beard_style": "none",
    "glasses": True,
    "dark_lenses": False,
    "expression": {"face/mouthSmileLeft": 0.6},
}


def write_doll(folder: Path, seed: int, size_px: int = 64, views: int = 21) -> Path:
    """Write the head of a seed as a data set keeps it; its folder."""
    head = folder / f"{seed:06d}"
    head.mkdir(parents=True)
    cameras = ViewRing().cameras(seed)[:views]
    poses = np.stack([camera.world_from_camera for camera in cameras]).astype(np.float32)
    rgb = np.full((views, size_px, size_px, 3), 255, np.uint8)
    label = np.zeros((views, size_px, size_px), np.uint8)
    depth = np.zeros((views, size_px, size_px), np.float16)
    for view, pose in enumerate(poses):
        rays = pixel_rays(size_px) @ pose[:3, :3].T
        nearest = np.full(len(rays), np.inf)
        for centre, sides, part, colour in PARTS:
            # the lifted hair must not cover the face
            start = (pose[:3, 3] - centre) / sides
            along = rays / np.array(sides)
            a, b, c = (along**2).sum(-1), (along * start).sum(-1), (start**2).sum(-1) - 1
            inside = b * b - a * c
            at = (-b - np.sqrt(np.maximum(inside, 0))) / a
            place = pose[:3, 3] + rays * at[:, None]
            hit = (inside > 0) & (at < nearest) & ((part != HAIR) | (place[:, 2] < 0.1) | (place[:, 1] > 0.14))
            normal = (place - centre) / np.square(sides)
            normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
            light = 0.55 + 0.45 * np.clip(normal @ np.array([0.3, 0.6, 0.74]), 0, 1)
            colours = np.array(colour) * light[:, None] * (1 + 0.06 * np.sin(place[:, :1] * 90))
            nearest = np.where(hit, at, nearest)
            rgb[view].reshape(-1, 3)[hit] = np.clip(colours[hit] * 255, 0, 255)
            label[view].reshape(-1)[hit] = part
        depth[view] = np.where(np.isfinite(nearest), nearest, 0).reshape(size_px, size_px)
    for name, values in (("rgb", rgb), ("label", label), ("depth", depth), ("cam2world", poses)):
        np.save(head / f"{name}.npy", values)
    (head / "meta.json").write_text(json.dumps(META | {"seed": seed}))
    return head
