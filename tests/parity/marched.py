"""One picture as the published synthesis of EG3D's family marches it."""

from typing import Protocol

import torch
from torch import Tensor

from core.protocols import Generator
from core.rendering.marching import EVEN, Composite, Jitter, as_picture, bounded_depth, march_rays
from core.rendering.rays import box_limits, filled_limits, pose_rays
from core.trigrid import Trigrid


class MarchConfig(Protocol):
    """The settings of either family's config that the march needs."""

    @property
    def neural_px(self) -> int: ...
    @property
    def ray_limits(self) -> tuple[float, float] | None: ...
    @property
    def coarse(self) -> int: ...
    @property
    def fine(self) -> int: ...
    @property
    def box_side(self) -> float: ...


class Configured(Generator, Protocol):
    """A generator with such a config."""

    @property
    def config(self) -> MarchConfig: ...


def march_official(generator: Configured, trigrid: Trigrid, camera: Tensor, jitter: Jitter = EVEN) -> Composite:
    """One picture; camera is its 25 numbers."""
    config = generator.config
    origins, directions = pose_rays(camera[:16].view(1, 4, 4), camera[16:].view(1, 3, 3), config.neural_px)
    limits: tuple[float | Tensor, float | Tensor]
    if config.ray_limits is None:
        start, end = filled_limits(*box_limits(origins, directions, config.box_side))
        limits = start[0], end[0]
    else:
        limits = config.ray_limits
    features, alpha, depth, depths = march_rays(
        generator, trigrid, origins[0], directions[0], limits, config.coarse, config.fine, jitter
    )
    return as_picture(features, alpha, bounded_depth(depth, depths), config.neural_px)


def as_rays(picture: Tensor) -> Tensor:
    """[1, C, h, w] -> [1, R, C]."""
    return torch.flatten(picture, 2).transpose(1, 2)


def strided(value: Tensor, expected: Tensor) -> Tensor:
    """Large outputs are stored at every n-th ray or pixel."""
    for axis, size in enumerate(expected.shape):
        step = value.shape[axis] // size
        value = value[(slice(None),) * axis + (slice(0, step * size, step),)]
    return value
