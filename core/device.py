"""Where tensors live, and how random numbers and threads are kept in hand.

What happens when the memory does not suffice is decided here, for all engines: `with_less` does the work again in
smaller pieces and, where that does not help, on the processor.
"""

import copy
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

from core.errors import DeviceError

log = logging.getLogger(__name__)

T = TypeVar("T")

NOT_ENOUGH = (
    "not enough memory",
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "alloc_failed",
)
"""What torch and its libraries say, in lower case, where the error's class does not tell."""
FEWER = 4
"""Pieces become so many times smaller at each new attempt."""
SMALLEST_SHARE = 1 / FEWER**2


def best_device() -> torch.device:
    """The fastest device of this machine: CUDA, then Apple's GPU, then the CPU.

    The environment variable VOLTEFACE_DEVICE ("cpu", "cuda", "cuda:1", "mps") overrules the choice.
    """
    wanted = os.environ.get("VOLTEFACE_DEVICE", "").strip()
    if wanted:
        return _named_device(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def _named_device(name: str) -> torch.device:
    hint = "Set VOLTEFACE_DEVICE to cpu, cuda or mps, or unset it."
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"VOLTEFACE_DEVICE={name} names no device.", hint) from error
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present.get(device.type, False):
        raise DeviceError(f"The device {name} of VOLTEFACE_DEVICE is not present on this machine.", hint)
    return device


def moved(owner: T, device: torch.device | str) -> T:
    """A shallow copy of an object whose own networks and tensors live on another device; the object itself stays."""
    there = copy.copy(owner)
    for name, value in vars(owner).items():
        if isinstance(value, torch.nn.Module):
            setattr(there, name, _network_on(value, device))
        elif isinstance(value, torch.Tensor):
            setattr(there, name, value.to(device))
        elif isinstance(value, dict) and value and all(isinstance(item, torch.Tensor) for item in value.values()):
            setattr(there, name, {key: item.to(device) for key, item in value.items()})
    return there


def _network_on(network: torch.nn.Module, device: torch.device | str) -> torch.nn.Module:
    """A copy of a network on another device, with weights that a tuning put in place of its own."""
    there = copy.deepcopy(network).to(device)
    for part in there.modules():
        for name, value in vars(part).items():
            if isinstance(value, torch.Tensor):
                setattr(part, name, value.to(device))
    return there


@dataclass(frozen=True)
class Effort:
    """How much of a piece of work is done at once, and where.

    Attributes:
        share: of the usual size of its pieces.
        on_processor: whether it leaves the fast device.
    """

    share: float = 1.0
    on_processor: bool = False

    def of(self, usual: int) -> int:
        """The size of pieces that usually have `usual` elements."""
        return max(1, round(usual * self.share))

    def less(self) -> "Effort | None":
        """What is tried next; None when nothing is left."""
        if self.share > SMALLEST_SHARE:
            return Effort(self.share / FEWER, self.on_processor)
        return None if self.on_processor else Effort(1.0, on_processor=True)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice; torch says so in several ways."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in NOT_ENOUGH)


def with_less(work: Callable[[Effort], T], effort: Effort = Effort()) -> tuple[T, Effort]:
    """Do a piece of work; where memory does not suffice, in smaller pieces, and at last on the processor.

    Args:
        work: does it from the start with an effort. It must change nothing that a second attempt would trip over.
        effort: to begin with: what sufficed the last time.

    Returns:
        What it gave, and the effort that sufficed.

    Raises:
        DeviceError: not even the least effort sufficed.
    """
    while True:
        try:
            return work(effort), effort
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            least = effort.less()
            if least is None:
                raise DeviceError(
                    "There is not enough memory for this, not even in small pieces.",
                    "Close other programs, or choose half precision or a smaller size.",
                ) from error
            log.info("out of memory with %s; going on with %s", effort, least)
            effort = least
        # outside of the handler, whose traceback keeps the attempt's tensors alive
        _give_back()


def _give_back() -> None:
    """Return to the device what torch keeps for itself."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw torch's random numbers from `seed` inside the block and leave the outer sequence untouched."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count()) if torch.cuda.is_available() else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use `count` CPU threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, count))
    try:
        yield
    finally:
        torch.set_num_threads(before)
