"""A safetensors file written tensor by tensor, so that a model never stands in memory twice."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from core.checkpoints.inert import ITEM_BYTES, SAFETENSORS_BY_TYPE, bytes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from core.checkpoints.inert import StoredTensor

CHUNK_BYTES = 1 << 24
ALIGNMENT = 8


def write_tensors(
    stream: BinaryIO,
    tensors: Mapping[str, StoredTensor],
    types: Mapping[str, str],
    told: Callable[[int], None],
) -> str:
    """Write tensors in the safetensors format.

    Args:
        stream: where to.
        tensors: by name.
        types: torch's name of the type that a tensor shall have; the others keep theirs.
        told: called with the bytes written so far.

    Returns:
        The SHA-256 of what was written.
    """
    header: dict[str, object] = {}
    end = 0
    for name, tensor in tensors.items():
        kind = types.get(name, tensor.type)
        begin, end = end, end + tensor.count * ITEM_BYTES[kind]
        header[name] = {"dtype": SAFETENSORS_BY_TYPE[kind], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    described = json.dumps(header, separators=(",", ":")).encode()
    described += b" " * (-len(described) % ALIGNMENT)
    digest, done = hashlib.sha256(), 0

    def write(data: bytes | memoryview) -> None:
        nonlocal done
        stream.write(data)
        digest.update(data)
        done += len(data)
        told(done)

    write(len(described).to_bytes(8, "little"))
    write(described)
    for name, tensor in tensors.items():
        data = _numbers(tensor, types.get(name, tensor.type))
        for first in range(0, len(data), CHUNK_BYTES):
            write(data[first : first + CHUNK_BYTES])
    return digest.hexdigest()


def _numbers(tensor: StoredTensor, kind: str) -> memoryview:
    """The numbers in order, as the wanted type."""
    if kind == tensor.type:
        return tensor.data()
    import torch

    return bytes_of(tensor.tensor().to(getattr(torch, kind)))
