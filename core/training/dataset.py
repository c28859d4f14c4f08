"""Rendered synthetic heads on disk, and the supervision that a generator draws from them.

A data set is a folder of heads, each a folder named by its seed with `rgb.npy` uint8 [V, S, S, 3], `label.npy` uint8
[V, S, S], `depth.npy` float16 [V, S, S] (along the camera's z axis, world units, 0 on the background),
`cam2world.npy` float32 [V, 4, 4] (OpenCV axes) and `meta.json`; written by `core.training.synthetic`.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.camera import HEAD_FOCAL
from core.errors import VoltefaceError
from core.mask import PARTS

HELD_OUT_EVERY = 20  # of twenty consecutive seeds the last is never trained on
DETAILS = np.isin(
    np.arange(len(PARTS)), [PARTS.index(p) for p in ("eyes", "brows", "lips", "nose", "glasses", "mouth")]
)
SHEET_DEPTH = 0.012  # world units (7 mm) behind the visible surface that are solid in any part
BULK_DEPTH = 0.03  # the same in parts that are never thin
BULK = np.isin(np.arange(len(PARTS)), [PARTS.index(p) for p in ("skin", "brows", "lips", "neck", "cloth")])


def is_held_out(seed: int) -> bool:
    """Whether a seed is kept for evaluation."""
    return seed % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def pixel_rays(size_px: int) -> NDArray[np.float32]:
    """Directions [size*size, 3] in camera axes, z = 1, of the pixel centres of the data set's camera."""
    at = (np.arange(size_px) + 0.5) / size_px
    v, u = np.meshgrid(at, at, indexing="ij")
    rays = np.stack([(u - 0.5) / HEAD_FOCAL, (v - 0.5) / HEAD_FOCAL, np.ones_like(u)], -1)
    return rays.reshape(-1, 3).astype(np.float32)


@dataclass(frozen=True, eq=False)
class FieldPoints:
    """Supervised points of some views, the solid ones first.

    Attributes:
        points: float32 [P, 3], world coordinates.
        colours: float32 [S, 3], 0..1, of the first S points; the others are empty space.
        labels: int64 [S].
    """

    points: NDArray[np.float32]
    colours: NDArray[np.float32]
    labels: NDArray[np.int64]


class HeadViews:
    """The views of one head, mapped from disk.

    Raises:
        VoltefaceError: the folder holds no finished head.
    """

    def __init__(self, folder: Path) -> None:
        self.seed = int(folder.name)
        try:
            self.rgb = np.load(folder / "rgb.npy", mmap_mode="r")
            self.label = np.load(folder / "label.npy", mmap_mode="r")
            self.depth = np.load(folder / "depth.npy", mmap_mode="r")
            self.world_from_camera = np.load(folder / "cam2world.npy")
        except (OSError, ValueError) as error:
            raise VoltefaceError(
                f"{folder} holds no finished synthetic head.", "Render it again with `volteface train data`."
            ) from error

    def __len__(self) -> int:
        """Number of views."""
        return len(self.rgb)

    def field_points(self, view: int, count: int, rays: NDArray[np.float32], rng: np.random.Generator) -> FieldPoints:
        """Points on, in front of and around the surface that one view sees.

        45 % lie on the surface or just behind it, a fifth of the count on facial details; 35 % in front of it, mostly
        close; the rest along background rays. Pixels at a silhouette give no colour: the background is mixed in.

        Args:
            view: index of the view.
            count: P.
            rays: `pixel_rays` of the pictures' size.
            rng: source of randomness.
        """
        label = np.ascontiguousarray(self.label[view])
        inner = cv2.erode((label > 0).astype(np.uint8), np.ones((3, 3), np.uint8)).ravel() > 0
        label = label.ravel()
        depth = self.depth[view].ravel().astype(np.float32)
        solid, empty, core = np.flatnonzero(label), np.flatnonzero(label == 0), np.flatnonzero(inner)
        details = core[DETAILS[label[core]]]

        def some(pixels: NDArray[np.intp], number: int) -> NDArray[np.intp]:
            return pixels[rng.integers(0, len(pixels), number)]

        detailed = count // 5 if len(details) > 60 else 0
        on = np.concatenate([some(core, count * 9 // 20 - detailed), some(details, detailed) if detailed else core[:0]])
        front = some(solid, count * 7 // 20)
        back = some(empty, count - len(on) - len(front))
        behind = np.where(BULK[label[on]], BULK_DEPTH, SHEET_DEPTH) * rng.random(len(on)) ** 1.5
        near = rng.random(len(front)) < 0.65
        before = np.where(near, rng.random(len(front)) ** 1.5 * 0.06 + 0.003, rng.random(len(front)) * 0.9)
        distance = np.concatenate([depth[on] + behind, depth[front] - before, 2.2 + rng.random(len(back))])
        pose = self.world_from_camera[view]
        points = pose[:3, 3] + (rays[np.concatenate([on, front, back])] @ pose[:3, :3].T) * distance[:, None]
        colours = self.rgb[view].reshape(-1, 3)[on].astype(np.float32) / 255
        return FieldPoints(points.astype(np.float32), colours, label[on].astype(np.int64))


def finished_heads(folder: Path) -> dict[int, Path]:
    """Seed -> folder of every finished head of a data set, in order of seed."""
    return {int(path.parent.name): path.parent for path in sorted(folder.glob("*/meta.json"))}
