"""What was learned must pay on heads that nobody learned from, or it is dropped (as in `encoder_levels`).

A branch has two learned parts: what its first network adds to the photo's colours, pixel by pixel, and what its coarse
network adds to the planes. Each combination is tried on held-out items; a part that does not pay is silenced. Half of
what the second one says pays more often than all of it: what it guesses of hidden shape is half noise.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.inverters.offset_encoder import OffsetEncoder, lifted
from core.progress import Progress
from core.training.dataset import pixel_rays
from core.training.dual_items import read_item
from core.training.dual_losses import even_odds, field_terms, rendered_view, view_terms

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from core.generators.mini import Mini
    from core.progress import Report
    from core.training.dual import DualRecipe

CHOICES = {
    "all": (True, 1.0),
    "all, planes by half": (True, 0.5),
    "pixels": (True, 0.0),
    "planes": (False, 1.0),
    "nothing": (False, 0.0),
}
"""Name -> whether the first network may speak, and how loudly the coarse one."""
SPARSE = 3
"""Every so many views of a head tell points."""


def with_parts(branch: OffsetEncoder, *, pixels: bool, planes: float) -> OffsetEncoder:
    """The branch with some of its answers silenced or made smaller."""
    chosen = copy.deepcopy(branch)
    strengths: list[tuple[nn.Module, float]] = [(chosen.answer, float(pixels)), *((d, planes) for d in chosen.depart)]
    with torch.no_grad():
        for layer, strength in strengths:
            for weight in layer.parameters():
                weight.mul_(strength)
    return chosen


def held_out_loss(generator: Mini, items: list[Path], branch: OffsetEncoder, recipe: DualRecipe) -> float:
    """Mean loss of the input view, of another one and of points that all views know; always the same patches.

    Weighted as in training: LPIPS alone cares little where a surface lies.
    """
    losses = []
    for number, path in enumerate(items):
        item, random = read_item(path, generator), np.random.default_rng(number)
        other = int(random.choice(len(item.views), p=even_odds(item.views)))
        rays = pixel_rays(item.views.rgb.shape[1])
        torch.manual_seed(number)
        with torch.no_grad():
            known = lifted(generator, item.trigrid, item.camera, item.look, recipe.network.coarse_px)
            planes = (item.trigrid.planes + branch(known, item.trigrid.planes.shape[-1]))[None]
            for view in (item.view, other):
                seen = rendered_view(generator.network, planes, item, view, rays, random, recipe.sizes)
                terms = view_terms(seen, recipe.weights, "vgg")
                losses.append(float(terms["perceptual"] + terms["squared"]) / 2)
            around = list(range(0, len(item.views), SPARSE))
            points = field_terms(generator.network, planes, item, around, rays, random, recipe.sizes, recipe.weights)
            losses.append(float(torch.stack(list(points.values())).sum()))
    return float(np.sum(losses)) / len(items)


def best_parts(
    generator: Mini, items: list[Path], branch: OffsetEncoder, recipe: DualRecipe, report: Report
) -> tuple[OffsetEncoder, dict[str, float]]:
    """The branch with the parts that pay on held-out items, and the loss of each choice."""
    losses = {}
    for number, (name, (pixels, planes)) in enumerate(CHOICES.items()):
        report(Progress(number, len(CHOICES), "Trying what was learned on heads that were kept back"))
        losses[name] = held_out_loss(generator, items, with_parts(branch, pixels=pixels, planes=planes), recipe)
    pixels, planes = CHOICES[min(losses, key=lambda name: losses[name])]
    return with_parts(branch, pixels=pixels, planes=planes), losses
