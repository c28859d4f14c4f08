"""Heads without what an inversion left hanging in the air.

Searches that follow one photo, and branches that answer it at once, leave haze beside the shoulders and shreds where
outlines disagree. Only the head that is answered is tidied: the ones on the way are looked at for seconds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.errors import Cancelled
from core.progress import Progress

if TYPE_CHECKING:
    from core.align import Alignment
    from core.field import Field
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator, Inverter

MESSAGE = "Tidying up"


class Tidy(Protocol):
    """What wipes off a field what hangs in the air, such as `core.editors.tidying.tidied`."""

    def __call__(self, generator: Generator, field: Field) -> Field:
        """The field without it; the very same one where nothing does. The generator decodes it, with its tuning."""
        ...


class Tidied:
    """An inverter whose heads are tidied in the end. Implements `core.protocols.Inverter`."""

    def __init__(self, inverter: Inverter, tidy: Tidy) -> None:
        """Of any inverter, and what tidies its heads."""
        self._inverter, self._tidy = inverter, tidy

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
        """See the protocol."""
        last = Progress(0, 1, MESSAGE)

        def forward(progress: Progress) -> None:
            nonlocal last
            last = progress
            report(progress)

        head = self._inverter.invert(
            alignment, generator, forward, seed=seed, seconds=seconds, steps=steps, start=start
        )
        field = self._tidy(generator.tuned(head.delta) if head.delta else generator, head.trigrid)
        if field is head.trigrid:
            return head
        head = replace(head, trigrid=field)
        # who has stopped the search has the head all the same
        with suppress(Cancelled):
            report(replace(last, message=MESSAGE, preview=None, result=head))
        return head
