"""What was measured of heads in styles, a line each as soon as it is known: a long evaluation can be stopped."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


@dataclass(frozen=True, eq=False)
class StyledHead:
    """One head in one style, from all views.

    Attributes:
        head: its number among the held-out ones; negative for those that references are drawn of.
        style: name of the pack; "" is the head without.
        figures: values of each measure, one for each view where it could be measured.
        features: float16 [views, 1280] of EfficientNet.
        embedding: dlib's, [128] from the front; empty where no face was found.
    """

    head: int
    style: str
    figures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    features: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    embedding: Tensor = field(default_factory=lambda: torch.zeros(0))

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "head": self.head,
            "style": self.style,
            "figures": {name: list(values) for name, values in self.figures.items()},
            "features": [len(self.features), _text(self.features)],
            "embedding": _text(self.embedding),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StyledHead:
        """What `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        views, text = data["features"]
        figures = {str(name): tuple(float(value) for value in values) for name, values in data["figures"].items()}
        features = _tensor(text).view(int(views), -1) if views else torch.zeros(0, 0)
        return StyledHead(int(data["head"]), str(data["style"]), figures, features, _tensor(data["embedding"]))


class StyleLog:
    """Lines of JSON in a file; without a file they are kept in memory alone."""

    def __init__(self, path: Path | None, about: str) -> None:
        """Read what is there.

        Args:
            path: of the file, or None.
            about: model and plan; lines about another one and damaged ones are passed over.
        """
        self._path, self._about = path, about
        self._known: dict[tuple[int, str], StyledHead] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.is_file() else []
        for line in lines:
            try:
                data = json.loads(line)
                if data["about"] == about:
                    self._keep(StyledHead.from_json(data))
            except (ValueError, KeyError, TypeError):
                continue

    def known(self, head: int, style: str) -> StyledHead | None:
        """What was measured of a head in a style already."""
        return self._known.get((head, style))

    def add(self, record: StyledHead) -> StyledHead:
        """Keep a record."""
        self._keep(record)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"about": self._about, **record.to_json()}) + "\n")
        return record

    def _keep(self, record: StyledHead) -> None:
        self._known[record.head, record.style] = record


def _text(values: Tensor) -> str:
    return base64.b64encode(values.to(torch.float16).numpy().tobytes()).decode()


def _tensor(text: str) -> Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float16).astype(np.float32))
