"""Regenerates the random weights of golden cases that store none (FACTS, section 0)."""

import re
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


def recipe_state(state: Mapping[str, Tensor], weight_init: Mapping[str, Any]) -> dict[str, Tensor]:
    """A state dict of the same names and shapes, filled as `weight_init` of a case's json says."""
    filled = {name: recipe_weight(name, value, weight_init) for name, value in state.items()}
    for name, override in weight_init["weight_overrides_after_recipe"].items():
        filled[name].view(-1)[override["index"]] = override["value"]
    return filled


def recipe_weight(name: str, value: Tensor, weight_init: Mapping[str, Any]) -> Tensor:
    """The tensor of that name; the first rule whose pattern it matches tells how."""
    _, offset, scale, kind = next(rule for rule in weight_init["rules"] if re.search(rule[0], name))
    if kind == "keep" or not value.is_floating_point():
        return value
    # the recipe is defined on numpy's legacy generator
    seed = (zlib.crc32(name.encode()) + weight_init["SEED"]) % 2**32
    numbers = np.random.RandomState(seed).standard_normal(value.numel()).reshape(value.shape)
    if kind == "fan":
        scale /= np.sqrt(value.numel() / value.shape[0])
    filled = offset + scale * (np.abs(numbers) if kind == "abs" else numbers)
    return torch.from_numpy(np.asarray(filled, dtype=np.float32))
