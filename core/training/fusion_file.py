"""How a trained fusion encoder comes among the bundled weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.perception.weights import bundle

if TYPE_CHECKING:
    from pathlib import Path

    from core.perception.weights import WeightsRecord

NAME = "mini_fusion"


def bundle_fusion(path: Path, folder: Path) -> WeightsRecord:
    """Copy a file that `core.inverters.fusion_encoder.save_fusion` wrote among the bundled weights and record it."""
    return bundle(
        path.read_bytes(),
        folder,
        name=NAME,
        title="level offsets with which mini's encoder mends the seams of pasted heads",
        licence="Apache-2.0 (Volteface; trained on mini's own random heads)",
        source="core.training.fusion",
    )
