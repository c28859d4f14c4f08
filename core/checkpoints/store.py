"""The models on this machine: one folder each, with `model.safetensors` and `model.json`.

`add` converts a file of the authors' once; after that nothing foreign is read any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from core.checkpoints.record import JSON_NAME, TENSORS_NAME, ModelRecord
from core.errors import CheckpointError
from core.progress import Progress, silent
from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from core.checkpoints.recognition import Recognised
    from core.progress import Report

VARIABLE = "VOLTEFACE_MODELS"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
CHUNK_BYTES = 1 << 24
STALE_SECONDS = 24 * 3600
IMPORTANCE = ("encoder", "generator", "refiner", "segmenter", "depth", "identity", "perceptual", "discriminator")
"""Of a file with several networks the first kind says what it is for."""
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


def add(
    path: Path,
    name: str | None = None,
    report: Report = silent,
    taken: Collection[str] = (),
    others: Sequence[Path] = (),
) -> ModelRecord:
    """Recognise a file and keep its networks.

    Args:
        path: a checkpoint, or the folder of a diffusers model.
        name: what to call it; none takes the family's name, with a number where that is taken.
        report: told of each step.
        taken: names that bundled models have.
        others: further files of the same network, as LPIPS comes in two.

    Raises:
        CheckpointError: the file is of no known family, hostile or damaged; or the name is taken or none.
        OSError: the disk.
    """
    from core.checkpoints.diffusers_folder import is_diffusers_folder, registered

    if name is not None:
        _check_name(name, taken)
    if path.is_dir():
        if not is_diffusers_folder(path):
            raise CheckpointError(f"{path} is a folder without model_index.json.", "Name the checkpoint file in it.")
        return _keep(registered(path, report), name, taken, write=None)
    report(Progress(0, 3, "Reading the file"))
    from core.checkpoints.containers import mapped, read_tree

    data = mapped(path)
    # read and not mapped: what is touched of a mapping counts as this process's memory
    source_sha256 = sha256_of(path)
    report(Progress(1, 3, "Looking what it is"))
    from core.checkpoints.contents import joined, networks_in
    from core.checkpoints.recognition import as_clause, recognise

    try:
        networks = networks_in(read_tree(data).root)
        if others:
            networks = (
                joined([*networks, *(one for file in others for one in networks_in(read_tree(mapped(file)).root))]),
            )
        recognised = recognise(networks)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name} was not installed: {as_clause(error.message)}", error.hint) from error
    if name is None:
        for other in installed():
            if other.source_sha256 == source_sha256:
                raise CheckpointError(
                    f"{path.name} is installed already, as {other.name}.", "Give another name with --name to keep two."
                )
    drafted = _drafted(recognised, path, source_sha256)
    limit = 2 * (len(data) + sum(file.stat().st_size for file in others)) + (1 << 20)
    if drafted.size_bytes > limit:
        raise CheckpointError(
            f"The tensors of {path.name} would take {drafted.size_bytes:,} bytes, more than the file has.",
            "It was not installed.",
        )

    def write(target: Path, told: Callable[[int], None]) -> str:
        from core.checkpoints.tensor_file import write_tensors

        tensors, types = {}, {}
        for network in recognised:
            for key, tensor in network.tensors.items():
                tensors[f"{network.family.name}/{key}"] = tensor
                types[f"{network.family.name}/{key}"] = network.expected[key]
            tensors |= {f"{LOOSE}/{key}": tensor for key, tensor in network.loose.items()}
        with written_whole(target) as stream:
            return write_tensors(stream, tensors, types, told)

    def told(done: int) -> None:
        share = min(99, 100 * done // max(1, drafted.size_bytes))
        report(Progress(200 + share, 300, "Writing the model"))

    kept = _keep(drafted, name, taken, lambda target: write(target, told))
    report(Progress(3, 3, "Installed"))
    return kept


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


def _drafted(recognised: tuple[Recognised, ...], path: Path, source_sha256: str) -> ModelRecord:
    """The record but for its own checksum and name."""
    from core.checkpoints.configs import to_json
    from core.checkpoints.families import FAMILIES
    from core.checkpoints.inert import ITEM_BYTES

    main = min(recognised, key=lambda network: (IMPORTANCE.index(network.family.kind), FAMILIES.index(network.family)))
    size = sum(
        tensor.count * ITEM_BYTES[network.expected[key]]
        for network in recognised
        for key, tensor in network.tensors.items()
    )
    family = main.family
    licences = dict.fromkeys(_licence(network)[0] for network in recognised)
    return ModelRecord(
        name=family.name,
        kind=family.kind,
        title=family.title,
        family=family.name,
        licence="; ".join(licences),
        commercial=all(_licence(network)[1] for network in recognised),
        networks={network.family.name: to_json(network.config) for network in recognised},
        source=path.name,
        source_sha256=source_sha256,
        sha256="",
        size_bytes=size,
        need_bytes=size,
        added=datetime.now(UTC).isoformat(timespec="seconds"),
        facts=dict(main.facts),
    )


def _licence(network: Recognised) -> tuple[str, bool]:
    """Licence of the weights; some families release sizes under different ones."""
    config, family = network.config, network.family
    return getattr(config, "licence", family.licence), bool(getattr(config, "commercial", family.commercial))


def _keep(
    drafted: ModelRecord, name: str | None, taken: Collection[str], write: Callable[[Path], str] | None
) -> ModelRecord:
    """Write the folder of a model beside its place and move it there in one step."""
    from dataclasses import replace

    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    making = root / f".{drafted.name}-{secrets.token_hex(4)}.adding"
    making.mkdir()
    try:
        digest = write(making / TENSORS_NAME) if write else drafted.sha256
        while True:
            chosen = name or _free_name(drafted.name, taken)
            kept = replace(drafted, name=chosen, sha256=digest)
            with written_whole(making / JSON_NAME) as stream:
                stream.write(kept.to_json().encode())
            try:
                # a folder is only moved onto nothing or onto an empty one
                making.rename(root / chosen)
            except OSError:
                if name is not None or not (root / chosen).exists():
                    raise
                continue
            return kept
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _sweep(root: Path) -> None:
    """Delete what a crash left half made or half removed a day ago or longer."""
    for pattern in (".*.adding", ".*.removing"):
        for left in root.glob(pattern):
            if left.is_dir() and time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _check_name(name: str, taken: Collection[str]) -> None:
    if not NAME.fullmatch(name) or RESERVED.fullmatch(name):
        raise CheckpointError(
            f"{name[:60]!r} cannot be the name of a model.", "Use small letters, digits, dots, hyphens and underscores."
        )
    if name in taken or (folder() / name).exists():
        raise CheckpointError(f"A model called {name} is there already.", "Choose another name, or remove that one.")


def _free_name(wish: str, taken: Collection[str]) -> str:
    root, name, number = folder(), wish, 1
    while name in taken or (root / name).exists():
        number += 1
        name = f"{wish}-{number}"
    return name
