"""A made-up grid: a ball with a cap of hair, a face in front, and a lock that hangs in the air."""

import torch

from core.editors.head_parts import HeadParts
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid

NODES, HALF = 40, 0.4
SKIN, HAIR, LIPS = (PARTS.index(name) for name in ("skin", "hair", "lips"))


def axes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    z, y, x = torch.meshgrid(*[torch.linspace(-HALF, HALF, NODES)] * 3, indexing="ij")
    return x, y, z


def capped_ball(radius: float = 0.2, middle: float = 0.0, *, lock: bool = True) -> HeadParts:
    x, y, z = axes()
    solid = (x - middle).square() + y.square() + z.square() < radius**2
    labels = torch.where(y > 0.08, HAIR, SKIN)
    labels[(z > 0.1) & (y < 0.0)] = LIPS
    if lock:
        solid |= a_lock()
        labels[a_lock()] = SKIN  # a wrong name
    grid = FieldGrid(
        solid.float() * 100, torch.ones(4, NODES, NODES, NODES), labels.to(torch.uint8), (HALF, HALF, HALF)
    )
    return HeadParts(grid)


def a_lock() -> torch.Tensor:
    x, y, z = axes()
    return (x - 0.32).abs().maximum((y - 0.1).abs()).maximum(z.abs()) < 0.03
