"""A file of the authors' becomes a model on this machine; after that nothing foreign is read any more."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.checkpoints.record import JSON_NAME, TENSORS_NAME, ModelRecord
from core.checkpoints.store import LOOSE, NAME, folder, installed, sha256_of
from core.errors import CheckpointError
from core.progress import Progress, silent
from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from core.checkpoints.recognition import Recognised
    from core.progress import Report

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
STALE_SECONDS = 24 * 3600
IMPORTANCE = ("encoder", "generator", "refiner", "segmenter", "depth", "identity", "perceptual", "discriminator")
"""Of a file with several networks the first kind says what it is for."""


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
