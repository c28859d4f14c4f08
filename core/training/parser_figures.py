"""How well the parser knows the parts of heads that it was never trained on, on white and before photos."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.mask import PARTS
from core.progress import Progress, silent
from core.segmenters.parser import parse
from core.training.labelled_pictures import before_background, photographed
from core.training.parser import LabelledHeads
from core.training.picture_scenes import UNSEEN_SCENES, as_bytes, as_floats, photo_window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.progress import Report
    from core.segmenters import Segmenter


@dataclass(frozen=True)
class ParserFigures:
    """Intersection over union of each part, all pixels of all pictures counted together.

    Attributes:
        plain: part -> share, on renders as they are.
        photographic: part -> share, with photos behind them that no training picture had, and a camera's faults.
        heads: held-out heads.
        pictures: views of them, for each of the two.
    """

    plain: Mapping[str, float]
    photographic: Mapping[str, float]
    heads: int
    pictures: int

    @property
    def plain_mean(self) -> float:
        """Mean over the parts that the pictures show."""
        return float(np.mean(list(self.plain.values())))

    @property
    def photographic_mean(self) -> float:
        """The same before photos."""
        return float(np.mean(list(self.photographic.values())))

    def to_json(self) -> dict[str, Any]:
        """All figures, for a file."""
        return asdict(self) | {"plain_mean": self.plain_mean, "photographic_mean": self.photographic_mean}


def parser_figures(
    data: Sequence[Path],
    *,
    segmenter: Segmenter = parse,
    heads: int | None = None,
    views: int | None = None,
    seed: int = 0,
    report: Report = silent,
) -> ParserFigures:
    """Measures a segmenter on the held-out heads of some data sets.

    Args:
        data: folders that `volteface train data` made.
        segmenter: from a picture to labels.
        heads: at most so many heads, spread over the data; all without it.
        views: so many random views of each; all without it.
        seed: of views and backgrounds.
        report: called after each head.

    Raises:
        VoltefaceError: the data hold no held-out head.
    """
    unseen = LabelledHeads(data, held_out=True)
    chosen = np.unique(np.linspace(0, len(unseen) - 1, min(heads or len(unseen), len(unseen))).round().astype(int))
    counts = np.zeros((2, len(PARTS), len(PARTS)), np.int64)
    pictures = 0
    for done, head in enumerate(chosen, 1):
        rng = np.random.default_rng([seed, int(head)])
        every = unseen.views_of(int(head))
        for view in rng.choice(every, min(views or every, every), replace=False):
            labelled = unseen.view(int(head), int(view))
            counts[0] += confusion(segmenter(labelled.rgb), labelled.labels)
            changed = before_photo(labelled.rgb, labelled.labels, rng)
            counts[1] += confusion(segmenter(changed), labelled.labels)
            pictures += 1
        report(Progress(done, len(chosen), "Measuring the parser", {"mean": _mean(shares(counts[0]))}))
    return ParserFigures(shares(counts[0]), shares(counts[1]), len(chosen), pictures)


def _mean(figures: Mapping[str, float]) -> float:
    return float(np.mean(list(figures.values())))


def before_photo(rgb: NDArray[np.uint8], labels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A render [S,S,3] before a photo that no training picture had, taken by a camera."""
    behind = photo_window(rng, rgb.shape[0], UNSEEN_SCENES)
    picture = before_background(as_floats(rgb), labels > 0, behind)
    return as_bytes(photographed(picture, rng))


def confusion(found: NDArray[np.uint8], truth: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Pixels by true part (row) and found part (column), int64 [12,12]."""
    pairs = truth.astype(np.int64).ravel() * len(PARTS) + found.ravel()
    return np.bincount(pairs, minlength=len(PARTS) ** 2).reshape(len(PARTS), len(PARTS))


def shares(counts: NDArray[np.int64]) -> dict[str, float]:
    """Intersection over union of each part that occurs."""
    both = np.diag(counts)
    either = counts.sum(0) + counts.sum(1) - both
    return {part: float(both[i] / either[i]) for i, part in enumerate(PARTS) if counts[i].sum() > 0}
