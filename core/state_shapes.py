"""Sizes that a foreign state dict tells by its tensors' shapes, or the sentence that says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


def shape_of(state: Mapping[str, Tensor], name: str, axes: int, title: str) -> tuple[int, ...]:
    """The shape of a tensor that the model called `title` must have.

    Raises:
        CheckpointError: the tensor is missing, or has another number of axes.
    """
    hint = "Check which model the file belongs to."
    if name not in state:
        raise CheckpointError(f"The tensor {name} of {title} is missing.", hint)
    shape = tuple(state[name].shape)
    if len(shape) != axes:
        raise CheckpointError(f"The tensor {name} of {title} should have {axes} axes but has shape {shape}.", hint)
    return shape


def count_of(state: Mapping[str, Tensor], prefix: str, suffix: str) -> int:
    """How many numbered entries the state dict has: names `prefix`N`suffix` with N = 0, 1, 2, ..."""
    count = 0
    while f"{prefix}{count}{suffix}" in state:
        count += 1
    return count
