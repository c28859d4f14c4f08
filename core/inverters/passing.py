"""What inverters share that change each head which another one finds, on its way to whoever listens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from core.head import Head

if TYPE_CHECKING:
    from core.align import Alignment
    from core.progress import Progress, Report
    from core.protocols import Generator, Inverter

Change = Callable[[Head], Head]
"""A head as it was found -> as it goes out."""


class Passing(ABC):
    """An inverter whose heads are another one's, changed. Implements `core.protocols.Inverter`."""

    def __init__(self, inverter: Inverter) -> None:
        """Of any inverter."""
        self._inverter = inverter

    @abstractmethod
    def change(self, alignment: Alignment, generator: Generator, start: Head | None) -> Change:
        """What is done to each head of one inversion; the arguments are those of the protocol."""

    def as_found(self, start: Head) -> Head:
        """A head as a search can go on from it; the very same one where the change does not stand in its way."""
        return start

    def invert(
        self,
        alignment: Alignment,
        generator: Generator,
        report: Report,
        *,
        seed: int = 0,
        seconds: float | None = None,
        steps: int | None = None,
        start: Head | None = None,
    ) -> Head:
        """See the protocol. What was reported last is what is found."""
        change = _once(self.change(alignment, generator, start))

        def forward(progress: Progress) -> None:
            head = progress.result
            report(replace(progress, result=change(head)) if isinstance(head, Head) else progress)

        bare = None if start is None else self.as_found(start)
        return change(
            self._inverter.invert(alignment, generator, forward, seed=seed, seconds=seconds, steps=steps, start=bare)
        )


def _once(change: Change) -> Change:
    """The same change that gives the very same head again while the same one comes: no better one was found."""
    known: tuple[Head, Head] | None = None

    def changed(head: Head) -> Head:
        nonlocal known
        if known is None or known[0] is not head:
            known = head, change(head)
        return known[1]

    return changed
