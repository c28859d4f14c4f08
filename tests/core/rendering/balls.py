"""Generators whose field is known in closed form: features are the sampled coordinates themselves."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from core.camera import Camera
from core.head import Head
from core.protocols import GeneratorInfo
from core.trigrid import PlaneAxes, Trigrid

BOX_SIDE = 0.8
RADIUS = 0.2
EXTENT = (0.38, 0.38, 0.38)
"""Short of the box's faces, where features fade out and far points would read as near ones."""


def ball(position: Tensor) -> Tensor:
    """Raw density of a ball about the origin with a sharp surface."""
    return (1e5 * (RADIUS - position.square().sum(1).sqrt())).clamp(-500, 500)


def nothing(position: Tensor) -> Tensor:
    """Raw density of empty space."""
    return torch.full_like(position[:, 0], -1e3)


class BallGenerator:
    """A field given by a function of the position; x is red, y green, z blue."""

    def __init__(self, density: Callable[[Tensor], Tensor] = ball) -> None:
        self.density = density
        self.info = GeneratorInfo("ball", "Ball", "Apache-2.0", 1, 1, 1, 64, 64, BOX_SIDE, (), True, EXTENT)

    def latents(self, noise: Tensor, truncation: float = 0.7) -> Tensor:
        return truncation * noise[:, None, :1]

    def mean_latents(self) -> Tensor:
        return torch.zeros(1, 1)

    def planes(self, latents: Tensor) -> Tensor:
        """Channels x, y, z, each written once; planes without depth, which would fade too."""
        side = 64
        at = ((torch.arange(side) + 0.5) / side - 0.5) * BOX_SIDE
        rows, columns = torch.meshgrid(at, at, indexing="ij")
        planes = torch.zeros(3, 3, 1, side, side)
        planes[0, 0], planes[0, 1], planes[1, 2] = 3 * columns, 3 * rows, 3 * rows
        return planes.expand(len(latents), -1, -1, -1, -1, -1)

    def trigrid(self, latents: Tensor) -> Trigrid:
        return Trigrid(self.planes(latents[None])[0], PlaneAxes.EG3D, BOX_SIDE)

    def decode(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.density(features), features / BOX_SIDE + 0.5

    def label_logits(self, features: Tensor) -> Tensor | None:
        del features
        return None

    def colours(self, features: Tensor) -> Tensor:
        return features.clamp(0, 1)

    def picture(self, features: Tensor, alpha: Tensor, latents: Tensor) -> Tensor:
        del latents
        return (features + 1 - alpha).clamp(0, 1)

    def tuned(self, delta: Mapping[str, Tensor]) -> "BallGenerator":
        del delta
        return self

    def parameters_to_tune(self) -> dict[str, Tensor]:
        return {}


def ball_head(generator: BallGenerator) -> Head:
    latents = generator.mean_latents()
    return Head(generator="ball", latents=latents, camera=Camera.orbit(), trigrid=generator.trigrid(latents))
