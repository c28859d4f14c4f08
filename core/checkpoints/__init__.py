"""Checkpoints that other people wrote: read without running their code, recognised by content, kept as safetensors.

`containers` reads a file with a machine that can make nothing but data (`machine`, `allowed`, `inert`), `contents`
finds the networks in it, `recognition` tells their families (`families`), `store` keeps them. No unpickler of Python's
is used here or anywhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import torch


def read_numpy_pickle(source: Path | BinaryIO) -> object:
    """Reads a pickle that holds only dicts, lists, numbers, strings and numpy arrays.

    Args:
        source: A file, or a stream opened in binary mode.

    Raises:
        CheckpointError: The file is damaged or holds anything else.
    """
    from core.checkpoints.plain import with_arrays

    return with_arrays(_tree(source))


def read_state_dict(source: Path | BinaryIO) -> dict[str, torch.Tensor]:
    """Reads the tensors of a file that `torch.save` wrote of a state dict.

    Args:
        source: A file, or a stream opened in binary mode.

    Raises:
        CheckpointError: The file is damaged or holds anything but named tensors.
    """
    from core.checkpoints.inert import StoredTensor
    from core.errors import CheckpointError

    tree = _tree(source)
    if not isinstance(tree, dict) or not all(isinstance(value, StoredTensor) for value in tree.values()):
        raise CheckpointError("The checkpoint holds no state dict.", "It was not opened.")
    return {str(name): stored.tensor() for name, stored in tree.items()}


def _tree(source: Path | BinaryIO) -> object:
    from core.checkpoints.containers import mapped, read_tree

    data = mapped(source) if isinstance(source, Path) else memoryview(bytearray(source.read()))
    return read_tree(data).root
