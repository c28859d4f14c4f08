"""How an engine tells of its progress: it calls `report(progress)` at each step.

The callback may raise `core.errors.Cancelled`, at which some engines finish the best they have, or
`Abandoned`, which all let pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Progress:
    """One step of a long piece of work.

    Attributes:
        step: steps done, 0..total.
        total: steps in all; an estimate may grow while the work runs.
        message: what is being done, for the job bar ("Fitting the head").
        values: numbers worth plotting at this step, by name ("lpips": .31).
        preview: uint8 [H, W, 3] picture of the state, where the engine has one.
        result: the best result so far, where it can be used before the work ends.
    """

    step: int
    total: int
    message: str
    values: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    preview: NDArray[np.uint8] | None = None
    result: object | None = None

    @property
    def fraction(self) -> float:
        """Share of the work that is done, 0..1."""
        return min(1.0, self.step / self.total) if self.total > 0 else 0.0


Report = Callable[[Progress], None]


def named(report: Report, name: str) -> Report:
    """A report that tells whose progress it is; results and previews stay behind."""

    def told(progress: Progress) -> None:
        report(Progress(progress.step, progress.total, f"{name}: {progress.message}", progress.values))

    return told


def silent(_progress: Progress) -> None:
    """A report that nobody listens to."""
