"""What it took to make a head: kept with it, so that a report of a later day can say so."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Making:
    """How a head was made.

    Attributes:
        seconds: until it was there, searches that it was improved by included.
        gigabytes: largest memory of the program by then; None where the system does not tell.
        threads: of the processor that it could use; 0 where it was made elsewhere.
        device: where it was made: "cpu", "cuda:0", "mps".
    """

    seconds: float
    gigabytes: float | None = None
    threads: int = 0
    device: str = "cpu"

    @property
    def in_words(self) -> str:
        """Seconds and where, for people."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        where = f"{threads} of the processor" if self.threads else self.device
        return f"{self.seconds:.0f} s on {where}"


def peak_gigabytes() -> float | None:
    """Largest resident memory of this process so far; None where the system does not tell."""
    try:
        import resource  # Unix only
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kibibytes on Linux, bytes on macOS
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9
