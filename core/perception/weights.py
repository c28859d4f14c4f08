"""The weights that ship with Volteface: where they came from, under which licence, and how to read them.

`resources/weights/weights.json` lists each file; `core.training.convert_perception` writes it together with the files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from core.errors import CheckpointError

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "weights"
INDEX = "weights.json"
METADATA_KEY = "volteface"


@dataclass(frozen=True)
class WeightsRecord:
    """What is known of one bundled file.

    Attributes:
        name: File name without suffix.
        title: What the net does, for people.
        licence: SPDX identifier, and who must be credited.
        source: Package and file that it was converted from.
        source_sha256: Checksum of that file.
        sha256: Checksum of the bundled safetensors file.
    """

    name: str
    title: str
    licence: str
    source: str
    source_sha256: str
    sha256: str

    @property
    def path(self) -> Path:
        """The bundled file."""
        return FOLDER / f"{self.name}.safetensors"

    def is_intact(self) -> bool:
        """Whether the file is there and has the recorded checksum."""
        return self.path.is_file() and hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256


@cache
def records() -> tuple[WeightsRecord, ...]:
    """All perception weights that ship, in the order of the index."""
    index = FOLDER / INDEX
    if not index.is_file():
        raise CheckpointError(f"{index} is missing.", "Reinstall Volteface, or run core.training.convert_perception.")
    return tuple(WeightsRecord(**entry) for entry in json.loads(index.read_text(encoding="utf-8")))


def read(name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Reads a bundled file.

    Returns:
        Tensors by name (float16 is widened to float32), and the net's graph ({} for nets written as modules).
    """
    path = FOLDER / f"{name}.safetensors"
    if not path.is_file():
        raise CheckpointError(f"The bundled weights {path.name} are missing.", "Reinstall Volteface.")
    with safe_open(str(path), framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
        about = json.loads((file.metadata() or {}).get(METADATA_KEY, "{}"))
    return {k: v.float() if v.dtype == torch.float16 else v for k, v in tensors.items()}, about.get("graph", {})
