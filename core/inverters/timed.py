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
    from core.inverters.passing import Change
    from core.protocols import Generator


class Timed(Passing):
    """An inverter whose heads carry their `Making`."""

    def change(self, alignment: Alignment, generator: Generator, start: Head | None) -> Change:
        """Tells what it took so far, and before: what `start` took is counted, too."""
        del alignment, generator
        begun = time.monotonic()
        before = 0.0 if start is None or start.making is None else start.making.seconds

        def made(head: Head) -> Head:
            device = head.latents.device
            took = before + time.monotonic() - begun
            threads = torch.get_num_threads() if device.type == "cpu" else 0
            return replace(head, making=Making(took, peak_gigabytes(), threads, str(device)))

        return made
