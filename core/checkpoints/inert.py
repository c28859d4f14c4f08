"""What a foreign file may become: names, holders and tensors that do nothing by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import CheckpointError

if TYPE_CHECKING:
    import torch

TYPES_BY_SAFETENSORS = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
SAFETENSORS_BY_TYPE = {name: code for code, name in TYPES_BY_SAFETENSORS.items()}
ITEM_BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
    "uint8": 1, "bool": 1,
}  # fmt: skip
"""Kinds of numbers that are read, by torch's names."""


@dataclass(frozen=True)
class Name:
    """A class or function that the file names and that stays a name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Holder:
    """An instance of somebody's class: its name, what it was made from, and its attributes.

    Attributes:
        kind: module and name of the class; the module is empty where the file carries it as source text.
        arguments: of its construction.
        state: its attributes by name.
    """

    kind: Name
    arguments: tuple[object, ...] = ()
    state: dict[object, object] = field(default_factory=dict)


@dataclass(eq=False)
class Storage:
    """Numbers in a row; `data` is bound when the file is known to hold them.

    Attributes:
        type: torch's name of the numbers' type.
        count: how many the file declares.
        data: the bytes, a view of the mapped file.
    """

    type: str
    count: int
    data: memoryview | None = None

    def bind(self, data: memoryview) -> None:
        """Give the bytes.

        Raises:
            CheckpointError: they are not as many as declared.
        """
        if len(data) != self.count * ITEM_BYTES[self.type]:
            raise CheckpointError(
                f"A storage of {self.count} {self.type} numbers has {len(data)} bytes.", "The file may be damaged."
            )
        self.data = data


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor that is still in its file.

    Attributes:
        storage: where its numbers are.
        offset: its first number.
        shape: its sides.
        stride: numbers from one element to the next, for each side.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        last = self.offset + sum((side - 1) * step for side, step in zip(self.shape, self.stride, strict=True))
        fits = self.count == 0 or (last < self.storage.count and self.count <= self.storage.count)
        if min((self.offset, *self.shape, *self.stride), default=0) < 0 or not fits:
            raise CheckpointError(
                f"A tensor of shape {list(self.shape)} reaches out of its storage of {self.storage.count} numbers.",
                "The file may be damaged.",
            )

    @property
    def type(self) -> str:
        """Torch's name of the numbers' type."""
        return self.storage.type

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of its numbers."""
        return self.count * ITEM_BYTES[self.type]

    def data(self) -> memoryview:
        """Its numbers in order, little-endian; a view of the file where they lie there in order."""
        if self.storage.data is None:
            raise CheckpointError("A tensor's numbers are missing.", "The file may be damaged; copy it again.")
        step, in_order = 1, True
        for side, stride in zip(reversed(self.shape), reversed(self.stride), strict=True):
            in_order = in_order and (side == 1 or stride == step)
            step *= side
        if in_order:
            begin = self.offset * ITEM_BYTES[self.type]
            return self.storage.data[begin : begin + self.size_bytes]
        return bytes_of(self.tensor())

    def tensor(self) -> torch.Tensor:
        """A copy in memory, contiguous."""
        import torch

        dtype = getattr(torch, self.type)
        if self.count == 0:
            return torch.zeros(self.shape, dtype=dtype)
        if self.storage.data is None:
            raise CheckpointError("A tensor's numbers are missing.", "The file may be damaged; copy it again.")
        numbers = torch.frombuffer(self.storage.data, dtype=dtype)
        view = numbers.as_strided(self.shape, self.stride, self.offset)
        return view.clone(memory_format=torch.contiguous_format)


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of a tensor whose last side runs fastest."""
    strides, step = [], 1
    for side in reversed(shape):
        strides.append(step)
        step *= max(side, 1)
    return tuple(reversed(strides))


def bytes_of(tensor: torch.Tensor) -> memoryview:
    """The numbers of a contiguous tensor in memory, little-endian."""
    import torch

    numbers: Any = tensor.reshape(-1).view(torch.uint8).numpy()
    return memoryview(numbers).cast("B")
