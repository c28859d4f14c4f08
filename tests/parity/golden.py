"""Golden tensors: outputs of the official implementations on random weights, stored once.

Looked for in the folder VOLTEFACE_GOLDEN, then in ../shared/golden beside the repository, then among the small cases
that travel with the tests. The latter are copies, some without the weights that the case's own recipe makes again.
"""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from tests.parity.recipe import recipe_weight

HERE = Path(__file__).resolve().parent
RELATIVE_TOLERANCE = 1e-4
"""Largest difference allowed, relative to the largest magnitude of the tensor."""


@dataclass(frozen=True, eq=False)
class Golden:
    """One case: `inputs`, `outputs` and `weights` by the name without its prefix, and the facts beside them."""

    name: str
    facts: dict[str, Any]
    inputs: dict[str, torch.Tensor]
    outputs: dict[str, torch.Tensor]
    weights: dict[str, torch.Tensor]


def case(name: str) -> Golden:
    """The case of that name, or the test is skipped where it is not at hand."""
    found = names(name)
    if name not in found:
        pytest.skip(f"golden case {name} is not here; set VOLTEFACE_GOLDEN to its folder")
    return _loaded(found[name])


def names(prefix: str) -> dict[str, Path]:
    """Cases whose name begins with `prefix`, and their files; the first folder that has a case wins."""
    found: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.glob(f"{prefix}*.safetensors")):
            found.setdefault(path.stem, path)
    return found


def assert_close(actual: torch.Tensor | np.ndarray[Any, Any], expected: torch.Tensor, name: str = "") -> None:
    """Fail when any number differs by more than `RELATIVE_TOLERANCE` of the largest expected magnitude."""
    got = torch.as_tensor(np.array(actual) if isinstance(actual, np.ndarray) else actual).detach().double()
    assert got.shape == expected.shape, f"{name}: {tuple(got.shape)} is not {tuple(expected.shape)}"
    scale = max(float(expected.abs().max()), 1e-12)
    worst = float((got - expected.double()).abs().max()) / scale
    assert worst <= RELATIVE_TOLERANCE, f"{name}: differs by {worst:.2e} of the largest magnitude"


def _folders() -> list[Path]:
    wanted = os.environ.get("VOLTEFACE_GOLDEN")
    return [*([Path(wanted)] if wanted else []), HERE.parents[2] / "shared" / "golden", HERE / "golden"]


@cache
def _loaded(path: Path) -> Golden:
    tensors = load_file(path)
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with safe_open(path, framework="pt") as file:
        left_out = json.loads((file.metadata() or {}).get("regenerated", "{}"))
    for name, shape in left_out.items():
        tensors[f"weights.{name}"] = recipe_weight(name, torch.zeros(shape), facts["weight_init"])

    def part(prefix: str) -> dict[str, torch.Tensor]:
        return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

    return Golden(path.stem, facts, part("in."), part("out."), part("weights."))
