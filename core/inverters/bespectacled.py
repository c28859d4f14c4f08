"""Heads that wear the glasses of their photo as shapes.

The search explains frames with density and colours on skin, because it has nothing else. The head that is answered has
them as what they are; the ones on the way are looked at for seconds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.errors import Cancelled
from core.inverters.formed import with_form
from core.inverters.photo_layer import photo_parts
from core.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.align import Alignment
    from core.head import Head
    from core.inverters.formed import Shape
    from core.progress import Report
    from core.protocols import Generator, Inverter

MESSAGE = "Putting the glasses on"


class PutOn(Protocol):
    """What puts a photo's glasses on a head, such as `core.editors.glasses_photo.worn_as_photographed`."""

    def __call__(self, generator: Generator, head: Head, alignment: Alignment, parts: NDArray[np.float32]) -> Head:
        """The head with them; the very same one where the photo shows none."""
        ...


class Bespectacled:
    """An inverter whose heads wear their photo's glasses in the end. Implements `core.protocols.Inverter`."""

    def __init__(self, inverter: Inverter, put_on: PutOn, shape: Shape | None = None) -> None:
        """Of any inverter, and what puts glasses on; what shapes faces does so again where glasses stood before one."""
        self._inverter, self._put_on, self._shape = inverter, put_on, shape

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
        wearing = self._put_on(generator, replace(head, eyewear=None), alignment, photo_parts(alignment))
        if wearing.eyewear is None:
            return head
        if self._shape is not None:
            wearing = with_form(wearing, alignment, generator, self._shape)
        # who has stopped the search has the head all the same
        with suppress(Cancelled):
            report(replace(last, message=MESSAGE, preview=None, result=wearing))
        return wearing
