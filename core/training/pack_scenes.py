"""Views of the bundled generator's own heads, kept on disk: what `train pack` draws and what a style has to learn from.

Drawings of the generator's own pictures fit what it composites pixel for pixel; those of the renders that it was
trained on would not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.camera import Camera
from core.drawing.landmark_search import landmarks_of_view
from core.drawing.landmarks import NOWHERE
from core.drawing.subject import Subject
from core.progress import Progress
from core.rendering.finished_frame import as_rgb
from core.rendering.near import march_near
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.rays import camera_rays
from core.rendering.relief import relief
from core.rendering.subject_view import enlarged
from core.resizing import sized
from core.whole_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.drawing.landmarks import Landmarks
    from core.generators.mini import Mini
    from core.progress import Report

DRAWN_PX = 256
"""Side of the pictures that are drawn: the styles' strokes are made for it."""
FACE, SIDE, BACK = (5.0, 45.0), (35.0, 110.0), (110.0, 250.0)
"""Yaws in degrees between which a head's views are drawn evenly, on either side."""
PITCH = 18.0
TRUNCATION = 0.8


@dataclass(frozen=True, eq=False)
class Scene:
    """One view of a head.

    Attributes:
        features: float16 [F, h, w], composited.
        alpha: float16 [h, w].
        relief: float16 [h, w, K], see `core.rendering.relief`.
        rgb: uint8 [S, S, 3], the generator's picture of it, S = `DRAWN_PX`.
        labels: uint8 [S, S].
        depth: float32 [S, S] along the camera's z, 0 on the background.
        world_from_camera: float32 [4, 4].
        head: number of the head.
    """

    features: NDArray[np.float16]
    alpha: NDArray[np.float16]
    relief: NDArray[np.float16]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    depth: NDArray[np.float32]
    world_from_camera: NDArray[np.float32]
    head: int

    @staticmethod
    def read(path: Path) -> Scene:
        """Read a file that `write` made."""
        with np.load(path, allow_pickle=False) as stored:
            values = {name: stored[name] for name in stored.files}
        return Scene(**(values | {"head": int(values["head"])}))

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with written_whole(path) as stream:
            arrays: dict[str, Any] = {name: np.asarray(value) for name, value in vars(self).items()}
            np.savez(stream, **arrays)


def landmarks_of_scene(front: Scene) -> Landmarks:
    """Where eyes, mouth, nose and ears are, by the labels of a head's frontal view."""
    return landmarks_of_view(subject_of_scene(front, NOWHERE))


def subject_of_scene(scene: Scene, landmarks: Landmarks) -> Subject:
    """What a style draws."""
    rgb = np.asarray(scene.rgb / np.float32(255), np.float32)
    return Subject(rgb, scene.labels, scene.depth, scene.world_from_camera, landmarks)


def render_scenes(generator: Mini, out: Path, heads: int, report: Report, seed: int = 0) -> list[list[Path]]:
    """Files of views of heads, a list for each head, its frontal view first; those that are there are kept.

    Half of the heads are random ones, half are those of the training set, which are more varied.
    """
    out.mkdir(parents=True, exist_ok=True)
    random = torch.Generator().manual_seed(seed)
    noise = torch.randn(heads, generator.info.noise_size, generator=random)
    latents = generator.latents(noise, TRUNCATION)
    rows = torch.randperm(len(generator.bank), generator=random)[:heads]
    found = []
    for head in range(heads):
        own = latents[head] if head % 2 else generator.bank[rows[head]].expand_as(latents[head]).contiguous()
        cameras = _cameras(np.random.default_rng([seed, head]))
        files = [out / f"{head:04d}-{view}.npz" for view in range(len(cameras))]
        if not all(file.exists() for file in files):
            _render(generator, own, cameras, files, head)
        found.append(files)
        report(Progress(head + 1, heads, "Rendering heads"))
    return found


def _cameras(random: np.random.Generator) -> list[Camera]:
    def drawn(low: float, high: float) -> Camera:
        yaw = random.uniform(low, high) * random.choice([-1, 1])
        return Camera.orbit(math.radians(yaw), math.radians(random.uniform(-PITCH, PITCH)))

    return [Camera.orbit(), drawn(*FACE), drawn(*SIDE), drawn(*BACK)]


def _render(generator: Mini, latents: torch.Tensor, cameras: list[Camera], files: list[Path], head: int) -> None:
    with torch.no_grad():
        field = generator.trigrid(latents)
        grid = field_grid(generator, field, part_labels)
        for camera, file in zip(cameras, files, strict=True):
            seen = march_near(generator, field, camera, generator.info.neural_px, grid)
            picture = generator.picture(seen.features, seen.alpha, latents[None])
            large = sized(torch.cat([seen.features, seen.alpha], 1), DRAWN_PX)[0].movedim(0, -1)
            labels = part_labels(generator, large[..., :-1])
            assert labels is not None, "this generator decodes labels"
            there = large[..., -1] > 0.5
            along = camera_rays(camera, seen.depth.shape[-1])[2].view_as(seen.depth[0, 0])
            depth = enlarged((seen.depth[0, 0] * along).numpy(), seen.alpha[0, 0].numpy(), DRAWN_PX)
            Scene(
                features=seen.features[0].half().numpy(),
                alpha=seen.alpha[0, 0].half().numpy(),
                relief=relief(seen.depth[0, 0].numpy(), seen.alpha[0, 0].numpy(), camera).astype(np.float16),
                rgb=as_rgb(sized(picture, DRAWN_PX)[0]),
                labels=np.where(there.numpy(), labels.numpy(), 0).astype(np.uint8),
                depth=np.where(there.numpy(), depth, 0).astype(np.float32),
                world_from_camera=camera.world_from_camera.astype(np.float32),
                head=head,
            ).write(file)
