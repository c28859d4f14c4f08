"""Configs as JSON and back: frozen dataclasses of numbers, texts, tuples, and such dataclasses."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from core.errors import CheckpointError

T = TypeVar("T")

LARGEST = 1 << 31
LIMITS = {"coarse": (1, 1024), "fine": (0, 1024), "neural_px": (1, 2048), "box_side": (1e-3, 1e3)}
"""Of settings that no tensor bounds: values outside of them would only exhaust the machine."""


def checked(config: T) -> T:
    """The config, whose values may come from a foreign file.

    Raises:
        CheckpointError: a value is of another type than the default's, not finite, or beyond all sizes.
    """
    assert dataclasses.is_dataclass(config)
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            checked(value)
            continue
        least, most = LIMITS.get(field.name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not least <= value <= most:
            raise CheckpointError(
                f"The setting {field.name} in the file is {value:g}, not {least:g} to {most:g}.",
                "The file may be damaged.",
            )
        choices = _choices(type(config), field.name)
        if not _is_plain(value) or not _is_like(value, field.default) or (choices and value not in choices):
            raise CheckpointError(
                f"The setting {field.name} in the file is {str(value)[:80]!r}, which makes no sense.",
                "The file may be damaged.",
            )
    return config


def to_json(config: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Its fields by name; tuples become lists."""
    return {field.name: _listed(getattr(config, field.name)) for field in dataclasses.fields(config)}


def from_json(kind: type[T], values: dict[str, Any]) -> T:
    """The config of these fields.

    Raises:
        CheckpointError: there are others than it has, or they make no sense.
    """
    try:
        parts = {field.name: _default(field) for field in dataclasses.fields(cast("Any", kind))}
        made = {
            name: from_json(type(parts[name]), value) if dataclasses.is_dataclass(parts.get(name)) else _tupled(value)
            for name, value in values.items()
        }
        return checked(kind(**made))
    except (TypeError, ValueError, KeyError) as error:
        raise CheckpointError(
            "The settings of the installed model make no sense.", "Remove it and add its file again."
        ) from error


def _choices(kind: type, name: str) -> tuple[object, ...]:
    """What a field may be where its type lists it."""
    try:
        hint = get_type_hints(kind).get(name)
    except NameError:
        # a name that only type checkers see
        return ()
    return get_args(hint) if get_origin(hint) is Literal else ()


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, int | float):
        return math.isfinite(value) and abs(value) <= LARGEST
    return value is None or isinstance(value, str)


def _is_like(value: object, default: object) -> bool:
    """Whether a value could stand in a default's place."""
    if default is dataclasses.MISSING or default is None or value is None:
        return True
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, type(default))


def _default(field: dataclasses.Field[Any]) -> Any:  # noqa: ANN401 - any default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def _listed(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return to_json(value)
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _tupled(value: object) -> object:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
