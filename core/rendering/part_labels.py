"""Which parts of a head a generator decodes from features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.mask import PARTS

if TYPE_CHECKING:
    from core.protocols import Generator


def part_labels(generator: Generator, features: torch.Tensor) -> torch.Tensor | None:
    """Indices into `core.mask.PARTS`, uint8 [...], of decoded features [..., F]; None when none are decoded."""
    logits = generator.label_logits(features)
    if logits is None or not generator.info.parts:
        return None
    index = torch.tensor([PARTS.index(part) for part in generator.info.parts], dtype=torch.uint8, device=logits.device)
    return index[logits.argmax(-1)]
