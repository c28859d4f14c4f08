"""Generators: a latent becomes a trigrid, features become a picture.

The bundled ones are a module and a line in `LOADERS` each; `core.checkpoints.store` has those that a person installed.
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
"""From a bundled generator's name to what loads it; nothing heavy is imported before."""


def names() -> tuple[str, ...]:
    """Every generator that `load` knows: the bundled ones, then the installed ones."""
    from core.checkpoints import store

    return (*LOADERS, *(model.name for model in store.installed() if model.is_generator))


@cache
def load(name: str, half: bool = False) -> Generator:
    """The generator of that name, loaded once for each process; `load.cache_clear()` after models came or went.

    Args:
        name: of a bundled or installed one.
        half: keep an installed one's weights in half precision; the bundled one is small enough.

    Raises:
        CheckpointError: there is none, or its weights are missing or damaged.
    """
    if name in LOADERS:
        return LOADERS[name]()
    from core.checkpoints import store

    if name in store.names():
        model = import_module("core.checkpoints.opening").open_model(name, GENERATORS_ONLY)
        if half:
            for network in model.networks.values():
                import_module("core.generators.half").halve(network)
        opened: Generator = model.generator()
        return opened
    near = get_close_matches(name, names(), 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names())}."
    raise CheckpointError(f"No generator is called {name}.", hint)


GENERATORS_ONLY = frozenset({"generator"})
