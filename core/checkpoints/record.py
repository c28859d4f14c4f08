"""What is kept of an installed model beside its tensors: `model.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from core.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
JSON_NAME, TENSORS_NAME = "model.json", "model.safetensors"
LARGEST_JSON = 4 << 20


@dataclass(frozen=True)
class ModelRecord:
    """One installed model.

    Attributes:
        name: how options, pickers and heads name it.
        kind: what it does; of a file with several networks, what the file is for.
        title: for people.
        family: name of the family of the network that settles the kind.
        licence: of the weights.
        commercial: whether that licence lets a person sell what they make.
        networks: config fields by family name, for each network in the file.
        source: name of the file that it was made from.
        source_sha256: checksum of that file.
        sha256: checksum of `model.safetensors`; of a folder of files, of all of them.
        size_bytes: bytes of the tensors.
        need_bytes: memory that its parameters take in float32, an estimate of what loading needs.
        added: date and time, ISO 8601, UTC.
        facts: what the file said of the model, JSON.
        folder: where a model that is used where it lies is; empty for converted ones.
    """

    name: str
    kind: str
    title: str
    family: str
    licence: str
    commercial: bool
    networks: dict[str, dict[str, Any]]
    source: str
    source_sha256: str
    sha256: str
    size_bytes: int
    need_bytes: int
    added: str
    facts: dict[str, Any] = field(default_factory=dict)
    folder: str = ""

    @property
    def is_generator(self) -> bool:
        """Whether heads can be made with it."""
        from core.checkpoints.families import FAMILIES

        return any(family.kind == "generator" and family.name in self.networks for family in FAMILIES)

    def to_json(self) -> str:
        """The content of model.json."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, allow_nan=False) + "\n"

    @staticmethod
    def read(path: Path) -> ModelRecord:
        """The record in a file.

        Raises:
            CheckpointError: it is missing, damaged, or of a newer version.
        """
        hint = "Remove the model and add its file again."
        try:
            if path.stat().st_size > LARGEST_JSON:
                raise ValueError("too large")
            values = json.loads(path.read_text(encoding="utf-8"))
            version = values.pop("format")
            if version > FORMAT:
                raise CheckpointError(f"The model {path.parent.name} was installed by a newer Volteface.", "Update.")
            types = {item.name: item.type for item in fields(ModelRecord)}
            if any(not isinstance(values[name], _CLASSES[str(types[name]).split("[")[0]]) for name in values):
                raise TypeError("fields of other types")
            return ModelRecord(**values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CheckpointError(f"The description of the model {path.parent.name} cannot be read.", hint) from error


_CLASSES: dict[str, type] = {"str": str, "bool": bool, "int": int, "dict": dict}
