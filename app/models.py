"""What is installed: generators and perception nets, each with licence and state."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core.errors import VoltefaceError


@dataclass(frozen=True)
class InstalledModel:
    """A model as `volteface models list` shows it.

    Attributes:
        name: how options and files name it.
        kind: "generator" or "perception".
        title: for people.
        licence: of the weights.
        state: "ready", "missing" or "damaged".
        note: what to do about a state that is not ready.
        sha256: checksum of the bundled file, where it is one.
    """

    name: str
    kind: str
    title: str
    licence: str
    state: str
    note: str = ""
    sha256: str = ""

    def to_json(self) -> dict[str, str]:
        """All fields by name."""
        return dataclasses.asdict(self)


def installed_models() -> tuple[InstalledModel, ...]:
    """Every generator of the table, then every perception net of the index, checksums verified."""
    from core import generators
    from core.perception import weights

    rows = []
    for name in generators.LOADERS:
        try:
            info = generators.load(name).info
        except VoltefaceError as error:
            rows.append(InstalledModel(name, "generator", error.message, "", "missing", error.hint))
        else:
            rows.append(InstalledModel(name, "generator", info.title, info.licence, "ready"))
    for record in weights.records():
        state = "ready" if record.is_intact() else "damaged" if record.path.exists() else "missing"
        note = "" if state == "ready" else "Reinstall Volteface."
        rows.append(InstalledModel(record.name, "perception", record.title, record.licence, state, note, record.sha256))
    return tuple(rows)
