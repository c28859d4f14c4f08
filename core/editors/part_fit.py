"""How a part of one head is best worn by another: moved and scaled, not turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.editors.head_parts import LABELS_OF, labels_of
from core.editors.part_volume import REACH
from core.grafted_field import Fit

if TYPE_CHECKING:
    from core.editors.head_parts import HeadParts


def fit_of(source: HeadParts, target: HeadParts, part: str) -> Fit:
    """How a part of the source is best worn by the target: moved and scaled, not turned.

    Parts of the face lie on their counterparts; hair, glasses, clothing and what was drawn follow eyes, ears, nose and
    lips.
    """
    ours, theirs = source.landmarks(), target.landmarks()
    if part in LABELS_OF and part not in REACH and source.has(part) and target.has(part):
        labels = labels_of(part)
        shift = target.points(*labels).mean(0) - source.points(*labels).mean(0)
        return Fit(1.0, _triple(shift))
    common = sorted(ours.keys() & theirs.keys())
    if part == "glasses":
        # they hang before the eyes; ears under hair are not where ears are
        eyes = [name for name in common if name.endswith("eyes")]
        common = eyes if len(eyes) == 2 else [name for name in common if not name.endswith(("eyes", "ears"))]
    if len(common) < 2:
        return Fit()
    a, b = torch.stack([ours[name] for name in common]), torch.stack([theirs[name] for name in common])
    spread_a, spread_b = a - a.mean(0), b - b.mean(0)
    scale = float((spread_a * spread_b).sum() / spread_a.square().sum().clamp(min=1e-9))
    scale = min(max(scale, 0.85), 1.15)
    return Fit(scale, _triple(b.mean(0) - scale * a.mean(0)))


def _triple(vector: torch.Tensor) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z
