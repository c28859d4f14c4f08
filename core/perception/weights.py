"""The weights that ship with Volteface: where they came from, under which licence, and how to read them.

`resources/weights/weights.json` lists each file; the commands of `core.training` that make the files write it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open

from core.errors import CheckpointError
from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        source_sha256: Checksum of that file; empty for what we measured ourselves.
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


def records(folder: Path = FOLDER) -> tuple[WeightsRecord, ...]:
    """All perception weights that ship, by name."""
    index = folder / INDEX
    if not index.is_file():
        raise CheckpointError(f"{index} is missing.", "Reinstall Volteface, or run core.training.convert_perception.")
    return tuple(WeightsRecord(**entry) for entry in json.loads(index.read_text(encoding="utf-8")))


def write_record(record: WeightsRecord, folder: Path = FOLDER) -> None:
    """Adds or replaces one record in the index, and writes LICENCES.md anew."""
    known = {entry.name: entry for entry in (records(folder) if (folder / INDEX).is_file() else ())}
    known[record.name] = record
    ordered = [known[name] for name in sorted(known)]
    (folder / INDEX).write_text(json.dumps([asdict(entry) for entry in ordered], indent=1) + "\n", encoding="utf-8")
    (folder / "LICENCES.md").write_text(licences_page(ordered), encoding="utf-8")


def bundle(encoded: bytes, folder: Path, *, name: str, title: str, licence: str, source: str) -> WeightsRecord:
    """Put a file of trained or measured weights among the bundled ones, and record it.

    Args:
        encoded: the safetensors file.
        folder: of the bundled weights.
        name: file name there, without suffix.
        title: what the net does, for people.
        licence: SPDX identifier, and who must be credited.
        source: the module that makes it, and of what.
    """
    with written_whole(folder / f"{name}.safetensors") as stream:
        stream.write(encoded)
    sha256 = hashlib.sha256(encoded).hexdigest()
    record = WeightsRecord(name=name, title=title, licence=licence, source=source, source_sha256="", sha256=sha256)
    write_record(record, folder)
    return record


def licences_page(entries: Sequence[WeightsRecord]) -> str:
    """LICENCES.md: what people must know of each bundled file."""
    lines = [
        "# Bundled perception weights",
        "",
        "Float16 safetensors. What comes from a package is converted, not retrained; `core.training` made the rest.",
    ]
    for entry in entries:
        lines += ["", f"## {entry.name}.safetensors", f"- what: {entry.title}", f"- licence: {entry.licence}"]
        lines += [f"- source: `{entry.source}`"]
        lines += [f"- sha256 of the source: `{entry.source_sha256}`"] if entry.source_sha256 else []
        lines += [f"- sha256 of this file: `{entry.sha256}`"]
    return "\n".join([*lines, ""])


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
