"""What the bundled prior learns from: drawn heads, what their views show, and the numbers of the training.

Some views are grids of all four, and some guides are spoilt, as the pictures of others are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.errors import VoltefaceError
from core.stylizers.drawing_networks import DrawingConfig
from core.stylizers.vocabulary import NUMBERS
from core.training.dataset import is_held_out
from core.training.prior_drawings import DrawnHead

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

GRID = 4
"""Views that make a grid."""


@dataclass(frozen=True)
class PriorRecipe:
    """All numbers of the training.

    Attributes:
        network: sizes.
        heads: that are drawn; every twentieth is held out.
        steps: length of the schedule.
        batch: pictures a step.
        rate: Adam's learning rate at the start.
        solved: steps after which the last layer is found anew.
        rise: steps until it is reached.
        decay: of the weights, a step and unit of rate.
        keep: share of the averaged weights that a step keeps.
        near: share of the views that hold any noise; the others are nearly nothing but noise, and all of their styles
            are learned at once. What is drawn is decided there.
        plain: how much less than a style's drawing a head without a style counts.
        shift: latent pixels by which views are shifted at most.
        grids: share of the heads whose four views are one picture, too.
        terse: share of the captions that name the style alone.
        spoilt: share whose guide is blurred, noisy and in other tones, as other pictures are.
        codec_steps: of the codec's fit.
        sketched: views that the first sketches are fitted to.
        finer_views: views that the finer ones are fitted to.
        finer_pixels: of each of those views and each style.
        seed: of every draw.
    """

    network: DrawingConfig = field(default_factory=DrawingConfig)
    heads: int = 67
    steps: int = 1400
    batch: int = 4
    rate: float = 1e-3
    solved: int = 200
    rise: int = 30
    decay: float = 0.01
    keep: float = 0.995
    near: float = 0.2
    plain: float = 0.3
    shift: int = 2
    grids: float = 0.25
    terse: float = 0.6
    spoilt: float = 0.25
    codec_steps: int = 400
    sketched: int = 190
    finer_views: int = 100
    finer_pixels: int = 1300
    seed: int = 0


@dataclass(frozen=True, eq=False)
class ShownView:
    """A view, or a grid of four, of a head in all styles that it is drawn in.

    Attributes:
        drawn: float32 [N, 3, P, P], drawings.
        plain: float32 [1, 3, P, P], the picture that they were made from.
        depth: float32 [1, 1, P, P], 1 nearest.
    """

    drawn: Tensor
    plain: Tensor
    depth: Tensor


class DrawnHeads:
    """The drawings of all heads that are not held out, in memory."""

    def __init__(self, folder: Path) -> None:
        files = [path for path in sorted(folder.glob("*.npz")) if not is_held_out(int(path.stem))]
        if not files:
            raise VoltefaceError(f"{folder} holds no drawings.", "Give `volteface train prior` a folder of its own.")
        self.heads = [DrawnHead.read(path) for path in files]
        if any(head.styles != self.heads[0].styles for head in self.heads):
            raise VoltefaceError(f"The heads in {folder} are not drawn in the same styles.", "Remove the older ones.")
        self.numbers = [int(path.stem) for path in files]

    def pictures(self, each: int) -> Tensor:
        """uint8 [N, 3, P, P]: some pictures of each head, and a grid."""
        random = np.random.default_rng(1)
        some: list[NDArray[np.uint8]] = []
        for head in self.heads:
            views, styles = head.pictures.shape[:2]
            some += [head.pictures[random.integers(views), random.integers(styles)] for _ in range(each)]
            if views == GRID:
                some.append(grid_of_views(head.pictures[:, random.integers(styles)]))
        return torch.from_numpy(np.stack(some)).permute(0, 3, 1, 2).contiguous()

    def drawn_by_lot(self, grids: float, spoilt: float, random: np.random.Generator) -> tuple[DrawnHead, ShownView]:
        """A head and a view of it; such shares of them are grids and have spoilt guides."""
        head = self.heads[random.integers(len(self.heads))]
        whole = len(head.pictures) == GRID and random.random() < grids
        return head, shown_view(head, None if whole else int(random.integers(len(head.pictures))), spoilt, random)


def shown_view(head: DrawnHead, which: int | None, spoilt: float, random: np.random.Generator) -> ShownView:
    """A view of a head by its number, or all four in some order.

    It is never mirrored: sculptures are lit from one side.

    Args:
        head: that is drawn.
        which: view; None is a grid.
        spoilt: how likely its guide is blurred, noisy and in other tones.
        random: draws all that.
    """
    if which is None:
        order = random.permutation(GRID)
        drawn = [grid_of_views(head.pictures[order, style]) for style in range(len(head.styles))]
        plain, depth = drawn[0], grid_of_views(head.depth[order])
    else:
        drawn, depth = list(head.pictures[which]), head.depth[which]
        plain = drawn[0]
    if random.random() < spoilt:
        plain = _spoilt(plain, random)
    return ShownView(pictures_tensor(drawn), pictures_tensor([plain]), pictures_tensor([depth]))


def numbers_of(head: DrawnHead) -> list[int]:
    """Numbers of the styles that a head is drawn in."""
    return [NUMBERS[name] for name in head.styles]


def grid_of_views(views: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Four pictures [4, P, P, ...] as one of the same side, each half as large."""
    halves = views.reshape(4, views.shape[1] // 2, 2, views.shape[2] // 2, 2, *views.shape[3:])
    first, second, third, fourth = halves.mean((2, 4), dtype=np.float32)
    rows = [np.concatenate([first, second], 1), np.concatenate([third, fourth], 1)]
    return np.asarray(np.concatenate(rows, 0) + 0.5, np.uint8)


def _spoilt(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A picture as others might show it: softer, lighter or darker, noisy."""
    soft = cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), float(random.uniform(0.3, 0.9))).astype(np.float32)
    soft = 255 - (255 - soft) * np.exp(random.normal(0, 0.06, 3)).astype(np.float32)
    soft += random.standard_normal(soft.shape, np.float32) * np.float32(random.uniform(0, 3))
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


def pictures_tensor(pictures: list[NDArray[np.uint8]]) -> Tensor:
    """Pictures [P, P, 3] or depths [P, P] as float32 [B, 3 or 1, P, P], 0..1."""
    stacked = torch.from_numpy(np.ascontiguousarray(np.stack(pictures))).float() / 255
    return stacked[:, None] if stacked.dim() == 3 else stacked.permute(0, 3, 1, 2)
