"""The rendered heads of one or several data sets, as the generator learns from them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.errors import VoltefaceError
from core.training.dataset import HeadViews, finished_heads, is_held_out
from core.training.synthetic.attributes import attributes_of_head


@dataclass(frozen=True, eq=False)
class TrainingHeads:
    """The data set in memory: views (mapped from disk) and attributes of every head, in order of seed."""

    views: tuple[HeadViews, ...]
    attributes: Tensor
    names: tuple[str, ...]

    @classmethod
    def of(cls, *data: Path) -> "TrainingHeads":
        """Read data sets, whose seeds must differ.

        Raises:
            VoltefaceError: there are too few heads to train on.
        """
        folders = {seed: head for folder in data for seed, head in finished_heads(folder).items()}
        if len(folders) < 2:
            raise VoltefaceError(
                f"{', '.join(map(str, data))} holds {len(folders)} synthetic heads.",
                "Render some with `volteface train data` first.",
            )
        described = [attributes_of_head(path) for path in folders.values()]
        attributes = torch.tensor(np.stack([list(d.values()) for d in described]), dtype=torch.float32)
        return cls(tuple(HeadViews(p) for p in folders.values()), attributes, tuple(described[0]))

    def larger(self, folder: Path) -> dict[int, HeadViews]:
        """Views of some of these heads at another size, by the head's number; held-out heads are left out."""
        folders = finished_heads(folder)
        return {n: HeadViews(folders[self.views[n].seed]) for n in self.trained if self.views[n].seed in folders}

    @property
    def trained(self) -> list[int]:
        """Numbers of the heads that are not held out."""
        return [number for number, views in enumerate(self.views) if not is_held_out(views.seed)]
