"""Other colours for the same matter: an affine map of features that a decoder turns into the colours wanted.

Shape and parts are held where they are while the colours move; the map is so small that it is found in a fraction of a
second, and so general that one serves a tint, another's skin tone, and features that came from another decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.descent import Adam

if TYPE_CHECKING:
    from torch import Tensor

    from core.protocols import Generator

STEPS, RATE = 120, 0.2
MOST_POINTS = 1000
"""That a map is found from; more change nothing that is seen and take longer."""
LEAST_SPREAD = 0.7
"""Of a channel, in root mean squares of all features."""
DENSITY_WEIGHT, LABEL_WEIGHT, LOOK_WEIGHT = 0.005, 0.05, 0.01
"""Of what else a map shall keep or bring, beside the mean squared error of colours."""
FAR = 4.0
"""Deviations from which a decoded feature is no more wrong than it is."""
FREE, CALM = 3e-4, 1e-2
"""Weights of the change's mean square: hair and cloth may take any colour, skin shows every overshoot."""


@dataclass(frozen=True, eq=False)
class Remap:
    """What is added to a feature f: `f @ matrix + offset`; float32 [C, C] and [C]."""

    matrix: Tensor
    offset: Tensor


def remap_to(
    generator: Generator,
    features: Tensor,
    colours: Tensor,
    raw_density: Tensor | None = None,
    *,
    calm: float = FREE,
    labels: Tensor | None = None,
    looks: Tensor | None = None,
) -> Remap:
    """The smallest affine change of features that gives them other colours.

    Args:
        generator: whose decoder reads them.
        features: [N, C] at points of the part.
        colours: [N, 3], 0..1, wanted there.
        raw_density: [N] wanted there; None keeps what the features say now.
        calm: weight of the change itself.
        labels: chances of parts [N, P] wanted there; None keeps what the features say now.
        looks: decoded features [N, F] wanted there, of which pictures are made, beyond their colours; None leaves them
            free.
    """
    features, colours = some_of(features), some_of(colours)
    labels, looks = (None if one is None else some_of(one) for one in (labels, looks))
    raw_density = None if raw_density is None else some_of(raw_density)
    channels = features.shape[1]
    with torch.no_grad():
        before, decoded = generator.decode(features)
        logits = generator.label_logits(decoded)
        # the names are held, not how sure they are: those are easily had together with other colours
        if labels is None and logits is not None:
            labels = logits.softmax(-1)
        wanted_density = before if raw_density is None else raw_density
    scale = None if looks is None else looks.std(0).clamp(min=1e-3)
    change = torch.zeros(channels + 1, channels, device=features.device, requires_grad=True)
    # steps are alike in every channel, however large its features are; one that never changes may have to
    spread = (features.var(0) + (LEAST_SPREAD * features.square().mean().sqrt()) ** 2).sqrt().clamp(min=1e-6)
    inputs = torch.cat([(features - features.mean(0)) / spread, torch.ones_like(features[:, :1])], 1)
    adam = Adam([change], (0.9, 0.99))
    for step in range(STEPS):
        moved = features + (inputs @ change) * spread
        raw, seen = generator.decode(moved)
        loss = (generator.colours(seen) - colours).abs().mean()
        loss = loss + DENSITY_WEIGHT * (raw - wanted_density).clamp(-50, 50).abs().mean() / 10
        loss = loss + calm * change.square().sum()
        if looks is not None and scale is not None:
            loss = loss + LOOK_WEIGHT * ((seen - looks) / scale).clamp(-FAR, FAR).abs().mean()
        if labels is not None:
            logits = generator.label_logits(seen)
            assert logits is not None
            loss = loss + LABEL_WEIGHT * (logits.softmax(-1) - labels).abs().sum(-1).mean()
        adam.step(loss, [RATE * min(1.0, 4 * (1 - step / STEPS))])
    found = change.detach()
    matrix = (found[:channels] / spread[:, None]) * spread
    offset = found[channels] * spread - (features.mean(0) / spread) @ found[:channels] * spread
    return Remap(matrix, offset)


def some_of(points: Tensor) -> Tensor:
    """As many of points [N, ...] as a map is found from, evenly chosen; all where they are few enough."""
    if len(points) <= MOST_POINTS:
        return points
    return points[torch.linspace(0, len(points) - 1, MOST_POINTS, device=points.device).long()]


def toned(colours: Tensor, tone: Tensor) -> Tensor:
    """Colours [N, 3] whose mean is `tone` [3] and whose light and shade are as before; 0..1."""
    light = colours.mean(1, keepdim=True)
    shade = light / light.mean().clamp(min=0.02)
    # very dark matter shows little shade; a light tone needs more of it to stay alive, a dark one less
    return (tone * shade).clamp(0, 1)
