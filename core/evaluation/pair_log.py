"""What was measured of pairs of heads, a line each as soon as it is known, so that a long evaluation can be stopped."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.evaluation.edited_views import Change

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

Span = tuple[float, float]
"""Seconds by the clock on the wall, and of this process's work."""


@dataclass(frozen=True, eq=False)
class PairRecord:
    """One pair.

    Attributes:
        names: seeds of wearer and reference.
        rows: by the name of a step, what it changed, and the identity distance of the wearer to himself.
        seconds: by the name of a span; one that was not measured is missing.
        features: by sector, KID features [N, 1280] of the views before and after.
        refused: why the part could not be taken; empty where it could.
        floors: identity distances that no edit of the part could be below, by name.
    """

    names: tuple[int, int]
    rows: Mapping[str, tuple[Change, float]] = field(default_factory=dict)
    seconds: Mapping[str, Span] = field(default_factory=dict)
    features: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    refused: str = ""
    floors: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "names": self.names,
            "rows": {name: [asdict(change), identity] for name, (change, identity) in self.rows.items()},
            "seconds": self.seconds,
            "features": {name: [_text(one) for one in both] for name, both in self.features.items()},
            "refused": self.refused,
            "floors": self.floors,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> PairRecord:
        """What `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        own, other = data["names"]
        seconds = {}
        for name, (wall, work) in data["seconds"].items():
            seconds[name] = float(wall), float(work)
        features = {}
        for name, (before, after) in data["features"].items():
            features[name] = _tensor(before), _tensor(after)
        return PairRecord(
            (int(own), int(other)),
            {name: (Change(**change), float(identity)) for name, (change, identity) in data["rows"].items()},
            seconds,
            features,
            str(data["refused"]),
            {str(name): float(value) for name, value in data.get("floors", {}).items()},
        )


class PairLog:
    """Lines of JSON in a file; without a file nothing is kept."""

    def __init__(self, path: Path | None = None, about: str = "") -> None:
        """Begin.

        Args:
            path: of the file, or None.
            about: model and plan; lines about another one are passed over.
        """
        self._path = path
        self._about = about

    def records(self, part: str) -> list[PairRecord]:
        """What is known of a part, in the order in which it was measured; damaged lines are passed over."""
        if self._path is None or not self._path.is_file():
            return []
        found = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                data = json.loads(line)
                if data["part"] == part and data["about"] == self._about:
                    found.append(PairRecord.from_json(data))
            except (ValueError, KeyError, TypeError):
                continue
        return found

    def add(self, part: str, record: PairRecord) -> None:
        """Keep a record."""
        if self._path is None:
            return
        line = json.dumps({"part": part, "about": self._about, **record.to_json()})
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")


def _text(features: Tensor) -> str:
    return base64.b64encode(features.to(torch.float16).numpy().tobytes()).decode()


def _tensor(text: str) -> Tensor:
    flat = np.frombuffer(base64.b64decode(text), np.float16).astype(np.float32)
    return torch.from_numpy(flat).view(-1, FEATURES)


FEATURES = 1280
