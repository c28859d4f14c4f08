"""A ball with a nose and a red left cheek, as a density and as a renderer that knows its exact pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.frame import Frame, Quality

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.camera import Camera

RADIUS = 0.15
HALF_SIDES = (0.4, 0.4, 0.4)
LEVEL = 11.0
"""Raw density on the surface of `ball`."""
STEEPNESS = 2000.0


def ball(
    radius: float = RADIUS, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Raw density of a ball: `LEVEL` on its surface."""
    return lambda points: LEVEL + STEEPNESS * (radius - (points - torch.tensor(centre)).norm(dim=1))


def ball_colours(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth colours [N, 3] on the ball: the person's left cheek is red, the right one blue, green rises upwards."""
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    return np.stack([0.5 + 0.4 * unit[:, 0], 0.5 + 0.4 * unit[:, 1], 0.5 - 0.4 * unit[:, 0]], axis=1)


class BallRenderer:
    """Exact pictures of the ball, on white."""

    def __init__(self, size_px: int = 128) -> None:
        self.size_px = size_px

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = lambda: None,
    ) -> Frame:
        stale()
        size = size_px or self.size_px
        origins, directions = camera.rays(size, size)
        along = -np.einsum("ij,ij->i", origins, directions)
        miss = np.linalg.norm(origins + along[:, None] * directions, axis=1)
        hit = miss < RADIUS
        distance = along - np.sqrt(np.maximum(RADIUS**2 - miss**2, 0))
        colours = np.ones((size * size, 3))
        colours[hit] = ball_colours(origins[hit] + distance[hit, None] * directions[hit])
        depth = np.where(hit, distance * (directions @ camera.forward), 0)
        return Frame(
            rgb=(colours * 255).round().astype(np.uint8).reshape(size, size, 3),
            alpha=hit.astype(np.float32).reshape(size, size),
            depth=depth.astype(np.float32).reshape(size, size),
            labels=None,
            camera=camera,
            quality=quality,
        )


def nosed_ball() -> Callable[[torch.Tensor], torch.Tensor]:
    """The ball with a nose that reaches 0.2 along +z."""
    nose = ball(0.03, (0.0, 0.0, 0.17))
    return lambda points: torch.maximum(ball()(points), nose(points))
