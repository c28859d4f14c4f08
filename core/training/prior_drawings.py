"""First stage of `train prior`: the bundled generator's random heads, drawn by all artists, a file for each head.

Two of three heads are shown as the studio shows them, with strands, fine detail and glasses; the others are what the
generator itself draws, for those are the pictures that a style is taught on. OUT/NUMBER.npz holds pictures uint8
[V, N, P, P, 3] (the first of the N is the head without a style), depth uint8 [V, P, P] (255 nearest, 0 the background,
as `core.stylizers.view_grid.nearness`), the styles' names and what captions tell of the head.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from core.camera import Camera
from core.drawing.styles import STYLES
from core.edit import Restyle
from core.editors.random_head import attributes_of, random_head
from core.head import Head
from core.progress import Progress
from core.rendering.renderer import HeadRenderer
from core.stylizers.drawn_packs import drawn_pack
from core.stylizers.view_grid import FARTHEST
from core.training.captions import meta_of_attributes
from core.whole_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.progress import Report
    from core.protocols import Generator

SIDE_PX, DRAWN_PX = 128, 256
"""Sides of the pictures that are kept, and of those that are drawn: artists' lines are made for the second."""
FIRST_SEED = 30_000
"""Of the heads; no others are drawn from these numbers."""
YAWS_DEGREES = ((0.0, 30.0), (10.0, 60.0), (40.0, 110.0))
"""Between which a head's first views lie, on either side."""
FRONT, BACK, FROM_BEHIND = (0.0, 45.0), (110.0, 250.0), 0.4
"""Where the last view lies, and how often it is from behind."""
PITCH_DEGREES = 20.0
TRUNCATION = 0.8


@dataclass(frozen=True, eq=False)
class DrawnHead:
    """What a file of drawings holds.

    Attributes:
        pictures: uint8 [V, N, P, P, 3].
        depth: uint8 [V, P, P].
        styles: N names, "photo" first.
        meta: of the head, as `core.training.captions` takes it.
    """

    pictures: NDArray[np.uint8]
    depth: NDArray[np.uint8]
    styles: tuple[str, ...]
    meta: dict[str, Any]

    @staticmethod
    def read(path: Path) -> DrawnHead:
        """Read a file that `draw_heads` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            return DrawnHead(stored["pictures"], stored["depth"], tuple(about["styles"]), about["meta"])

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        about = json.dumps({"styles": self.styles, "meta": self.meta})
        with written_whole(path) as stream:
            np.savez(stream, pictures=self.pictures, depth=self.depth, about=np.array(about))


def nearness_picture(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Depth [S, S] (0 on the background) as 1 nearest .. 0 background, float32."""
    there = depth > 0
    if not there.any():
        return np.zeros_like(depth)
    filled = np.where(there, np.minimum(depth, FARTHEST), np.float32(FARTHEST))
    low, high = filled.min(), filled.max()
    return np.asarray(1 - (filled - low) / max(float(high - low), 1e-6), np.float32)


def drawn_head(generator: Generator, number: int) -> DrawnHead:
    """The random head of a number from four sides in all styles."""
    seed = FIRST_SEED + number
    bare = number % 3 == 0
    head = _bare_head(generator, seed) if bare else random_head(generator, seed, truncation=TRUNCATION)
    told = attributes_of(generator, seed, TRUNCATION)
    return drawn_views(generator, head, _cameras(np.random.default_rng(seed)), meta_of_attributes(told))


def drawn_views(generator: Generator, head: Head, cameras: list[Camera], meta: dict[str, Any]) -> DrawnHead:
    """A head from some sides in all styles, as the studio draws them."""
    styles = [(), *((Restyle(key=style, pack=drawn_pack(style, generator.info.name)),) for style in STYLES)]
    pictures = np.zeros((len(cameras), len(styles), SIDE_PX, SIDE_PX, 3), np.uint8)
    depth = np.zeros((len(cameras), SIDE_PX, SIDE_PX), np.uint8)
    renderer = HeadRenderer(generator, head)
    for view, camera in enumerate(cameras):
        for number, frame in enumerate(renderer.in_styles(camera, styles, size_px=DRAWN_PX)):
            pictures[view, number] = _small(frame.rgb)
            if number == 0:
                depth[view] = _small(nearness_picture(np.asarray(frame.depth, np.float32))) * 255 + 0.5
    return DrawnHead(pictures, depth, ("photo", *STYLES), meta)


def draw_heads(generator: Generator, out: Path, heads: int, report: Report) -> list[Path]:
    """Draw what is not drawn yet; the files of all heads, held-out ones too."""
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"{number:06d}.npz" for number in range(heads)]
    for number, file in enumerate(files):
        if not file.exists():
            drawn_head(generator, number).write(file)
        report(Progress(number + 1, heads, "Drawing heads"))
    return files


def _bare_head(generator: Generator, seed: int) -> Head:
    """A head as the generator draws it, nothing finished by hand."""
    noise = torch.randn(1, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        latents = generator.latents(noise, TRUNCATION)[0]
        field = generator.trigrid(latents)
    return Head(generator=generator.info.name, latents=latents, camera=Camera.orbit(), trigrid=field, seed=seed)


def _cameras(random: np.random.Generator) -> list[Camera]:
    last = BACK if random.random() < FROM_BEHIND else FRONT
    yaws = [random.uniform(*limits) * random.choice([-1, 1]) for limits in (*YAWS_DEGREES, last)]
    pitches = random.uniform(-PITCH_DEGREES, PITCH_DEGREES, len(yaws))
    return [Camera.orbit(math.radians(yaw), math.radians(pitch)) for yaw, pitch in zip(yaws, pitches, strict=True)]


def _small(picture: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))
