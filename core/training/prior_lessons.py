"""What the denoiser learns from, made once: views of drawn heads as latents, with the sketches that it begins with.

Making a sketch takes as long as learning from it; so each view is sketched in all of its styles once and kept in half
precision, OUT/lessons/NUMBER.safetensors for each head. Some guides are spoilt, and some heads have a grid of their
four views, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from core.progress import Progress
from core.stylizers.vocabulary import SLOTS, STYLES
from core.training.captions import SAID, caption
from core.training.prior_batches import GRID, numbers_of, shown_view

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.progress import Report
    from core.stylizers.drawing_networks import DrawingDenoiser
    from core.training.prior_batches import DrawnHeads, PriorRecipe
    from core.training.prior_drawings import DrawnHead


@dataclass(frozen=True, eq=False)
class Lesson:
    """Views that the denoiser learns from, in N styles.

    Attributes:
        drawn: [V, N, C, h, w], latents of the drawings.
        sketches: of the same shape.
        conditions: [V, C + 6, h, w], see `DrawingDenoiser.conditions`.
    """

    drawn: Tensor
    sketches: Tensor
    conditions: Tensor


class Lessons:
    """All lessons of a run, in memory.

    Attributes:
        all: in half precision, one of each head.
    """

    def __init__(
        self, folder: Path, heads: DrawnHeads, denoiser: DrawingDenoiser, recipe: PriorRecipe, report: Report
    ) -> None:
        """Read them, and make what is not there yet.

        Args:
            folder: of their files; they are good for as long as codec and sketches stay.
            heads: that are drawn.
            denoiser: whose codec and sketches are fitted.
            recipe: numbers.
            report: told of every head; may raise `Cancelled`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._heads = heads.heads
        self.all: list[Lesson] = []
        for done, (number, head) in enumerate(zip(heads.numbers, heads.heads, strict=True)):
            file = folder / f"{number:06d}.safetensors"
            if not file.exists():
                _write(_lesson(head, denoiser, recipe, np.random.default_rng([recipe.seed, number])), file)
            self.all.append(Lesson(**load_file(file)))
            report(Progress(done + 1, len(self._heads), "Sketching what is to be drawn"))

    def batch(self, recipe: PriorRecipe, random: np.random.Generator) -> tuple[Lesson, list[str]]:
        """Draw views by lot, in full precision and somewhat shifted, and a caption for each, of a style by lot."""
        lessons, captions = [], []
        for _ in range(recipe.batch):
            number = random.integers(len(self._heads))
            head, lesson = self._heads[number], self.all[number]
            style, view = random.integers(len(head.styles)), random.integers(len(lesson.drawn))
            terse = {slot: 0.0 for slot in SLOTS} if random.random() < recipe.terse else SAID
            captions.append(caption(head.meta, head.styles[style], random, terse))
            rows, columns = (_shifted(side, recipe.shift, random) for side in lesson.drawn.shape[-2:])
            lessons.append([part[view][..., rows[:, None], columns] for part in vars(lesson).values()])
        return Lesson(*(torch.stack(parts).float() for parts in zip(*lessons, strict=True))), captions


def _shifted(side: int, most: int, random: np.random.Generator) -> Tensor:
    """Where each of the places of a side is taken from; what comes in is what was at the rim."""
    return (torch.arange(side) + int(random.integers(-most, most + 1))).clamp(0, side - 1)


@torch.no_grad()
def _lesson(head: DrawnHead, denoiser: DrawingDenoiser, recipe: PriorRecipe, random: np.random.Generator) -> Lesson:
    """The views of a head, and often their grid."""
    styles = torch.eye(len(STYLES))[numbers_of(head)]
    views: list[int | None] = list(range(len(head.pictures)))
    if len(views) == GRID and random.random() < recipe.grids:
        views.append(None)
    drawn, sketches, conditions = [], [], []
    for which in views:
        view = shown_view(head, which, recipe.spoilt, random)
        guide = denoiser.codec.encoded(view.plain[:1])
        conditions.append(denoiser.conditions(guide, view.depth[:1], guide))
        drawn.append(denoiser.codec.encoded(view.drawn))
        sketches.append(denoiser.sketched(conditions[-1], styles))
    return Lesson(torch.stack(drawn).half(), torch.stack(sketches).half(), torch.cat(conditions).half())


def _write(lesson: Lesson, file: Path) -> None:
    partial = file.with_name(file.name + ".partial")
    save_file({name: part.contiguous() for name, part in vars(lesson).items()}, partial)
    partial.replace(file)
