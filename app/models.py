"""What is installed: generators, encoders and other nets, each with licence and state; and how they come and go."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import CheckpointError, VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.checkpoints.record import ModelRecord
    from core.progress import Report

BUNDLED_HINT = "Bundled models cannot be removed."


@dataclass(frozen=True)
class InstalledModel:
    """A model as `volteface models list` shows it.

    Attributes:
        name: how options and files name it.
        kind: "generator", "encoder", "perception" and so on.
        title: for people.
        licence: of the weights.
        state: "ready", "missing" or "damaged".
        note: what to do about a state that is not ready.
        sha256: checksum of the file, where it is one.
        commercial: whether the licence lets a person sell what they make.
        bundled: whether it came with Volteface.
        generator: whether heads can be made with it; a file may bring a generator along with an encoder.
        need_bytes: memory that its parameters take, for a bundled one the size of its file; 0 where nobody knows.
        source: file that it was made from.
    """

    name: str
    kind: str
    title: str
    licence: str
    state: str
    note: str = ""
    sha256: str = ""
    commercial: bool = True
    bundled: bool = True
    generator: bool = False
    need_bytes: int = 0
    source: str = ""

    def to_json(self) -> dict[str, str | bool | int]:
        """All fields by name."""
        return dataclasses.asdict(self)


def installed_models() -> tuple[InstalledModel, ...]:
    """Bundled generators, what a person added, then every perception net, checksums of the bundled verified."""
    return (*_bundled_generators(), *added_models(), *_perception())


def added_models() -> tuple[InstalledModel, ...]:
    """What a person added, without looking into the files: quick enough for a picker."""
    from core.checkpoints import store

    rows = []
    for name in store.names():
        try:
            model = store.record(name)
            rows.append(_row(model, store.state(model)))
        except CheckpointError as error:
            rows.append(
                InstalledModel(
                    name, "unknown", error.message, "", "damaged", error.hint, commercial=False, bundled=False
                )
            )
    return tuple(rows)


def add_model(path: Path, name: str | None, report: Report, others: Sequence[Path] = ()) -> InstalledModel:
    """Recognise, convert and keep a checkpoint or a folder of diffusers.

    Raises:
        CheckpointError: it is none that can be used, or the name is taken.
    """
    from core import generators
    from core.checkpoints import adding

    kept = adding.add(path, name, report, taken=generators.LOADERS, others=others)
    generators.load.cache_clear()
    return _row(kept, "ready")


def verify_models(name: str | None, report: Report) -> tuple[InstalledModel, ...]:
    """Every byte of one or all added models, and of the bundled nets, against their checksums.

    Raises:
        CheckpointError: there is none of that name.
    """
    from core.checkpoints import store

    bundled = {row.name: row for row in (*_bundled_generators(), *_perception())}
    if name in bundled:
        return (bundled[name],)
    rows = []
    for one in (name,) if name else store.names():
        try:
            rows.append(_row(store.record(one), store.verify(one, report)))
        except CheckpointError as error:
            if name:
                raise
            rows.append(_damaged(one, error))
    return tuple(rows) if name else (*rows, *bundled.values())


def remove_model(name: str) -> str:
    """Delete an added model and return its title.

    Raises:
        CheckpointError: there is none of that name, or it came with Volteface.
    """
    from core import generators
    from core.checkpoints import store
    from core.perception import weights

    if name not in store.names() and (name in generators.LOADERS or any(r.name == name for r in weights.records())):
        raise CheckpointError(f"{name} came with Volteface.", BUNDLED_HINT)
    known = store.remove(name)
    generators.load.cache_clear()
    return known.title if known else name


def _bundled_generators() -> list[InstalledModel]:
    from core import generators
    from core.perception import weights

    rows = []
    for name in generators.LOADERS:
        try:
            info = generators.load(name).info
        except VoltefaceError as error:
            rows.append(InstalledModel(name, "generator", error.message, "", "missing", error.hint, generator=True))
        else:
            row = InstalledModel(name, "generator", info.title, info.licence, "ready", commercial=info.commercial)
            size = _file_bytes(weights.FOLDER / f"{name}.safetensors")
            rows.append(dataclasses.replace(row, generator=True, need_bytes=size))
    return rows


def _perception() -> list[InstalledModel]:
    from core.perception import weights

    rows = []
    for record in weights.records():
        state = "ready" if record.is_intact() else "damaged" if record.path.exists() else "missing"
        note = "" if state == "ready" else "Reinstall Volteface."
        row = InstalledModel(record.name, "perception", record.title, record.licence, state, note, record.sha256)
        rows.append(dataclasses.replace(row, need_bytes=_file_bytes(record.path)))
    return rows


def _file_bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _damaged(name: str, error: CheckpointError) -> InstalledModel:
    row = InstalledModel(name, "unknown", error.message, "", "damaged", error.hint)
    return dataclasses.replace(row, commercial=False, bundled=False)


def _row(model: ModelRecord, state: str) -> InstalledModel:
    return InstalledModel(
        name=model.name,
        kind=model.kind,
        title=model.title,
        licence=model.licence,
        state=state,
        note="" if state == "ready" else f"Remove it and add {model.source} again.",
        sha256=model.sha256,
        commercial=model.commercial,
        bundled=False,
        generator=model.is_generator,
        need_bytes=model.need_bytes,
        source=model.source,
    )
