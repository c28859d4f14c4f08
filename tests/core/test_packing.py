import enum
import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from core.packing import pack, unpack


class Colour(enum.Enum):
    RED = 1


@dataclass(frozen=True, eq=False)
class Inner:
    array: np.ndarray


@dataclass(frozen=True)
class Outer:
    name: str
    inner: tuple[Inner, ...]
    numbers: dict[str, object]
    colour: Colour
    nothing: None = None


CLASSES = {"Inner": Inner, "Outer": Outer, "Colour": Colour}


def there_and_back(value: object) -> object:
    tensors: dict[str, torch.Tensor] = {}
    return unpack(json.loads(json.dumps(pack(value, "x", tensors))), tensors, CLASSES)


@pytest.mark.parametrize("value", [None, True, 3, 0.1, "ü", (1, (2, "a")), Colour.RED, {"a": (1, 2)}])
def test_plain_values(value: object) -> None:
    assert there_and_back(value) == value


def test_numpy_numbers_become_plain() -> None:
    assert there_and_back((np.float64(0.1), np.int32(3), np.bool_(True))) == (0.1, 3, True)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float32, np.float64, np.bool_])
def test_arrays_keep_numbers_shape_and_type(dtype: type[np.generic]) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype).T[::2]
    again = there_and_back(array)
    assert isinstance(again, np.ndarray)
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, array)


def test_tensors_are_copied() -> None:
    tensors: dict[str, torch.Tensor] = {}
    tensor = torch.arange(4.0, requires_grad=True)
    node = pack((tensor, tensor), "x", tensors)
    assert tensors.keys() == {"x.0", "x.1"}
    assert tensors["x.0"].data_ptr() != tensors["x.1"].data_ptr()  # safetensors refuses memory that is shared
    assert torch.equal(unpack(node, tensors, {})[0], tensor)


def test_what_is_the_same_to_the_last_bit_is_kept_once() -> None:
    zeros = np.zeros(2000, np.float32)
    tensors: dict[str, torch.Tensor] = {}
    node = pack((zeros, zeros.copy(), -zeros, zeros.astype(np.int32), zeros.reshape(2, -1)), "x", tensors)
    assert tensors.keys() == {"x.0", "x.2", "x.3", "x.4"}
    again = unpack(node, tensors, {})
    kinds = [(one.dtype, one.shape) for one in again]
    assert kinds == 3 * [(np.float32, (2000,))] + [(np.int32, (2000,)), (np.float32, (2, 1000))]
    assert np.signbit(again[2]).all()
    assert not np.signbit(again[1]).any()


def test_nested_dataclasses() -> None:
    value = Outer("n", (Inner(np.ones(2)), Inner(np.zeros(3))), {"k": np.float32(2)}, Colour.RED)
    again = there_and_back(value)
    assert isinstance(again, Outer)
    assert (again.name, again.numbers, again.colour, again.nothing) == ("n", {"k": 2.0}, Colour.RED, None)
    np.testing.assert_array_equal(again.inner[1].array, np.zeros(3))


def test_what_has_no_place_in_a_file() -> None:
    with pytest.raises(TypeError, match=r"object at x\.0 has no place"):
        pack((object(),), "x", {})


@pytest.mark.parametrize(
    ("node", "error"),
    [
        ({"value": "os.system", "fields": {}}, KeyError),
        ({"value": "Outer", "fields": {}}, TypeError),
        ({"value": "Inner", "fields": {"array": None, "more": 1}}, TypeError),
        ({"array": "missing"}, KeyError),
        ({"enum": "Colour", "member": "BLUE"}, KeyError),
        ({"what": 1}, ValueError),
        ([1, 2], ValueError),
    ],
)
def test_damaged_descriptions(node: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        unpack(node, {}, CLASSES)
