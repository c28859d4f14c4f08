"""Where tensors live and how random numbers and threads are kept in hand."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.errors import DeviceError


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
