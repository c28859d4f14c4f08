from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.spare_memory import give_back, share_heaps

PIECE, COUNT = 60_000, 1500


def resident() -> int:
    """Bytes of this process that lie in the memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is known of the heap")
def test_what_was_freed_between_what_is_kept_goes_back() -> None:
    share_heaps()
    pieces = [bytearray(PIECE) for _ in range(COUNT)]
    kept = pieces[::50]
    full = resident()
    del pieces
    give_back()
    assert full - resident() > 0.7 * PIECE * COUNT
    assert all(not any(piece[:10]) for piece in kept)
