"""The sliders that a person taught, kept on this machine: one file each, beside the models."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from core.editors.learned_directions import NAME, LearnedDirection, check_name
from core.errors import VoltefaceError
from core.whole_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "directions"
"""In the folder of installed models."""


def keep(direction: LearnedDirection, generator: str, folder: Path) -> Path:
    """Write a direction where `kept` finds it; one of the same name is replaced."""
    check_name(direction.name)
    path = folder / FOLDER / generator / f"{direction.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write(json.dumps(asdict(direction)).encode())
    return path


def kept(generator: str, size: int, folder: Path) -> tuple[LearnedDirection, ...]:
    """The directions that were learned for a generator with latents of this size, by name.

    Damaged files are passed over.
    """
    found = []
    for path in sorted((folder / FOLDER / generator).glob("*.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            values["vector"] = tuple(float(value) for value in values["vector"])
            values["counts"] = tuple(int(value) for value in values["counts"])
            direction = LearnedDirection(**values)
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if len(direction.vector) == size and NAME.fullmatch(direction.name):
            found.append(direction)
    return tuple(found)


def names_kept(generator: str, folder: Path) -> tuple[str, ...]:
    """Names of what was learned for a generator."""
    return tuple(sorted(path.stem for path in (folder / FOLDER / generator).glob("*.json")))


def forget(name: str, generator: str, folder: Path) -> None:
    """Delete a direction.

    Raises:
        VoltefaceError: there is none of that name.
    """
    check_name(name)
    path = folder / FOLDER / generator / f"{name}.json"
    if not path.is_file():
        raise VoltefaceError(f"No attribute {name!r} was learned for {generator}.", "Check its name.")
    path.unlink()
