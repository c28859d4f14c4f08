"""What the dual encoder's discriminators take for real: the generator's own samples, as planes or as pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open

from core.camera import Camera
from core.inverters.glimpse import Glimpse
from core.inverters.pose import RefinedCamera
from core.tensor_file import write_tensors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from core.generators.mini import Mini

SAMPLES = 6
"""Samples a ray of the pictures."""


def _kept(path: Path, count: int, make: Callable[[int], Tensor]) -> Tensor:
    """Float16 [count, ...], from the file if it holds as many."""
    if path.exists():
        try:
            with safe_open(path, framework="pt") as file:
                known: Tensor = file.get_tensor("reals")
            if len(known) >= count:
                return known[:count]
        except (OSError, SafetensorError):
            path.unlink(missing_ok=True)
    made = torch.stack([make(number) for number in range(count)]).half()
    write_tensors(path, {"reals": made})
    return made


def _latents(generator: Mini, seed: int, number: int) -> Tensor:
    noise = torch.Generator().manual_seed(seed * 100_003 + number)
    with torch.no_grad():
        return generator.latents(torch.randn(1, generator.info.noise_size, generator=noise))[0]


def real_planes(generator: Mini, out: Path, count: int, side_px: int, seed: int) -> Tensor:
    """Planes of random samples, averaged down: float16 [count, 3 * C * D, p, p]."""

    def make(number: int) -> Tensor:
        with torch.no_grad():
            planes = generator.planes(_latents(generator, seed, number)[None])[0]
            return F.adaptive_avg_pool2d(planes.flatten(1, 2), side_px).flatten(0, 1)

    return _kept(out / f"real_planes_{side_px}.safetensors", count, make)


def real_patches(generator: Mini, out: Path, count: int, side_px: int, seed: int) -> Tensor:
    """Patches of pictures of random samples from anywhere around: float16 [count, 4, p, p], colour and alpha."""

    def make(number: int) -> Tensor:
        random = np.random.default_rng([seed, number])
        camera = RefinedCamera(Camera.orbit(float(random.uniform(-math.pi, math.pi)), float(random.normal(0.05, 0.2))))
        whole = generator.info.neural_px
        room = whole - side_px
        row, column = (int(np.clip(random.normal(0.47, 0.16) * whole - side_px / 2, 0, room)) for _ in range(2))
        with torch.no_grad():
            trigrid = generator.trigrid(_latents(generator, seed, number))
            glimpse = Glimpse(generator, trigrid, camera)
            seen = glimpse.see(generator, trigrid, camera, (row, column, side_px, whole), SAMPLES)
            return torch.cat([seen.on_white()[0], seen.alpha[None]])

    return _kept(out / f"real_patches_{side_px}.safetensors", count, make)
