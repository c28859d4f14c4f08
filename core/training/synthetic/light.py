"""The light on a head: a dim sky and a broad key light."""

from dataclasses import dataclass

import numpy as np

from core.training.synthetic.arrays import Floats


@dataclass(frozen=True, eq=False)
class Light:
    """Light from all sides.

    Attributes:
        direction: unit, towards the key light, world [3].
        strength: of the key light.
        warmth: shift of the key light from blue to red.
    """

    direction: Floats
    strength: float
    warmth: float

    def radiance(self, towards: Floats) -> Floats:
        """RGB [3] in linear light that arrives from a unit direction [3]."""
        sky = (0.45 + 0.30 * towards[1]) * np.array([1, 1, 1.03]) + 0.18 * max(towards[2], 0)
        tint = np.array([1 + self.warmth, 1, 1 - self.warmth])
        arriving: Floats = sky + 1.3 * self.strength * tint * np.exp((towards @ self.direction - 1) * 5.0)
        return arriving


def random_light(rng: np.random.RandomState) -> Light:
    """A key light from somewhere in front and above."""
    key = np.array([rng.normal(0, 0.75), rng.uniform(0.25, 0.9), rng.uniform(0.6, 1.2)])
    warmth = rng.normal(0, 0.05)
    return Light(key / np.linalg.norm(key), rng.uniform(1.3, 2.4), warmth)


def sphere_directions(count: int) -> Floats:
    """Unit directions spread evenly, [count,3]."""
    i = np.arange(count) + 0.5
    y, angle = 1 - 2 * i / count, i * np.pi * (1 + 5**0.5)
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(angle), y, ring * np.sin(angle)], 1)
