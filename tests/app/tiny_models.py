"""The tiny generator in the place of others, and a photo for it: what tests of verbs share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core import generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

    from core.protocols import Generator


@contextmanager
def in_the_table(patch: pytest.MonkeyPatch, loaders: dict[str, Callable[[], Generator]]) -> Iterator[None]:
    """These are the generators that there are; none that was loaded before or within outlasts it."""
    patch.setattr(generators, "LOADERS", loaders)
    generators.load.cache_clear()
    yield
    generators.load.cache_clear()


def grey_photo(folder: Path, width_px: int = 64) -> Path:
    """A grey picture whose name is no plain one."""
    path = folder / "ada ü.png"
    Image.fromarray(np.full((64, width_px, 3), 120, dtype=np.uint8)).save(path)
    return path
