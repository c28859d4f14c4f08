"""What a field shows on the way to points of a fitted head: where it is solid, and which parts it has there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.camera import SEEN_HALF_HEIGHT
from core.editors.field_parts import chances_at
from core.mask import COVERS
from core.rendering.marching import POINTS_PER_CHUNK
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.editors.face_target import Target
    from core.field import Field
    from core.protocols import Generator

    Array = NDArray[np.float64]

BEFORE_FACE, BEFORE_NECK, BEFORE_SCALP, BEHIND, STEP = 0.035, 0.04, 0.17, 0.045, 0.0022
"""Distances from the fitted head between which the field's own surface is looked for: before its face, its neck and its
scalp, and below any; and between samples; world units."""
WAY = 6
"""Samples over which a surface must become so opaque."""
HAZE, HALF = 0.05, 0.5
"""Opacities at which there is something, and at which a surface is seen."""
COVER_DEEP, SKIN_DEEP, THIN_DEEP = 0.012, 0.006, 0.004
"""How far behind its surface the field is solid, world units: features are fetched from the densest place there. Hair
is fuzzy; skin has other colours further down; what is seen of eyes and teeth is thin."""


@dataclass(frozen=True, eq=False)
class FieldLook:
    """What a field shows on the way to each point [P] of a target; filled in by `look`.

    Attributes:
        known: whether there was a surface, 0 or 1.
        surface: how far before the point, world units.
        outer: how far before it there is something at all, likewise.
        deep: where behind that the field is densest, likewise.
        chances: of the generator's parts at the surface [P, parts].
    """

    known: Array
    surface: Array
    outer: Array
    deep: Array
    chances: Array

    @staticmethod
    def nothing(points: int, parts: int) -> FieldLook:
        """Before anything was looked for."""
        known, surface, outer, deep = np.zeros((4, points))
        return FieldLook(known, surface, outer, deep, np.zeros((points, parts)))

    def look(
        self,
        generator: Generator,
        field: Field,
        target: Target,
        outwards: Array,
        chosen: NDArray[np.int64],
        before: float,
        behind: float = BEHIND,
    ) -> None:
        """Look on the way to the chosen points of a target, and remember what is seen.

        Args:
            generator: decodes the field, with its tuning; it knows parts.
            field: a head's.
            target: where that head is to be.
            outwards: float64 [P, 3] unit, along which to look at each of its points.
            chosen: int64 [N], numbers of the points that look.
            before: how far before each to begin, world units.
            behind: how far behind it to end.
        """
        along = np.arange(before, -behind, -STEP)
        rays = target.points[chosen, None] + along[None, :, None] * outwards[chosen, None]
        density = looked(generator, field, rays)
        # nobody has seen what lies above or below any picture
        density = density * torch.from_numpy(np.abs(rays[..., 1]) < SEEN_HALF_HEIGHT)
        met = torch.cumsum(density, 1) * STEP
        if before > BEFORE_FACE:
            # over a short way: before a scalp there is much haze
            met = met - F.pad(met, (WAY, 0))[:, :-WAY]
        reached = met > -np.log(1 - HALF)
        first, outer = reached.float().argmax(1), (met > -np.log(1 - HAZE)).float().argmax(1)
        chances = chances_at(generator, field, rays[np.arange(len(chosen)), first.numpy()])
        covers = [generator.info.parts.index(part) for part in COVERS if part in generator.info.parts]
        covered = chances[:, covers].sum(1) > HALF
        reach = np.where(target.is_skin[chosen], np.where(covered, COVER_DEEP, SKIN_DEEP), THIN_DEEP)
        number = torch.arange(len(along))
        within = (number >= first[:, None]) & (number <= first[:, None] + torch.from_numpy(reach[:, None] // STEP))
        densest = torch.where(within, density, -1.0).argmax(1).numpy()
        # what is solid at once is inside the head
        known = (reached.any(1) & (first > 1)).numpy()
        # what is neither skin nor hair is the bottom of a hole
        if "background" in generator.info.parts:
            known &= (chances[:, generator.info.parts.index("background")] < HALF) | (target.face[chosen] < 0.5)
        self.known[chosen] = known
        self.surface[chosen] = np.where(known, along[first.numpy()], 0.0)
        self.outer[chosen] = np.where(known, along[outer.numpy()], 0.0)
        self.deep[chosen] = np.where(known, along[densest], 0.0)
        self.chances[chosen] = chances


def looked(generator: Generator, field: Field, points: Array) -> Tensor:
    """Density [N, S], per world unit, at points [N, S, 3]."""
    sample = sampler_of(field)
    flat = torch.from_numpy(points.reshape(-1, 3)).float().to(field.device)
    with torch.no_grad():
        raws = [F.softplus(generator.decode(sample(piece))[0] - 1).cpu() for piece in flat.split(POINTS_PER_CHUNK)]
    return torch.cat(raws).view(points.shape[:2])
