"""Fourth stage of `train prior`: what first sketches lack at each pixel, in closed form, from the artists' drawings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.progress import Progress
from core.stylizers.finer_sketch import LINEAR, FinerSketch, tone_of
from core.stylizers.first_sketch import drawn_on
from core.stylizers.vocabulary import STYLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from core.progress import Report
    from core.stylizers.drawing_networks import DrawingDenoiser

PHOTO = next(number for number, style in enumerate(STYLES) if style.name == "photo")
RIDGE = 3e-5
"""Of the mean square of a feature."""
SHARE, SHARP, SWING, SHIFT = 0.045, 3.0, 1.6, 0.8
"""Half of the random features look at this share of what is known of a pixel and so sharply, the others at all; and how
far their thresholds lie apart."""
SCALED_BY = 6
"""Views that tell how much each number of a description varies."""
LEAST_SEEN = 8
"""Views that a pixel of the paper must at least have been drawn on to count half."""


@dataclass(frozen=True, eq=False)
class FinerView:
    """A view, its first sketches and its drawings.

    Attributes:
        guide: float32 [1, 3, P, P].
        depth: float32 [1, 1, P, P].
        there: bool [P, P], where there is a head or what may stand out from it.
        styles: int64 [K], numbers of styles.
        sketches: float32 [K, 3, P, P].
        drawn: float32 [K, 3, P, P].
    """

    guide: Tensor
    depth: Tensor
    there: Tensor
    styles: Tensor
    sketches: Tensor
    drawn: Tensor


def finer_view(denoiser: DrawingDenoiser, conditions: Tensor, styles: Tensor, drawn: Tensor) -> FinerView:
    """A view by its conditions [1, C + D + 2, h, w] and its drawings [K, 3, P, P] in some styles [K]."""
    guide, depth = denoiser.guide_and_depth(conditions)
    shares = torch.eye(len(STYLES))[styles]
    sketches = denoiser.pictures_of(denoiser.sketch.drawn(conditions, shares, denoiser.white))
    there = F.interpolate(drawn_on(conditions, denoiser.white), size=guide.shape[-2:])[0, 0] > 0
    return FinerView(guide, depth, there, styles, sketches, drawn)


def fit_finer(finer: FinerSketch, shown: Callable[[int], FinerView], views: int, pixels: int, report: Report) -> None:
    """Fill a blank one.

    Args:
        finer: is changed.
        shown: answers the view of a number, the same whenever it is asked.
        views: to look at.
        pixels: of each view and style.
        report: told of every view.
    """
    random = torch.Generator().manual_seed(0)
    _fit_papers(finer, shown, views, report)
    _draw_features(finer, [shown(number) for number in range(min(views, SCALED_BY))], random)
    count = finer.rows.shape[1]
    products, wanted = torch.zeros(len(STYLES), count, count), torch.zeros(len(STYLES), count, 3)
    for number in range(views):
        view = shown(number)
        seen, places = finer.seen(view.guide, view.depth), view.there.flatten().nonzero()[:, 0]
        for style, sketch, drawn in zip(view.styles.tolist(), view.sketches, view.drawn, strict=True):
            if style == PHOTO:
                continue
            some = places[torch.randperm(len(places), generator=random)[:pixels]]
            described = finer.described(seen, sketch[None], torch.eye(len(STYLES))[style][None])
            found = finer.features(described[0].flatten(1)[:, some].T)
            products[style].addmm_(found.T, found)
            wanted[style].addmm_(found.T, (drawn - sketch).flatten(1)[:, some].T)
        report(Progress(number + 1, views, "Sketching lines"))
    for style in range(len(STYLES)):
        if bool(products[style].any()):
            eased = RIDGE * products[style].diagonal().mean() * torch.eye(count)
            finer.rows[style] = torch.linalg.solve(products[style] + eased, wanted[style])


def _fit_papers(finer: FinerSketch, shown: Callable[[int], FinerView], views: int, report: Report) -> None:
    """What artists left at each pixel of the paper beyond the sketches, in the mean of all views."""
    left, seen = torch.zeros_like(finer.paper), torch.zeros_like(finer.paper)
    for number in range(views):
        view = shown(number)
        off = tone_of(view.drawn - view.sketches)[:, 0] * view.there
        left.index_add_(0, view.styles, off)
        seen.index_add_(0, view.styles, view.there.float().expand(len(view.styles), -1, -1))
        report(Progress(number + 1, views, "Looking at papers"))
    finer.paper.copy_(left / (seen + LEAST_SEEN))
    finer.paper[PHOTO] = 0


def _draw_features(finer: FinerSketch, views: Sequence[FinerView], random: torch.Generator) -> None:
    """Scale what describes a pixel to unit variance, and draw the random features."""
    some = []
    for view in views:
        seen = finer.seen(view.guide, view.depth)
        for number in range(0, len(view.styles), 4):
            shares = torch.eye(len(STYLES))[view.styles[number]][None]
            described = finer.described(seen, view.sketches[number : number + 1], shares)
            some.append(described[0][:, view.there].T)
    finer.scale.copy_(1 / (torch.cat(some).std(0) + 1e-3))
    features = len(finer.mixing)
    weights, half = torch.randn(features, LINEAR, generator=random), features // 2
    few = torch.rand(half, LINEAR, generator=random) < SHARE
    weights[:half] *= few * SHARP / few.sum(1, keepdim=True).clamp(min=1).sqrt()
    weights[half:] *= SWING / LINEAR**0.5
    finer.mixing.copy_(weights)
    finer.offset.copy_(torch.randn(features, generator=random) * SHIFT)
