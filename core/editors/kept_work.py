"""Pieces of work that are done once: what was found is kept, and of each kind the oldest is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import TypeVar

    Made = TypeVar("Made")

KEPT, GRIDS_KEPT = 8, 2
"""Pieces of work of each kind that are remembered; some are as large as a head, and grids of heads larger still."""
GRIDS = "seen"
"""The kind of grids."""


class KeptWork:
    """Results by key; the first entry of a tuple is its kind. Used by one thread at a time."""

    def __init__(self) -> None:
        """Know nothing."""
        self._memory: dict[Hashable, object] = {}

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made under this key, else what is made now."""
        if key in self._memory:
            self._memory[key] = self._memory.pop(key)  # what was used last is forgotten last
        else:
            made = make()
            same = [known for known in self._memory if _kind(known) == _kind(key)]
            if len(same) >= (GRIDS_KEPT if _kind(key) == GRIDS else KEPT):
                self._memory.pop(same[0])
            self._memory[key] = made
        return self._memory[key]  # type: ignore[return-value]

    def known(self, key: Hashable) -> object:
        """What was made under this key; None where nothing was."""
        return self._memory.get(key)


def _kind(key: Hashable) -> Hashable:
    return key[0] if isinstance(key, tuple) else key
