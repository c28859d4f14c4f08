"""First stage of `train prior`: drawings of the data sets' heads, kept on disk, a file for each head.

A head is drawn from a few directions, in all of them in the same few styles, so that four views of one head in one
style make a grid. OUT/SEED.npz holds pictures uint8 [V, N, P, P, 3] (the first of the N is the render itself), depth
uint8 [V, P, P] (255 nearest, 0 the background, as `core.stylizers.view_grid.nearness`), the styles' names and the
head's `meta.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from core.drawing.styles import STYLES, drawing
from core.drawing.subject import Subject, landmarks_of_head
from core.progress import Progress
from core.stylizers.view_grid import FARTHEST
from core.training.dataset import HeadViews, finished_heads
from core.whole_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.progress import Report

SIDE_PX = 128
FRONT = (0, 1, 2, 3, 4, 5, 13, 17)
"""Views of the training ring in which a face is seen."""
SIDES = (6, 7, 8, 9, 14, 15, 18)
BACKS = (10, 11, 12, 16, 19, 20)


@dataclass(frozen=True, eq=False)
class DrawnHead:
    """What a file of drawings holds.

    Attributes:
        pictures: uint8 [V, N, P, P, 3].
        depth: uint8 [V, P, P].
        styles: N names.
        meta: of the head.
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


def drawn_head(folder: Path, styles_each: int, views_each: int) -> DrawnHead:
    """A head of a data set, from some directions in some styles; which ones follows from its seed."""
    views = HeadViews(folder)
    random = np.random.default_rng([views.seed, 7])
    names = ("photo", *(str(name) for name in random.permutation(list(STYLES))[:styles_each]))
    fronts = [int(v) for v in random.permutation(FRONT)[: max(1, views_each - 2)]]
    chosen = [*fronts, int(random.choice(SIDES)), int(random.choice(BACKS))][:views_each]
    marks = landmarks_of_head(views)
    pictures = np.zeros((len(chosen), len(names), SIDE_PX, SIDE_PX, 3), np.uint8)
    depth = np.zeros((len(chosen), SIDE_PX, SIDE_PX), np.uint8)
    for i, view in enumerate(chosen):
        subject = Subject.of_view(views, view, marks)
        for j, name in enumerate(names):
            drawn = cv2.resize(drawing(subject, name, views.seed), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
            pictures[i, j] = np.clip(drawn * 255 + 0.5, 0, 255)
        near = nearness_picture(np.asarray(views.depth[view], np.float32))
        depth[i] = cv2.resize(near, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) * 255 + 0.5
    return DrawnHead(pictures, depth, names, json.loads((folder / "meta.json").read_text(encoding="utf-8")))


def draw_heads(
    data: tuple[Path, ...], out: Path, report: Report, styles_each: int = 5, views_each: int = 4
) -> list[Path]:
    """Draw what is not drawn yet, in an order that mixes the data sets.

    Returns:
        The files of all heads, held-out ones too, by seed.
    """
    out.mkdir(parents=True, exist_ok=True)
    folders = {seed: folder for one in data for seed, folder in finished_heads(one).items()}
    seeds = np.random.default_rng(0).permutation(sorted(folders))
    for number, seed in enumerate(int(s) for s in seeds):
        file = out / f"{seed:06d}.npz"
        if not file.exists():
            drawn_head(folders[seed], styles_each, views_each).write(file)
        report(Progress(number + 1, len(seeds), "Drawing heads"))
    return sorted(out.glob("*.npz"))
