"""Heads that know what it took to make them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from core.inverters.passing import Passing
from core.making import Making, peak_gigabytes

if TYPE_CHECKING:
    from core.align import Alignment
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator, Inverter


class Timed:
    """An inverter whose heads carry their `Making`. Implements `core.protocols.Inverter`."""

    def __init__(self, inverter: Inverter) -> None:
        """Of any inverter."""
        self._inverter = inverter

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
        """See the protocol. What `start` took is counted, too."""
        begun = time.monotonic()
        before = 0.0 if start is None or start.making is None else start.making.seconds

        def made(head: Head) -> Head:
            device = head.latents.device
            took = before + time.monotonic() - begun
            threads = torch.get_num_threads() if device.type == "cpu" else 0
            return replace(head, making=Making(took, peak_gigabytes(), threads, str(device)))

        passing = Passing(made, report)
        # what was reported last is what was found
        return passing.changed(
            self._inverter.invert(
                alignment, generator, passing.forward, seed=seed, seconds=seconds, steps=steps, start=start
            )
        )
