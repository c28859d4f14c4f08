"""Tensors in less room, and back to the same bits: what a project file keeps of heads.

Neighbouring numbers differ little, so differences are kept; of those the high bytes are nearly all the same and the low
ones are noise, so each of a number's bytes is kept apart from the others and deflated where that pays. No number is
rounded. Planes of a head take about two thirds of their room, volumes and nodes next to none.
"""

import math
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

KINDS = {
    str(kind).removeprefix("torch."): kind
    for kind in (
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.int16, torch.int32, torch.int64,
    )
}  # fmt: skip
"""Kinds of numbers that are folded, by the name that a file calls them."""
LEAST_BYTES = 65_536
"""Smaller tensors stay as they are."""
SAMPLE_BYTES = 65_536
"""So much is tried before all of a tensor is."""
WORTH = 0.95
"""What takes more than this share of its room when it is deflated stays as it is."""
STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY)
"""Ways to deflate: repeats are found by the first, skewed noise is written shorter and faster by the second."""


def folded(tensors: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors to write in place of the given ones, and JSON that says how `unfolded` gets those back.

    Args:
        tensors: by name, of any shape and kind, on the processor.

    Returns:
        As many tensors under the same names, the folded ones uint8 [n]; for each folded one its kind, its shape and the
        bytes that each of its numbers' bytes takes, lowest first; those that are not deflated take one a number.
    """
    kept: dict[str, torch.Tensor] = {}
    facts: dict[str, Any] = {}
    for name, tensor in tensors.items():
        kind = str(tensor.dtype).removeprefix("torch.")
        if kind not in KINDS or tensor.nbytes < LEAST_BYTES:
            kept[name] = tensor
            continue
        streams = [_deflated(plane) for plane in _planes(tensor)]
        kept[name] = torch.from_numpy(np.concatenate(streams))
        facts[name] = {"kind": kind, "shape": list(tensor.shape), "bytes": [stream.size for stream in streams]}
    return kept, facts


def unfolded(tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The tensors that were given to `folded`.

    Raises:
        ValueError: tensors and facts do not belong together.
        KeyError: a tensor, a kind or a fact is missing.
        zlib.error: the bytes were never deflated.
    """
    return {**tensors, **{name: _unfolded(tensors[name], fact) for name, fact in facts.items()}}


def unfolded_bytes(facts: Mapping[str, Any]) -> int:
    """Bytes that the folded tensors of a file say they unfold to."""
    return sum(math.prod(fact["shape"]) * KINDS[fact["kind"]].itemsize for fact in facts.values())


def _unfolded(stored: torch.Tensor, fact: Mapping[str, Any]) -> torch.Tensor:
    kind, shape, sizes = KINDS[fact["kind"]], fact["shape"], fact["bytes"]
    count = math.prod(shape)
    if stored.dtype is not torch.uint8 or min((*shape, *sizes, count)) < 0:
        raise ValueError("a folded tensor is no row of bytes")
    if len(sizes) != kind.itemsize or sum(sizes) != stored.numel():
        raise ValueError("a folded tensor has lost some of its bytes")
    streams = np.split(stored.numpy().ravel(), np.cumsum(sizes)[:-1])
    # somebody waits for this, and zlib lets several threads work; `folded` is quiet behind what they do meanwhile
    with ThreadPoolExecutor(len(streams), "unfolding") as pool:
        planes = list(pool.map(lambda stream: _inflated(stream, count), streams))
    return _joined(planes).view(kind).reshape(shape)


def _planes(tensor: torch.Tensor) -> Bytes:
    """Uint8 [bytes of a number, numbers]: differences of neighbours, apart by the bytes that they are made of."""
    size = tensor.element_size()
    numbers = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().view(f"<i{size}")
    steps = numbers.copy()
    steps[1:] -= numbers[:-1]  # too far a step wraps around, and back again in `_joined`
    return np.ascontiguousarray(steps.view(np.uint8).reshape(-1, size).T)


def _joined(planes: list[Bytes]) -> torch.Tensor:
    """The bytes of the numbers that `_planes` took apart, uint8 [bytes of all numbers]."""
    steps = np.stack(planes, axis=1).view(f"<i{len(planes)}").ravel()
    return torch.from_numpy(np.cumsum(steps, dtype=steps.dtype, out=steps).view(np.uint8))


def _deflated(plane: Bytes) -> Bytes:
    """A plane in the way that a sample of it takes least in, itself where none pays."""
    step = max(1, plane.size // 16)
    sample = b"".join(plane[start : start + SAMPLE_BYTES // 16].tobytes() for start in range(0, plane.size, step))
    size, strategy = min((len(_compressed(sample, strategy)), strategy) for strategy in STRATEGIES)
    if size > WORTH * len(sample):
        return plane
    made = np.frombuffer(_compressed(plane.tobytes(), strategy), np.uint8)
    return made if made.size < plane.size else plane


def _inflated(stream: Bytes, count: int) -> Bytes:
    """The plane of `count` bytes that `_deflated` was given; never more than those are made."""
    if stream.size == count:
        return stream
    machine = zlib.decompressobj()
    plane = machine.decompress(stream.tobytes(), count + 1)
    if len(plane) != count or not machine.eof:
        raise ValueError("a folded tensor unfolds to another size")
    return np.frombuffer(plane, np.uint8)


def _compressed(data: bytes, strategy: int) -> bytes:
    machine = zlib.compressobj(level=1, strategy=strategy)
    return machine.compress(data) + machine.flush()
