"""Several processes that train one network together, started by `accelerate launch`; one alone is the usual case.

Each draws pictures of its own and takes the mean of all gradients before each step, so all hold the same weights all
the time: N processes with a batch of b are one with a batch of N * b. The mean is accelerate's: its wrapper of
modules hears `backward` only, and `core.descent` asks for gradients by `torch.autograd.grad`.
"""

from __future__ import annotations

import dataclasses
import os
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from core.device import best_device
from core.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from accelerate import Accelerator
    from torch import Tensor

    from core.progress import Report

Value = TypeVar("Value")
PROCESSOR = torch.device("cpu")
LONGEST_WAIT = timedelta(hours=12)
"""The first process may judge and write for long while the others wait; they would give up after half an hour."""


@dataclass(frozen=True)
class Crew:
    """The processes of a run, as one of them sees them.

    Attributes:
        number: which of them this one is, from 0.
        count: of all.
        device: on which this one learns.
        accelerator: joins them; None for one alone.
    """

    number: int = 0
    count: int = 1
    device: torch.device = PROCESSOR
    accelerator: Accelerator | None = None

    @property
    def is_first(self) -> bool:
        """Whether this one writes files and talks."""
        return self.number == 0

    @property
    def seeds(self) -> tuple[int, ...]:
        """What is added to the seed of a draw that each makes for itself; nothing for one alone."""
        return (self.number,) if self.count > 1 else ()

    def share(self, count: int) -> int:
        """How many of so many things are this one's; at least one."""
        return max(1, count // self.count)

    def agreed(self, gradients: Sequence[Tensor | None], like: Sequence[Tensor]) -> Sequence[Tensor | None]:
        """The mean of all processes' gradients; a tensor that one of them did not need counts as zero there.

        Args:
            gradients: of this process.
            like: what they are the gradients of.
        """
        if self.accelerator is None:
            return gradients
        pairs = zip(gradients, like, strict=True)
        whole = torch.cat([(torch.zeros_like(x) if g is None else g).flatten() for g, x in pairs])
        mean = self.accelerator.reduce(whole, reduction="mean")
        pieces = mean.split([x.numel() for x in like])
        return [piece.view_as(x) for piece, x in zip(pieces, like, strict=True)]

    def wait(self) -> None:
        """Until all are here."""
        if self.accelerator is not None:
            self.accelerator.wait_for_everyone()

    def first_then_others(self) -> AbstractContextManager[None]:
        """What is inside the first one does before the others: they find its files."""
        if self.accelerator is None:
            return nullcontext()
        turn: AbstractContextManager[None] = self.accelerator.main_process_first()
        return turn

    def report(self, report: Report) -> Report:
        """The way to tell of progress: only the first one speaks, but `Cancelled` still stops the others."""
        return report if self.is_first else silent


ALONE = Crew()
LAUNCHED = "ACCELERATE_MIXED_PRECISION"
"""What the launcher always puts into the environment."""


def placed(value: Value, device: torch.device) -> Value:
    """A value whose tensors, and those of the values within it, are on a device."""
    if device.type == "cpu":
        return value
    moved: Any = value
    if isinstance(value, torch.Tensor):
        moved = value.to(device)
    elif isinstance(value, tuple):
        moved = tuple(placed(part, device) for part in value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {part.name: placed(getattr(value, part.name), device) for part in dataclasses.fields(value)}
        moved = dataclasses.replace(value, **parts)
    placed_value: Value = moved
    return placed_value


def gathered_crew() -> Crew:
    """The crew that the launcher started, or a process alone: on the CPU, without accelerate."""
    if LAUNCHED not in os.environ:
        return ALONE
    # imported only here: it takes a while, and one process alone has no use for it
    from accelerate import Accelerator, InitProcessGroupKwargs

    patience = InitProcessGroupKwargs(timeout=LONGEST_WAIT)
    # without a graphics card processes share out the processor, which accelerate does only when told
    accelerator = Accelerator(cpu=best_device().type == "cpu", kwargs_handlers=[patience])
    return Crew(accelerator.process_index, accelerator.num_processes, accelerator.device, accelerator)
