"""The grid that was made last, kept while its field lives: who makes a head and who draws it need not both make one."""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from core.field import FieldOver

if TYPE_CHECKING:
    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

_lock = threading.RLock()  # a field may be let go, and its grid with it, while it is held
_kept: dict[int, tuple[weakref.ref[Field], weakref.ref[Generator], FieldGrid]] = {}


def keep_grid(generator: Generator, grid: FieldGrid) -> None:
    """Keep a grid instead of the one that was kept before.

    Args:
        generator: whose decoder it was made with.
        grid: of a field, which is not kept.
    """
    field = grid.field
    if field is None:
        return

    def forget(_: weakref.ref[Field]) -> None:
        with _lock:
            _kept.pop(key, None)

    key = id(field)
    with _lock:
        _kept.clear()
        _kept[key] = weakref.ref(field, forget), weakref.ref(generator), replace(grid, field=None, root=None)


def kept_grid(generator: Generator, field: Field) -> FieldGrid | None:
    """The kept grid, where it is that of a generator and of a field, or of one that the field is laid over."""
    with _lock:
        known = _kept.get(id(field))
        if known is not None and known[0]() is field and known[1]() is generator:
            return replace(known[2], field=field)
    return kept_grid(generator, field.base) if isinstance(field, FieldOver) else None
