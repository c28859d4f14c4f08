"""Measured figures: cells of tables with spread and target, as JSON and in words."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = Any
"""What `json` reads and writes."""


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes:
        row: what was measured, such as "30 degrees".
        column: the measure, such as "LPIPS".
        mean: over what was measured.
        deviation: standard deviation over it; 0 for a single value.
        count: how much was measured.
        at_most: the target of a measure that should be small, or None.
        at_least: the target of one that should be large, or None.
    """

    row: str
    column: str
    mean: float
    deviation: float = 0.0
    count: int = 1
    at_most: float | None = None
    at_least: float | None = None

    @staticmethod
    def of(
        row: str,
        column: str,
        values: Iterable[float],
        at_most: float | None = None,
        at_least: float | None = None,
    ) -> tuple[Cell, ...]:
        """The cell of some values; none where nothing could be measured."""
        known = [float(value) for value in values if math.isfinite(value)]
        if not known:
            return ()
        deviation = statistics.stdev(known) if len(known) > 1 else 0.0
        return (Cell(row, column, statistics.fmean(known), deviation, len(known), at_most, at_least),)

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.at_most is not None:
            return self.mean <= self.at_most
        return None if self.at_least is None else self.mean >= self.at_least

    @property
    def in_words(self) -> str:
        """Mean, spread and target."""
        spread = f" ± {_digits(self.deviation)}" if self.count > 1 else ""
        if self.reached is None:
            return f"{_digits(self.mean)}{spread}"
        target = f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"
        return f"{_digits(self.mean)}{spread} (target {target}{'' if self.reached else ', missed'})"


@dataclass(frozen=True)
class Part:
    """What one part of the evaluation found.

    Attributes:
        title: what was measured, with the protocol in a few words.
        cells: the table.
        remarks: sentences for people: which seeds to look at, what was skipped.
        details: everything else by name, plain JSON.
    """

    title: str
    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()
    details: Mapping[str, Json] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        """A plain table under its title."""
        rows = list(dict.fromkeys(cell.row for cell in self.cells))
        columns = list(dict.fromkeys(cell.column for cell in self.cells))
        known = {(cell.row, cell.column): cell.in_words for cell in self.cells}
        table = [["", *columns], *([row, *(known.get((row, column), "") for column in columns)] for row in rows)]
        widths = [max(len(line[index]) for line in table) for index in range(len(columns) + 1)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in table]
        return "\n".join([self.title, *(f"  {line.rstrip()}" for line in lines), *(f"  {r}" for r in self.remarks)])

    def to_json(self) -> dict[str, Json]:
        """All of it, plain."""
        return {
            "title": self.title,
            "cells": [dict(vars(cell)) for cell in self.cells],
            "remarks": list(self.remarks),
            "details": dict(self.details),
        }

    @staticmethod
    def from_json(data: Mapping[str, Json]) -> Part:
        """What `to_json` wrote."""
        cells = tuple(Cell(**cell) for cell in data["cells"])
        return Part(data["title"], cells, tuple(data["remarks"]), data["details"])


@dataclass(frozen=True)
class ModelFigures:
    """Everything that was measured of one model.

    Attributes:
        model: which one.
        parts: by name, in the order in which they were measured.
    """

    model: str
    parts: Mapping[str, Part] = field(default_factory=dict)

    def with_part(self, name: str, part: Part) -> ModelFigures:
        """The same with one part more, or a newer one."""
        return replace(self, parts={**self.parts, name: part})

    @property
    def in_words(self) -> str:
        """All tables."""
        return "\n\n".join([self.model, *(part.in_words for part in self.parts.values())])

    def to_json(self) -> dict[str, Json]:
        """All of it, plain."""
        return {"model": self.model, "parts": {name: part.to_json() for name, part in self.parts.items()}}

    @staticmethod
    def from_json(data: Mapping[str, Json]) -> ModelFigures:
        """What `to_json` wrote."""
        return ModelFigures(data["model"], {name: Part.from_json(part) for name, part in data["parts"].items()})


def _digits(value: float) -> str:
    """Three significant digits, thousands in full."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
