"""What the bundled prior learns from, drawn by lot: pictures, what they were made from, depths and captions.

Some pictures are grids of four views, some captions name the style alone, and some guides are spoilt, as the pictures
of others are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.errors import VoltefaceError
from core.stylizers.drawing_networks import DrawingConfig
from core.stylizers.vocabulary import SLOTS
from core.training.captions import SAID, caption
from core.training.dataset import is_held_out
from core.training.prior_drawings import DrawnHead

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

PICTURES = ("drawn", "plain", "depth")


@dataclass(frozen=True)
class PriorRecipe:
    """All numbers of the training.

    Attributes:
        network: sizes.
        heads: that are drawn; every twentieth is held out.
        steps: length of the schedule.
        batch: pictures a step.
        rate: Adam's learning rate at the start.
        decay: of the weights, a step and unit of rate.
        keep: share of the averaged weights that a step keeps.
        noisy: exponent by which noisier timesteps are seen more often than others; 1 sees all alike.
        grids: share of the pictures that are four views.
        terse: share of the captions that name the style alone.
        wordless: share without a caption.
        unguided: share without the latents of the plain picture.
        flat: share without depth.
        spoilt: share whose guide is blurred, noisy and in other tones, as other pictures are.
        codec_steps: of the codec's fit.
        sketched: views that the first sketches are fitted to.
        finer_views: views that the finer ones are fitted to.
        finer_pixels: of each of those views and each style.
        seed: of every draw.
    """

    network: DrawingConfig = field(default_factory=DrawingConfig)
    heads: int = 50
    steps: int = 560
    batch: int = 6
    rate: float = 8e-4
    decay: float = 0.01
    keep: float = 0.99
    noisy: float = 0.6
    grids: float = 0.06
    terse: float = 0.6
    wordless: float = 0.1
    unguided: float = 0.05
    flat: float = 0.08
    spoilt: float = 0.25
    codec_steps: int = 400
    sketched: int = 190
    finer_views: int = 130
    finer_pixels: int = 1300
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures that the denoiser learns from.

    Attributes:
        drawn: float32 [B, 3, P, P], drawings.
        plain: float32 [B, 3, P, P], the pictures they were made from.
        depth: float32 [B, 1, P, P], 1 nearest.
        captions: B.
    """

    drawn: Tensor
    plain: Tensor
    depth: Tensor
    captions: tuple[str, ...]


class DrawnHeads:
    """The drawings of all heads that are not held out, in memory."""

    def __init__(self, folder: Path) -> None:
        files = [path for path in sorted(folder.glob("*.npz")) if not is_held_out(int(path.stem))]
        if not files:
            raise VoltefaceError(f"{folder} holds no drawings.", "Give `volteface train prior` a folder of its own.")
        self.heads = [DrawnHead.read(path) for path in files]

    def pictures(self, each: int) -> Tensor:
        """uint8 [N, 3, P, P]: some pictures of each head, and a grid."""
        random = np.random.default_rng(1)
        some: list[NDArray[np.uint8]] = []
        for head in self.heads:
            views, styles = head.pictures.shape[:2]
            some += [head.pictures[random.integers(views), random.integers(styles)] for _ in range(each)]
            if views == 4:
                some.append(grid_of_views(head.pictures[:, random.integers(styles)]))
        return torch.from_numpy(np.stack(some)).permute(0, 3, 1, 2).contiguous()

    def batch(self, recipe: PriorRecipe, random: np.random.Generator) -> Batch:
        """Draw a batch."""
        views = []
        captions = []
        for _ in range(recipe.batch):
            head = self.heads[random.integers(len(self.heads))]
            style = int(random.integers(len(head.styles)))
            views.append(self.view(head, (style,), recipe, random))
            terse = {slot: 0.0 for slot in SLOTS} if random.random() < recipe.terse else SAID
            captions.append(caption(head.meta, head.styles[style], random, terse))
        drawn, plain, depth = (torch.cat([getattr(view, what) for view in views]) for what in PICTURES)
        return Batch(drawn, plain, depth, tuple(captions))

    @staticmethod
    def view(head: DrawnHead, styles: Sequence[int], recipe: PriorRecipe, random: np.random.Generator) -> Batch:
        """A view, or a grid of four, of a head in some styles; without captions.

        It is never mirrored: sculptures are lit from one side.
        """
        count = len(styles)
        if len(head.pictures) == 4 and random.random() < recipe.grids:
            order = random.permutation(4)
            drawn = [grid_of_views(head.pictures[order, style]) for style in styles]
            plain, depth = grid_of_views(head.pictures[order, 0]), grid_of_views(head.depth[order])
        else:
            view = int(random.integers(len(head.pictures)))
            drawn = [head.pictures[view, style] for style in styles]
            plain, depth = head.pictures[view, 0], head.depth[view]
        if random.random() < recipe.spoilt:
            plain = _spoilt(plain, random)
        return Batch(pictures_tensor(drawn), pictures_tensor([plain] * count), pictures_tensor([depth] * count), ())


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
