"""What inverters share that finish the head another one has found.

Only the head that is answered is finished: the ones on the way are looked at for seconds, and so is one that is
finished by half: where one finishes what another one has finished, the head is told of once. Who has stopped the search
has the finished head all the same; who has left it (`Abandoned`) waits for none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from core.errors import Cancelled
from core.progress import Progress

if TYPE_CHECKING:
    from core.align import Alignment
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator, Inverter


class Finishing(ABC):
    """An inverter whose answers are another one's, finished. Implements `core.protocols.Inverter`.

    Attributes:
        message: what is being done, for the job bar.
    """

    message: ClassVar[str]

    def __init__(self, inverter: Inverter) -> None:
        """Of any inverter."""
        self._inverter = inverter

    @abstractmethod
    def finished(self, head: Head, alignment: Alignment, generator: Generator) -> Head:
        """The head finished; the very same one where there is nothing to do.

        Args:
            head: found for the photo, with the photo's camera.
            alignment: the photo's.
            generator: the head's, without its tuning.
        """

    def as_found(self, start: Head) -> Head:
        """A head as a search can go on from it; the very same one where finishing does not stand in its way."""
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
        """See the protocol."""
        last = Progress(0, 1, self.message)
        finishes: list[Finishing] = [self]
        while isinstance(finishes[-1]._inverter, Finishing):
            finishes.append(finishes[-1]._inverter)

        def forward(progress: Progress) -> None:
            nonlocal last
            last = progress
            report(progress)

        if start is not None:
            for finish in finishes:
                start = finish.as_found(start)
        found = finishes[-1]._inverter.invert(
            alignment, generator, forward, seed=seed, seconds=seconds, steps=steps, start=start
        )
        head, message = found, ""
        for finish in reversed(finishes):
            with suppress(Cancelled):
                # a stop keeps the finished head, so nothing but `Abandoned` ends this
                report(replace(last, message=finish.message, values={}, preview=None, result=None))
            before, head = head, finish.finished(head, alignment, generator)
            message = message if head is before else finish.message
        if head is not found:
            with suppress(Cancelled):
                report(replace(last, message=message, values={}, preview=None, result=head))  # nobody measured it
        return head
