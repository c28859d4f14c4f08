"""Reading checkpoints that other people wrote, without running their code.

The only module that may use `pickle`. A pickle is a program; here it may build containers, numpy arrays and tensors
and nothing else, so a hostile file is answered with a `CheckpointError` and never executed.
"""

from __future__ import annotations

import importlib
import pickle  # noqa: TID251 - here, and nowhere else
from pathlib import Path
from typing import BinaryIO

import torch

from core.errors import CheckpointError

# Files name numpy's private modules by the version that wrote them; both names mean the same object here.
NUMPY_GLOBALS: dict[tuple[str, str], tuple[str, str]] = {
    ("numpy.core.multiarray", "_reconstruct"): ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"): ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"): ("numpy._core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"): ("numpy._core.multiarray", "scalar"),
    ("numpy.core.numeric", "_frombuffer"): ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"): ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"): ("numpy", "ndarray"),
    ("numpy", "dtype"): ("numpy", "dtype"),
    ("collections", "OrderedDict"): ("collections", "OrderedDict"),
    # How bytes are written in old pickles. The original would accept any codec, decompressors among them.
    ("_codecs", "encode"): ("core.checkpoints", "bytes_from_latin1"),
}


def bytes_from_latin1(text: str, encoding: str = "latin1") -> bytes:
    """Bytes that an old pickle wrote as text."""
    if encoding not in ("latin1", "latin-1"):
        raise CheckpointError(f"The checkpoint asks for the codec {encoding}, which is not plain data.")
    return text.encode("latin1")


class NumpyUnpickler(pickle.Unpickler):
    """Unpickles containers and numpy arrays; any other global is refused before it is imported."""

    def find_class(self, module_name: str, global_name: str) -> object:
        """Answers an allowed global, or raises `CheckpointError`."""
        try:
            module, attribute = NUMPY_GLOBALS[module_name, global_name]
        except KeyError:
            raise CheckpointError(
                f"The checkpoint asks for {module_name}.{global_name}, which is not plain data.",
                "It was not opened. Use a file from the model's authors or a safetensors version of it.",
            ) from None
        return getattr(importlib.import_module(module), attribute)

    def persistent_load(self, pid: object) -> object:
        """Refuses references to storage outside the file."""
        raise CheckpointError(f"The checkpoint refers to data outside of itself ({pid!r}).")


def read_numpy_pickle(source: Path | BinaryIO) -> object:
    """Reads a pickle that holds only dicts, lists, numbers, strings and numpy arrays.

    Args:
        source: A file, or a stream opened in binary mode.

    Raises:
        CheckpointError: The file is damaged or holds anything else.
    """
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return NumpyUnpickler(stream).load()
        return NumpyUnpickler(source).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"The checkpoint cannot be read ({error}).", "The file may be damaged.") from error


def read_state_dict(source: Path | BinaryIO) -> dict[str, torch.Tensor]:
    """Reads the tensors of a file that `torch.save` wrote of a state dict.

    Args:
        source: A file, or a stream opened in binary mode.

    Raises:
        CheckpointError: The file is damaged or holds anything but named tensors.
    """
    try:
        tree = torch.load(source, map_location="cpu", weights_only=True)  # noqa: TID251 - here, and nowhere else
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError("The checkpoint holds more than tensors, or is damaged.", "It was not opened.") from error
    if not isinstance(tree, dict) or not all(isinstance(value, torch.Tensor) for value in tree.values()):
        raise CheckpointError("The checkpoint holds no state dict.")
    return {str(name): tensor for name, tensor in tree.items()}
