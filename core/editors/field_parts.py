"""Which parts a field has at places, and what they say of a fitted head: covered, skin, or with hair that falls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.editors.face_shares import BROW, JAW, NOSE_TIP, mean_height
from core.mask import COVERS
from core.ramp import smooth
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.editors.face_target import Target
    from core.field import Field
    from core.protocols import Generator

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

COVERED = (0.35, 0.65)
"""Chance of what covers a head from which it begins to be told as such, and from which entirely."""
SKIN = (0.2, 0.5)
"""Chance of skin at which the field begins to be told, and from which it is told entirely."""
WORN = 0.1
"""Mean chance of glasses between the brows and the tip of the nose from which they are worn; less is a mistake of the
labels, and so are glasses further down."""
BELOW_JAW, JAW_BAND, JAW_DEGREES = 0.05, 0.02, (55, 105)
"""Where hair that falls beside a neck is looked for: below the corners of the jaw, within a band, world units; and
between these angles about the head's axis."""
FALLING = (0.75, 0.95)
"""Shares of that place below hair from which it begins to count as falling, and from which all of it does."""


def chances_at(generator: Generator, field: Field, points: Array) -> Array:
    """Chances of the generator's parts [N, parts] at points [N, 3]."""
    with torch.no_grad():
        _, features = generator.decode(sampler_of(field)(torch.from_numpy(points).float().to(field.device)))
        logits = generator.label_logits(features)
        assert logits is not None
        chances: Array = logits.softmax(1).cpu().double().numpy()
    return chances


def covered_share(parts: Sequence[str], chances: Array) -> Array:
    """How far points with some chances of parts [P, parts] are below hair or cloth, 0..1."""
    return smooth(*COVERED, chances[:, [parts.index(part) for part in COVERS if part in parts]].sum(1))


def falling_share(parts: Sequence[str], chances: Array, target: Target, looking: Flags) -> float:
    """Whether hair falls beside the neck, 0..1."""
    if "hair" not in parts:
        return 0.0
    band = np.abs(target.height - mean_height(JAW) + BELOW_JAW) < JAW_BAND
    low, high = JAW_DEGREES
    band &= looking & (target.around_degrees > low) & (target.around_degrees < high)
    return float(smooth(*FALLING, np.array([(chances[band, parts.index("hair")] > 0.5).mean()]))[0])


def skin_share(parts: Sequence[str], chances: Array, target: Target) -> Array:
    """How far the field is told as skin at a target's points with some chances of parts [P, parts], 0..1."""
    others = chances[:, parts.index("hair")] if "hair" in parts else np.zeros(len(chances))
    if "glasses" in parts:
        low, high = mean_height(NOSE_TIP), mean_height(BROW)
        glasses = chances[:, parts.index("glasses")] * (target.height > low) * (target.face > 0.5)
        before_eyes = (target.height > low) & (target.height < high) & (chances.sum(1) > 0) & (target.face > 0.5)
        others = others + glasses * bool(glasses[before_eyes].mean() > WORN)
    return 1 - smooth(1 - SKIN[1], 1 - SKIN[0], others)
