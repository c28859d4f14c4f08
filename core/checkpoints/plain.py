"""Values of a foreign file as plain facts: JSON for what describes a model, numpy arrays where a file holds some."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.checkpoints.allowed import ARRAYS, array_of
from core.checkpoints.inert import Holder, Name, StoredTensor
from core.checkpoints.machine import DAMAGED, refused
from core.errors import CheckpointError

if TYPE_CHECKING:
    from typing import Any

DEEPEST, MOST_VALUES = 12, 20_000
LONGEST_FACT = 4_096
SMALL_TENSOR = 64
"""Numbers up to which a tensor is a fact, such as the axes of three planes."""


def facts_of(value: object) -> Any:  # noqa: ANN401 - JSON
    """JSON of a value: options, constructor arguments and the like; what is none is left out as None."""
    return _Facts().of(value, 0)


class _Facts:
    """One conversion; counts what it makes, because a small file may refer to one value very often."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def of(self, value: object, depth: int) -> Any:  # noqa: ANN401 - JSON
        self._left -= 1
        fact: Any = None
        if depth > DEEPEST or self._left < 0:
            return fact
        match value:
            case None | bool():
                fact = value
            case int():
                fact = value if abs(value) < 1 << 63 else None
            case float():
                fact = value if math.isfinite(value) else None
            case str():
                self._left -= len(value) // 16
                fact = value if len(value) <= LONGEST_FACT else None
            case Name():
                fact = str(value)
            case StoredTensor():
                fact = value.tensor().tolist() if value.count <= SMALL_TENSOR else None
            case Holder(kind=Name(name="Namespace")):
                fact = self.of(value.state, depth + 1)
            case dict():
                fact = {key: self.of(item, depth + 1) for key, item in value.items() if isinstance(key, str)}
            case list() | tuple() | set():
                fact = [self.of(item, depth + 1) for item in value]
        return fact


def with_arrays(value: object) -> object:
    """The tree with numpy arrays in the place of their holders.

    Raises:
        CheckpointError: it holds instances, tensors, or is nested without end.
    """
    return _Arrays().of(value, 0)


class _Arrays:
    """One conversion; counts as `_Facts` does."""

    def __init__(self) -> None:
        self._left = 50 * MOST_VALUES

    def of(self, value: object, depth: int) -> object:
        self._left -= 1
        if depth > 4 * DEEPEST or self._left < 0:
            raise CheckpointError("The file is nested too deeply.", "It was not opened.")
        match value:
            case None | bool() | int() | float() | str() | bytes():
                return value
            case memoryview():
                return bytes(value)
            case Holder(kind=kind) if kind.name in ARRAYS:
                try:
                    return array_of(value)
                except (ValueError, TypeError) as error:
                    raise CheckpointError("An array in the file makes no sense.", DAMAGED) from error
            case dict():
                return {key: self.of(item, depth + 1) for key, item in value.items()}
            case list():
                return [self.of(item, depth + 1) for item in value]
            case tuple():
                return tuple(self.of(item, depth + 1) for item in value)
            case Holder():
                raise refused(value.kind)
        raise refused(f"a {type(value).__name__}")
