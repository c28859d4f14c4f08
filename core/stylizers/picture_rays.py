"""The rays of one picture: marched without a graph first, and again, a chunk at a time, with one.

So no more than a chunk's graph is in memory at once, however large the picture is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.rendering.marching import Composite, as_picture, bounded_depth, march_rays
from core.rendering.rays import camera_rays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from core.camera import Camera
    from core.protocols import Generator
    from core.trigrid import Trigrid

RAYS_PER_CHUNK = 1024
"""Rays whose graph is in memory at once."""


class PictureRays:
    """The rays of a camera through planes."""

    def __init__(
        self,
        generator: Generator,
        like: Trigrid,
        planes: Tensor,
        camera: Camera,
        side_px: int,
        samples: tuple[int, int],
    ) -> None:
        self._generator, self._like, self._planes = generator, like, planes
        self._side_px, self._samples = side_px, samples
        self._limits = (camera.near, camera.far)
        self._origins, self._directions, _ = camera_rays(camera, side_px, planes.device)

    def composite(self) -> Composite:
        """What they see."""
        pieces = [self._march(slice(at, at + RAYS_PER_CHUNK), self._planes) for at in self._starts()]
        features, alpha, depth, depths = (torch.cat(part) for part in zip(*pieces, strict=True))
        return as_picture(features, alpha, bounded_depth(depth, depths), self._side_px)

    def carried_back(self, features: Tensor | None, alpha: Tensor | None) -> Iterator[Tensor]:
        """Gradients of the planes, of a chunk of rays each, from those of their composite."""
        if features is None and alpha is None:
            return
        count = self._side_px**2
        into = torch.zeros(count, 1) if features is None else features[0].flatten(1).T
        opaque = torch.zeros(count) if alpha is None else alpha.flatten()
        chosen = ((into != 0).any(1) | (opaque != 0)).nonzero()[:, 0]
        for rays in torch.split(chosen, RAYS_PER_CHUNK):
            leaf = self._planes.detach().requires_grad_()
            composited, covered, _, _ = self._march(rays, leaf)
            told = (covered * opaque[rays]).sum() + (0 if features is None else (composited * into[rays]).sum())
            (gradient,) = torch.autograd.grad(told, [leaf])
            yield gradient

    def _starts(self) -> range:
        return range(0, len(self._origins), RAYS_PER_CHUNK)

    def _march(self, rays: slice | Tensor, planes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        field = self._like.with_planes(planes[0])
        origins, directions = self._origins[rays], self._directions[rays]
        return march_rays(self._generator, field, origins, directions, self._limits, *self._samples)


def copied(seen: Composite) -> Composite:
    """The same in memory of its own."""
    return Composite(seen.features.clone(), seen.alpha.clone(), seen.depth)


def opened(seen: Composite) -> Tensor:
    """Depth with the background far away."""
    return torch.where(seen.alpha > 1 / 2, seen.depth, seen.depth.max())
