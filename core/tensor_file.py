"""A file of named tensors that is written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safetensors.torch import save

from core.whole_file import written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file, replacing what was there in one step.

    Args:
        path: of the file.
        tensors: by name, of any shape and kind.
        metadata: what the file says about them.

    Raises:
        OSError: it could not be written; what was there is untouched.
    """
    # tensors that share memory are refused, so each gets its own
    packed = {name: value.detach().contiguous().clone() for name, value in tensors.items()}
    with written_whole(path) as stream:
        stream.write(save(packed, None if metadata is None else dict(metadata)))
