"""The file of trained branches, and how it comes among the bundled weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.inverters.offset_encoder import OffsetEncoder
from core.perception.weights import bundle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from core.perception.weights import WeightsRecord
    from core.training.dual import DualRecipe

NAME = "mini_dual"


def branch_of(recipe: DualRecipe, weights: Mapping[str, Tensor]) -> OffsetEncoder:
    """The branch with these weights."""
    network = OffsetEncoder(recipe.network)
    network.load_state_dict(dict(weights))
    return network.eval().requires_grad_(requires_grad=False)


def bundle_branches(path: Path, folder: Path) -> WeightsRecord:
    """Copy a file that `save_branches` wrote among the bundled weights and record it."""
    return bundle(
        path.read_bytes(),
        folder,
        name=NAME,
        title="second stage of a one-pass inversion: offsets of mini's planes, faithful (E1) and natural (E2)",
        licence="Apache-2.0 (Volteface; trained on renders of CC0 MakeHuman heads)",
        source="core.training.dual",
    )
