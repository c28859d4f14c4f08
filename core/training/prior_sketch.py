"""Third stage of `train prior`: first sketches in each style, in closed form, from guide and depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.progress import Progress
from core.stylizers.first_sketch import MODES, FirstSketch, drawn_on
from core.stylizers.vocabulary import STYLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from core.progress import Report
    from core.stylizers.drawing_networks import DrawingDenoiser

    Shown = Callable[[int], tuple[Tensor, Mapping[str, Tensor]]]

RIDGE = 3e-4
"""Of the mean square of a feature."""
SWINGS = (2.2, 1.4, 3.4, 1.0)
"""How strongly random features look at a place, the tones around it, the head around it, and the depth."""


def fit_sketch(sketch: FirstSketch, carried: Tensor, white: Tensor, shown: Shown, views: int, report: Report) -> None:
    """Fill a blank sketch.

    Args:
        sketch: is changed.
        carried: [C], how much of a picture each channel of the guide carries: random features look at it so.
        white: [1, C, 1, 1], latents of white paper.
        shown: given a mode, answers the conditions [1, G + 2, h, w] of a view and its clean latents by style's name.
        views: that are looked at with guide and depth; with less a third.
        report: told of every view.
    """
    random = torch.Generator().manual_seed(0)
    sketch.carried.copy_(carried.view(1, -1, 1, 1))
    # all that is known of a place moves a random feature alike
    scales = [size**-0.5 * swing for size, swing in zip(sketch.seen, SWINGS, strict=True)]
    weights = [
        torch.randn(len(sketch.mixing), n, generator=random) * x for n, x in zip(sketch.seen, scales, strict=True)
    ]
    sketch.mixing.copy_(torch.cat(weights, 1))
    sketch.offset.copy_(torch.randn(sketch.offset.shape, generator=random) * 0.7)
    count, channels = sketch.rows.shape[2:]
    names = [style.name for style in STYLES]
    left = torch.zeros(channels)
    for mode in range(MODES):
        # heads in the same styles share their features' products
        products: dict[frozenset[str], Tensor] = {}
        wanted = torch.zeros(len(names), count, channels)
        squares, counts = torch.zeros(len(names), channels), torch.zeros(len(names))
        for number in range(views if mode == 0 else -(-views // 3)):
            conditions, drawings = shown(mode)
            described = sketch.described(conditions, white)[0]
            known = frozenset(drawings)
            products.setdefault(known, torch.zeros(count, count)).addmm_(described.T, described)
            targets = {names.index(name): clean[0].flatten(1).T for name, clean in drawings.items()}
            found = described.T @ torch.cat(list(targets.values()), 1)
            for (style, target), part in zip(targets.items(), found.split(channels, 1), strict=True):
                wanted[style] += part
                squares[style] += target.square().sum(0)
                counts[style] += len(target)
            report(Progress(number + 1, views, f"Sketching ({mode + 1} of {MODES})"))
        for style, name in enumerate(names):
            own = [product for known, product in products.items() if name in known]
            if not own:
                continue
            product = torch.stack(own).sum(0)
            eased = product + RIDGE * product.diagonal().mean() * torch.eye(count)
            sketch.rows[mode, style] = torch.linalg.solve(eased, wanted[style])
            if mode == 0:
                solved = sketch.rows[mode, style]
                error = squares[style] - 2 * (solved * wanted[style]).sum(0) + (solved * (product @ solved)).sum(0)
                left += error / counts[style]
    sketch.spread.copy_((left / len(names)).clamp(min=1e-3))


def errors_of(denoiser: DrawingDenoiser, shown: Shown, views: int) -> Tensor:
    """Mean square [styles, C] by which fitted sketches err on heads, not on the paper around."""
    names = [style.name for style in STYLES]
    squares, counts = torch.zeros_like(denoiser.sketch.errors), torch.zeros(len(names), 1)
    for _ in range(views):
        conditions, drawings = shown(0)
        there = drawn_on(conditions, denoiser.white)[0, 0] > 0
        styles = torch.tensor([names.index(name) for name in drawings])
        found = denoiser.sketched(conditions, torch.eye(len(names))[styles])
        squares[styles] += (found - torch.cat(list(drawings.values()))).square()[:, :, there].sum(-1)
        counts[styles] += int(there.sum())
    return squares / counts.clamp(min=1) + (counts == 0).to(squares)
