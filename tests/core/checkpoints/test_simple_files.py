import io
import pickle  # noqa: TID251 - makes the hostile files that must be refused
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from core.checkpoints import read_numpy_pickle, read_state_dict
from core.errors import CheckpointError


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("this must never run",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_containers_are_read(tmp_path: Path, protocol: int) -> None:
    tree = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": OrderedDict(c=[1, "x", np.float64(2.5)])}
    file = tmp_path / "tree.ckpt"
    file.write_bytes(pickle.dumps(tree, protocol))
    found = read_numpy_pickle(file)
    assert isinstance(found, dict)
    np.testing.assert_array_equal(found["a"], tree["a"])
    assert found["b"]["c"] == [1, "x", 2.5]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_code_is_refused_and_never_run(protocol: int, capsys: pytest.CaptureFixture[str]) -> None:
    for value in (Hostile(), {"a": [Hostile()]}, np.array([Hostile()], dtype=object)):
        with pytest.raises(CheckpointError, match=r"print|getattr|_codecs"):
            read_numpy_pickle(io.BytesIO(pickle.dumps(value, protocol)))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04\x95\xff"])
def test_damaged_files_are_told(content: bytes) -> None:
    with pytest.raises(CheckpointError):
        read_numpy_pickle(io.BytesIO(content))


@pytest.mark.parametrize("zipped", [False, True])
def test_a_state_dict_is_read(zipped: bool) -> None:
    file = io.BytesIO()
    torch.save(OrderedDict(a=torch.arange(3.0)), file, _use_new_zipfile_serialization=zipped)
    file.seek(0)
    assert read_state_dict(file)["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("tree", [Hostile(), {"a": Hostile()}, {"a": 1}, [torch.zeros(1)]])
def test_anything_but_tensors_is_refused(tree: object, capsys: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO()
    torch.save(tree, file)
    file.seek(0)
    with pytest.raises(CheckpointError):
        read_state_dict(file)
    assert not capsys.readouterr().out


def test_a_damaged_state_dict_is_refused() -> None:
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(io.BytesIO(b"no checkpoint"))
