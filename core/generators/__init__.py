"""Generators: a latent becomes a trigrid, features become a picture.

Adding one is a module and a line in `LOADERS`. PanoHead joins the table when `volteface models add` can install it;
until then `core.generators.panohead` is made from a state dict.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.protocols import Generator


def _mini() -> Generator:
    loaded: Generator = import_module("core.generators.mini").load_mini()
    return loaded


LOADERS: dict[str, Callable[[], Generator]] = {
    "mini": _mini,
}
"""From a generator's name to what loads it; nothing heavy is imported before."""


@cache
def load(name: str) -> Generator:
    """The generator of that name, loaded once for each process.

    Raises:
        CheckpointError: there is none, or its weights are missing or damaged.
    """
    if name not in LOADERS:
        near = get_close_matches(name, LOADERS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(LOADERS)}."
        raise CheckpointError(f"No generator is called {name}.", hint)
    return LOADERS[name]()
