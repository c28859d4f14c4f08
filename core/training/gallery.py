"""Pictures of what a generator makes: the contact sheets that are looked at after every change."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.camera import Camera
from core.protocols import Generator
from core.rendering.marching import march

YAWS_DEGREES = (0.0, 40.0, 90.0, 180.0, -90.0, -40.0)
PITCH_RADIANS = 0.05


def contact_sheet(
    generator: Generator,
    latents: Tensor,
    *,
    yaws_degrees: Sequence[float] = YAWS_DEGREES,
    columns: int = 2,
    samples: int = 32,
) -> NDArray[np.uint8]:
    """Heads from all sides at the generator's picture size, one after another in `columns` columns of rows.

    Args:
        generator: what makes the heads.
        latents: float32 [H, L, W].
        yaws_degrees: the views of a head, from left to right.
        columns: heads side by side.
        samples: coarse and fine samples of a ray.

    Returns:
        RGB uint8 [ceil(H / columns) * S, columns * len(yaws) * S, 3]; places without a head are white.
    """
    strips = []
    with torch.no_grad():
        for head in latents:
            trigrid = generator.trigrid(head)
            views = []
            for yaw in yaws_degrees:
                camera = Camera.orbit(float(np.radians(yaw)), PITCH_RADIANS)
                seen = march(generator, trigrid, camera, generator.info.neural_px, samples, samples)
                views.append(generator.picture(seen.features, seen.alpha, head[None])[0])
            strips.append((torch.cat(views, 2).permute(1, 2, 0) * 255).round().byte().numpy())
    while len(strips) % columns:
        strips.append(np.full_like(strips[0], 255))
    rows = [np.hstack(strips[first : first + columns]) for first in range(0, len(strips), columns)]
    return np.vstack(rows)


def random_heads(generator: Generator, count: int, *, seed: int = 0, truncation: float = 0.7) -> Tensor:
    """Latents float32 [count, L, W] of random heads; the same seed gives the same heads."""
    noise = torch.randn(count, generator.info.noise_size, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return generator.latents(noise, truncation)
