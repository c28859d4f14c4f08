"""Memory that was freed goes back to the system.

glibc keeps what a program frees, in a heap for almost every thread, in case it is wanted again. Tensors of tens of
megabytes leave holes there that add up to more than half a gigabyte. Elsewhere these functions do nothing.
"""

from __future__ import annotations

import ctypes
import functools
import sys

ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""
HEAPS = 2
"""That all threads share: who allocates tensors rarely waits for another."""


def share_heaps() -> None:
    """Have threads share heaps; to be called before there are any."""
    found = _glibc()
    if found is not None:
        found.mallopt(ARENA_MAX, HEAPS)


def give_back() -> None:
    """Give free memory back, in a few hundredths of a second."""
    found = _glibc()
    if found is not None:
        found.malloc_trim(0)


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    found = ctypes.CDLL(None)
    return found if hasattr(found, "malloc_trim") else None
