"""A small picture of a head's face, with what the generator says that each pixel shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.grafted_field import at_rest
from core.rendering.near import march_near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

    Floats = NDArray[np.float64]

LOOK_PX = 72
LOOK_SIDE = 0.24
"""Side of what the small picture shows at the depth of the face, world units."""
LOOK_TARGET = (0.0, -0.035, 0.15)


@dataclass(frozen=True, eq=False)
class FaceLook:
    """A small picture of the face.

    Attributes:
        x, y, z: float64 [S, S] of each pixel's point, in the face's frame.
        rest: float64 [2, S, S], x and y of the same before the face was bent: smiling.
        chances: float64 [parts, S, S], of the generator's parts, times alpha.
        colours: float64 [S, S, 3], 0..1.
        parts: names of the parts.
        pixel: size of a pixel, world units.
    """

    x: Floats
    y: Floats
    z: Floats
    rest: Floats
    chances: Floats
    colours: Floats
    parts: tuple[str, ...]
    pixel: float

    @staticmethod
    def of(generator: Generator, field: Field, grid: FieldGrid, origin: Floats, axes: Floats) -> FaceLook:
        """Look at a head from the front."""
        camera = Camera.orbit(target=LOOK_TARGET, vertical_fov_radians=2 * math.atan(LOOK_SIDE / 2 / 2.7))
        with torch.no_grad():
            seen = march_near(generator, field, camera, LOOK_PX, grid)
            alpha = seen.alpha[0, 0].cpu()
            full = (seen.features[0] / seen.alpha[0].clamp(min=1e-3)).flatten(1).T
            logits = generator.label_logits(full)
            assert logits is not None
            chances = logits.softmax(1).T.cpu().view(-1, LOOK_PX, LOOK_PX) * alpha
            colours = generator.colours(full).clamp(0, 1).cpu().view(LOOK_PX, LOOK_PX, 3)
        origins, directions = camera.rays(LOOK_PX, LOOK_PX)
        points = origins + directions * seen.depth[0, 0].cpu().double().numpy().reshape(-1, 1)
        x, y, z = ((points - origin) @ axes.T).T.reshape(3, LOOK_PX, LOOK_PX)
        before = at_rest(field, torch.from_numpy(points).float().to(field.device)).cpu().double().numpy()
        rest = ((before - origin) @ axes.T).T.reshape(3, LOOK_PX, LOOK_PX)[:2]
        names = tuple(generator.info.parts)
        return FaceLook(x, y, z, rest, chances.double().numpy(), colours.double().numpy(), names, LOOK_SIDE / LOOK_PX)

    def chance(self, part: str) -> Floats:
        """Of one part, [S, S]."""
        return np.asarray(self.chances[self.parts.index(part)] if part in self.parts else np.zeros_like(self.x))

    def colour(self, weight: Floats, where: NDArray[np.bool_]) -> Floats:
        """Mean colour [3]; a middle grey where there is nothing."""
        weight = weight * where
        total = float(weight.sum())
        return np.asarray((self.colours * weight[..., None]).sum((0, 1)) / total if total > 1 else np.full(3, 0.5))

    def depth_at(self, x: float, y: float, width: float) -> float:
        """Depth of the surface around a place, 0 at the origin; glasses before it do not count."""
        near = ((self.x - x) / width) ** 2 + ((self.y - y) / (0.5 * width)) ** 2 < 0.3
        weight = near * (1 - self.chance("glasses")) ** 4 * (self.chances.sum(0) > 0.5)
        if weight.sum() < 3:
            return 0.0
        return float((weight * self.z).sum() / weight.sum())
