"""How much memory a generator takes, how much there is, and whether that suffices: known before anything is loaded."""

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from core.errors import DeviceError

KEPT_FREE = 300_000_000
"""Bytes that are left to everybody else when it is asked whether a model fits."""


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that a generator takes, known from the facts of its file before anything is loaded.

    Attributes:
        weights: its networks.
        planes: the planes of one head.
        working: what comes and goes while a picture is made.
    """

    weights: int
    planes: int
    working: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.planes + self.working

    def halved(self) -> "MemoryNeed":
        """With weights in half precision; what is computed with them stays as it is."""
        return MemoryNeed(self.weights // 2, self.planes, self.working)

    def at_neural_px(self, neural_px: int, own_px: int) -> "MemoryNeed":
        """With a feature picture of another side; the working memory goes with its area."""
        return MemoryNeed(self.weights, self.planes, round(self.working * (neural_px / own_px) ** 2))


def free_bytes(device: torch.device | str = "cpu") -> int | None:
    """Memory that can still be had on a device; None where the system does not tell."""
    device = torch.device(device)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # what torch holds but does not use can be had too
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    found = [value for value in (_free_of_system(), _free_of_container()) if value is not None]
    return min(found) if found else None


def fits(need: MemoryNeed, free: int | None) -> bool:
    """Whether there is room for it; where nobody knows how much is free, it is tried."""
    return free is None or need.total + KEPT_FREE <= free


def in_words(count: int) -> str:
    """A number of bytes for people: `640 MB`, `3.1 GB`."""
    return f"{count / 1e9:.1f} GB" if count >= 999_500_000 else f"{max(1, round(count / 1e6))} MB"


def check_fit(title: str, need: MemoryNeed, free: int | None) -> None:
    """Refuse a model that will not fit, before it is loaded.

    Raises:
        DeviceError: with the numbers, and what to do instead.
    """
    if not fits(need, free):
        assert free is not None
        raise DeviceError(
            f"{title} needs {in_words(need.total)} of memory, and {in_words(free)} are free.",
            "Try --precision half or a smaller --neural-px, or close other programs.",
        )


def _free_of_system() -> int | None:
    if sys.platform == "win32":
        return _free_of_windows()
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        # macOS tells how many pages are free, not how many could be; a careful answer
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _free_of_container(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What a container (cgroup v2) may still take; None where there is no bound."""
    try:
        bound = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        facts = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        given_back = sum(int(line.split()[1]) for line in facts if line.startswith(("inactive_file ", "active_file ")))
        return None if bound == "max" else int(bound) - used + given_back
    except (OSError, ValueError, IndexError):
        return None


def _free_of_windows() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = [("size", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong)
            for name in ("all", "free", "pages", "free_pages", "virtual", "unused", "extended")
        ]

    status = Status()
    status.size = ctypes.sizeof(Status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - other systems' type stubs do not know it
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
