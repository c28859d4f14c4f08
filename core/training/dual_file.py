"""The file of trained branches, and how it comes among the bundled weights."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from core.inverters.offset_encoder import OffsetEncoder
from core.perception.weights import WeightsRecord, write_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from core.training.dual import DualRecipe

NAME = "mini_dual"


def branch_of(recipe: DualRecipe, weights: Mapping[str, Tensor]) -> OffsetEncoder:
    """The branch with these weights."""
    network = OffsetEncoder(recipe.network)
    network.load_state_dict(dict(weights))
    return network.eval().requires_grad_(requires_grad=False)


def bundle(path: Path, folder: Path) -> WeightsRecord:
    """Copy a file that `save_branches` wrote among the bundled weights and record it."""
    encoded = path.read_bytes()
    (folder / f"{NAME}.safetensors").write_bytes(encoded)
    record = WeightsRecord(
        name=NAME,
        title="second stage of a one-pass inversion: offsets of mini's planes, faithful (E1) and natural (E2)",
        licence="Apache-2.0 (Volteface; trained on renders of CC0 MakeHuman heads)",
        source="core.training.dual",
        source_sha256="",
        sha256=hashlib.sha256(encoded).hexdigest(),
    )
    write_record(record, folder)
    return record
