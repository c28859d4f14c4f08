"""How a trained fusion encoder comes among the bundled weights."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from core.perception.weights import WeightsRecord, write_record
from core.whole_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

NAME = "mini_fusion"


def bundle(path: Path, folder: Path) -> WeightsRecord:
    """Copy a file that `core.inverters.fusion_encoder.save_fusion` wrote among the bundled weights and record it."""
    encoded = path.read_bytes()
    with written_whole(folder / f"{NAME}.safetensors") as stream:
        stream.write(encoded)
    record = WeightsRecord(
        name=NAME,
        title="level offsets with which mini's encoder mends the seams of pasted heads",
        licence="Apache-2.0 (Volteface; trained on mini's own random heads)",
        source="core.training.fusion",
        source_sha256="",
        sha256=hashlib.sha256(encoded).hexdigest(),
    )
    write_record(record, folder)
    return record
