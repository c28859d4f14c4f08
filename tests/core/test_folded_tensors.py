"""Folded tensors come back to the last bit, take less room where they can, and believe no damaged file."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.folded_tensors import KINDS, LEAST_BYTES, folded, unfolded, unfolded_bytes

COUNT = LEAST_BYTES  # numbers of one byte would do; wider ones are more than enough


def _bits(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("content", ["noise", "smooth", "nothing", "extremes"])
def test_every_bit_comes_back(kind: torch.dtype, content: str) -> None:
    """Of any bits: not-a-numbers, minus zeros and the farthest steps between neighbours too."""
    numbers = np.random.default_rng(3)
    shape = (4, COUNT // 4)
    if content == "noise":
        raw = torch.from_numpy(numbers.integers(0, 256, (COUNT, kind.itemsize), np.uint8))
        tensor = raw.view(kind).reshape(shape)
    elif content == "smooth":
        tensor = (torch.linspace(-9, 9, COUNT).sin() * 300).to(kind).reshape(shape)
    elif content == "nothing":
        tensor = torch.zeros(shape, dtype=kind)
    else:
        info = torch.finfo(kind) if kind.is_floating_point else torch.iinfo(kind)
        tensor = torch.tensor([info.min, info.max, 0, -1], dtype=kind).repeat(COUNT // 4).reshape(shape)
    kept, facts = folded({"a": tensor, "small": tensor[0, :7].clone()})
    assert facts.keys() == {"a"}
    assert unfolded_bytes(facts) == tensor.nbytes
    again = unfolded(kept, facts)
    assert {name: (one.dtype, one.shape) for name, one in again.items()} == {
        "a": (kind, tensor.shape), "small": (kind, torch.Size((7,))),
    }  # fmt: skip
    assert _bits(again["a"]) == _bits(tensor)
    assert _bits(again["small"]) == _bits(tensor[0, :7])


def test_what_is_not_of_rising_memory_comes_back() -> None:
    tensor = torch.arange(2.0 * COUNT).reshape(2, COUNT).T
    kept, facts = folded({"a": tensor})
    assert torch.equal(unfolded(kept, facts)["a"], tensor)


def test_volumes_and_nodes_take_next_to_no_room_and_noise_no_more_than_before() -> None:
    volume = torch.zeros(64, 64, 64)
    volume[20:40, 10:50, 30:] = 1.0
    nodes = torch.arange(0, 3 * COUNT, 3, dtype=torch.int32)
    noise = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (COUNT, 4), np.uint8)).view(torch.float32)
    kept, _facts = folded({"volume": volume, "nodes": nodes, "noise": noise})
    assert kept["volume"].nbytes < volume.nbytes / 100
    assert kept["nodes"].nbytes < nodes.nbytes / 100
    assert kept["noise"].nbytes <= noise.nbytes


def test_smooth_planes_take_a_quarter_less() -> None:
    places = torch.linspace(0, 20, 256)
    planes = torch.stack([torch.outer((places * rate).sin(), places.cos()) for rate in (0.3, 0.7, 1.1)])
    kept, _facts = folded({"planes": planes})
    assert kept["planes"].nbytes < 0.75 * planes.nbytes


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "complex64"},
        {"kind": "int64"},
        {"shape": [COUNT + 1]},
        {"shape": [COUNT - 1]},
        {"shape": [-1, -COUNT]},
        {"bytes": [1, 2, 3, 4]},
        {"bytes": []},
        {"bytes": [-4, 4, COUNT, COUNT]},
    ],
)
def test_facts_that_do_not_belong_to_the_tensor(change: dict[str, object]) -> None:
    kept, facts = folded({"a": torch.linspace(0, 1, COUNT)})
    with pytest.raises((ValueError, KeyError)):
        unfolded(kept, {"a": {**facts["a"], **change}})


def test_bytes_that_unfold_to_more_than_they_say_are_not_believed() -> None:
    kept, facts = folded({"a": torch.zeros(4 * COUNT)})
    with pytest.raises(ValueError, match="another size"):
        unfolded(kept, {"a": {**facts["a"], "shape": [COUNT]}})
