"""Folders of diffusers models: used where they lie, so only registered, with a checksum of all that is in them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.checkpoints.record import ModelRecord
from core.errors import CheckpointError
from core.progress import Progress, silent

if TYPE_CHECKING:
    from pathlib import Path

    from core.progress import Report

INDEX = "model_index.json"
WEIGHTS = ".safetensors"
CODE = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".py", ".msgpack", ".h5", ".so")
"""What may run when a folder is loaded, or tempt a loader to read it."""
LARGEST_INDEX = 1 << 20
CHUNK_BYTES = 1 << 24
FAMILY = "diffusers"


def is_diffusers_folder(path: Path) -> bool:
    """Whether a folder says that it is one."""
    return (path / INDEX).is_file()


def registered(path: Path, report: Report = silent) -> ModelRecord:
    """The record of a folder.

    Raises:
        CheckpointError: it has no safetensors, or files that are not data.
    """
    files = _files(path)
    try:
        if (path / INDEX).stat().st_size > LARGEST_INDEX:
            raise ValueError(INDEX)
        index = json.loads((path / INDEX).read_text(encoding="utf-8"))
        pipeline = index["_class_name"]
        if not isinstance(pipeline, str) or not pipeline.isidentifier():
            raise ValueError(pipeline)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path / INDEX} cannot be read.", "Download the folder again.") from error
    size = sum(file.stat().st_size for file in files if file.suffix == WEIGHTS)
    digest = checksum(path, report)
    return ModelRecord(
        name=FAMILY,
        kind="diffusion",
        title=f"{pipeline[:60]} {path.name[:60]}",
        family=FAMILY,
        licence="see the folder's model card",
        commercial=False,
        networks={},
        source=path.name,
        source_sha256=digest,
        sha256=digest,
        size_bytes=size,
        need_bytes=size,
        added=datetime.now(UTC).isoformat(timespec="seconds"),
        facts={"class_name": pipeline},
        folder=str(path.resolve()),
    )


def checksum(path: Path, report: Report = silent) -> str:
    """SHA-256 over names and contents of all files of a folder, in the order of their names."""
    files = _files(path)
    total, done, digest = sum(file.stat().st_size for file in files), 0, hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(path).as_posix().encode() + b"\0" + str(file.stat().st_size).encode() + b"\0")
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                done += len(chunk)
                report(Progress(done // CHUNK_BYTES, max(1, total // CHUNK_BYTES), f"Checking {path.name}"))
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    """The folder's files, none of which may be code or lead out of it."""
    root = path.resolve()
    files = sorted(file for file in path.rglob("*") if file.is_file() and ".cache" not in file.parts)
    for file in files:
        if file.suffix.lower() in CODE:
            raise CheckpointError(
                f"{file.relative_to(path)} is not safetensors; such files may hold code.",
                "Use a folder with safetensors only, and delete the others.",
            )
        if not file.resolve().is_relative_to(root):
            raise CheckpointError(f"{file.relative_to(path)} leads out of the folder.", "Copy the file into it.")
    if not any(file.suffix == WEIGHTS for file in files):
        raise CheckpointError(f"The folder {path.name} holds no safetensors.", "Download its safetensors version.")
    return files
