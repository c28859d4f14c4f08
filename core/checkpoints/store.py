"""The models on this machine: one folder each, with `model.safetensors` and `model.json`.

`adding` makes them of the authors' files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from core.checkpoints.record import JSON_NAME, TENSORS_NAME, ModelRecord
from core.errors import CheckpointError
from core.progress import Progress, silent

if TYPE_CHECKING:
    from core.progress import Report

VARIABLE = "VOLTEFACE_MODELS"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
CHUNK_BYTES = 1 << 24
LOOSE = "loose"
"""Where in a model's file the tensors beside its networks stand; no family has the name."""


def folder() -> Path:
    """Where the installed models are."""
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("volteface", appauthor=False)) / "models"


def installed() -> tuple[ModelRecord, ...]:
    """Every installed model by name; folders that hold none are passed over."""
    found = []
    for name in names():
        with contextlib.suppress(CheckpointError):
            found.append(record(name))
    return tuple(found)


def names() -> tuple[str, ...]:
    """Names of all installed models, the damaged included."""
    root = folder()
    if not root.is_dir():
        return ()
    return tuple(
        sorted(path.name for path in root.iterdir() if NAME.fullmatch(path.name) and (path / JSON_NAME).is_file())
    )


def record(name: str) -> ModelRecord:
    """What is kept of a model.

    Raises:
        CheckpointError: there is none of that name, or its description is damaged.
    """
    present = names()
    if name not in present:
        near = get_close_matches(name, present, 1)
        hint = f"Did you mean {near[0]}?" if near else "Add one with `volteface models add FILE`."
        raise CheckpointError(f"No model called {name} is installed.", hint)
    found = ModelRecord.read(folder() / name / JSON_NAME)
    if found.name != name:
        raise CheckpointError(f"The folder {name} holds the model {found.name}.", "Give the folder its former name.")
    return found


def state(model: ModelRecord) -> str:
    """Whether it is "ready", "missing" or, by its size, "damaged"; `verify` looks at every byte."""
    path = tensors_file(model)
    if model.folder:
        return "ready" if Path(model.folder).is_dir() else "missing"
    if not path.is_file():
        return "missing"
    return "ready" if path.stat().st_size >= model.size_bytes else "damaged"


def tensors_file(model: ModelRecord) -> Path:
    """The model's weights."""
    return folder() / model.name / TENSORS_NAME


def remove(name: str) -> ModelRecord | None:
    """Delete a model; what it was made from is not touched. What was known of it, or None where that was damaged.

    Raises:
        CheckpointError: there is none of that name.
    """
    known: ModelRecord | None = None
    if name not in names():
        record(name)
    with contextlib.suppress(CheckpointError):
        known = record(name)
    place = folder() / name
    if place.is_symlink():
        place.unlink()
        return known
    # out of the listing in one step, then piece by piece
    going = place.with_name(f".{name}-{secrets.token_hex(4)}.removing")
    place.replace(going)
    shutil.rmtree(going)
    return known


def verify(name: str, report: Report = silent) -> str:
    """Whether every byte is as it was installed: "ready", else "damaged" or "missing".

    Raises:
        CheckpointError: there is none of that name, or its description is damaged.
    """
    model = record(name)
    found = state(model)
    if found == "missing":
        return found
    if model.folder:
        from core.checkpoints.diffusers_folder import checksum

        return "ready" if checksum(Path(model.folder), report) == model.sha256 else "damaged"
    return "ready" if sha256_of(tensors_file(model), report) == model.sha256 else "damaged"


def sha256_of(path: Path, report: Report = silent) -> str:
    """Checksum of a file."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            report(Progress(done // CHUNK_BYTES, max(1, total // CHUNK_BYTES), f"Checking {path.name}"))
    return digest.hexdigest()
