"""How the sliders of expression and face shape move the points of the mean face: bundled numbers, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch

from core.perception import weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

Moves = tuple["Tensor", "Tensor"]
"""Which points move, int64 [K], and how far, float32 [K, 3], world units."""


@dataclass(frozen=True, eq=False)
class FaceTargets:
    """The mean face. World units; `core.training.face_targets` measured it.

    Attributes:
        points: float32 [P, 3], of skin and eyeballs.
        areas: float32 [P], of the surface around each, relative to their mean.
        landmarks: float32 [468, 3], where `core.perception.face_mesh` has its points.
        moves: of each slider at strength 1 ("smile+") and at strength -1 ("smile-"), as far as they move anything.
    """

    points: Tensor
    areas: Tensor
    landmarks: Tensor
    moves: Mapping[str, Moves]


@cache
def face_targets() -> FaceTargets:
    """The bundled ones."""
    tensors, _ = weights.read("face_targets")
    names = [key.removesuffix(".index") for key in tensors if key.endswith(".index")]
    moves = {name: (tensors[f"{name}.index"].to(torch.int64), tensors[f"{name}.moves"]) for name in names}
    return FaceTargets(tensors["points"], tensors["areas"], tensors["landmarks"], moves)
