"""Values as JSON and tensors, and back: what a project file is made of. Only the classes of a table are ever made.

A dataclass becomes `{"value": class, "fields": {...}}`, an array `{"array": key}` with its numbers beside the JSON, a
tuple `{"tuple": [...]}`, a mapping `{"mapping": {...}}`, an enum member `{"enum": class, "member": name}`; plain
numbers, strings and None stand as they are.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

Classes = Mapping[str, type[Any]]
"""The dataclasses and enums that may appear, by name."""
SHARED_BYTES = 4096
"""Tensors of at least this size that are the same to the last bit are kept once."""


def pack(value: object, key: str, tensors: dict[str, torch.Tensor]) -> Any:  # noqa: ANN401 - JSON
    """JSON of a value; its arrays go into `tensors` under names that begin with `key`.

    Raises:
        TypeError: something in it has no place in a file.
    """
    if isinstance(value, enum.Enum):  # before numbers, as some of them are
        return {"enum": type(value).__name__, "member": value.name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"array": _kept(torch.from_numpy(np.array(value, order="C")), key, tensors)}
    if isinstance(value, torch.Tensor):
        return {"tensor": _kept(value.detach().to("cpu", copy=True).contiguous(), key, tensors)}
    if isinstance(value, tuple):
        return {"tuple": [pack(item, f"{key}.{index}", tensors) for index, item in enumerate(value)]}
    if isinstance(value, Mapping):
        return {"mapping": {str(name): pack(item, f"{key}.{name}", tensors) for name, item in value.items()}}
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.init]
        fields = {name: pack(getattr(value, name), f"{key}.{name}", tensors) for name in names}
        return {"value": type(value).__name__, "fields": fields}
    raise TypeError(f"{type(value).__name__} at {key} has no place in a file")


def _kept(tensor: torch.Tensor, key: str, tensors: dict[str, torch.Tensor]) -> str:
    """The key of a tensor: its own, or of an equal one that is kept already; small ones are not looked for."""
    if tensor.nbytes >= SHARED_BYTES:
        for name, other in tensors.items():
            if (other.dtype, other.shape) == (tensor.dtype, tensor.shape) and torch.equal(_bits(other), _bits(tensor)):
                return name
    tensors[key] = tensor
    return key


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.reshape(-1).view(torch.uint8)


def unpack(node: Any, tensors: Mapping[str, torch.Tensor], classes: Classes) -> Any:  # noqa: ANN401 - JSON
    """The value that `pack` described.

    Raises:
        ValueError: the JSON describes no value.
        KeyError: an array or a class is missing.
        TypeError: a field is missing or unknown.
    """
    match node:
        case None | bool() | int() | float() | str():
            return node
        case {"array": str(key)}:
            return tensors[key].numpy()
        case {"tensor": str(key)}:
            return tensors[key]
        case {"enum": str(name), "member": str(member)}:
            return classes[name][member]
        case {"tuple": list(items)}:
            return tuple(unpack(item, tensors, classes) for item in items)
        case {"mapping": dict(items)}:
            return {name: unpack(item, tensors, classes) for name, item in items.items()}
        case {"value": str(name), "fields": dict(fields)}:
            return classes[name](**{key: unpack(item, tensors, classes) for key, item in fields.items()})
        case _:
            raise ValueError(f"no value can be made of {str(node)[:80]}")
