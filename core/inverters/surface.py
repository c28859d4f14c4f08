"""Points on a head's surface with what they look like: where colours are carried around the head and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import density
from core.rendering.marching import POINTS_PER_CHUNK
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from torch import Tensor

    from core.protocols import Generator
    from core.trigrid import Trigrid

CELLS = 56
"""Cells a side of the grid in which the surface is looked for."""
SOLID_ABOVE = 20.0
"""Density, per world unit, of what counts as inside."""
PROBES = 14
"""Samples along the normal with which the surface is found within its cell."""
OPAQUE_ABOVE = 0.5
"""Opacity gathered along the normal at which the surface is reached."""
LAYER = 0.012
"""Thickness of what is seen of a surface, world units: 7 mm."""


@dataclass(frozen=True)
class Surface:
    """Points scattered over a head's outermost surface.

    Attributes:
        points: float32 [N, 3] world.
        normals: float32 [N, 3] unit, outward.
        colours: float32 [N, 3] as one who looks along the normal sees them.
        parts: float32 [N, parts] chances of the part labels; [N, 0] where none are decoded.
    """

    points: Tensor
    normals: Tensor
    colours: Tensor
    parts: Tensor

    @staticmethod
    def of(generator: Generator, trigrid: Trigrid, seed: int = 0, around: int = 2) -> Surface:
        """Of a head.

        Args:
            generator: decodes the samples.
            trigrid: the head.
            seed: of the scattering.
            around: points for each grid cell at the surface.
        """
        with torch.no_grad():
            points, normals = surface_points(generator, trigrid, seed, around)
            reach = 0.9 * trigrid.box_side / CELLS
            step = (2 * reach + LAYER) / PROBES
            along = reach - step * (torch.arange(PROBES) + 0.5)
            probes = points[:, None] + along[:, None] * normals[:, None]
            raw, features = decoded(generator, trigrid, probes.view(-1, 3))
            opacity = 1 - torch.exp(-step * F.softplus(raw - 1)).view(-1, PROBES)
            through = torch.cumprod(1 - opacity, dim=1)
            reached = (through < 1 - OPAQUE_ABOVE).float()
            found = (reached[:, -1] > 0) & (reached[:, 0] == 0)
            place = along[reached.argmax(dim=1)] + step / 2
            weights = opacity * F.pad(through[:, :-1], (1, 0), value=1.0)
            weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
            seen = (features.view(len(points), PROBES, features.shape[-1]) * weights[..., None]).sum(dim=1)[found]
            logits = generator.label_logits(seen)
            return Surface(
                (points + place[:, None] * normals)[found],
                normals[found],
                generator.colours(seen).clamp(0, 1),
                seen.new_zeros(len(seen), 0) if logits is None else logits.softmax(dim=-1),
            )

    def in_colours_of(self, generator: Generator, trigrid: Trigrid) -> Surface:
        """The same points in the colours that other planes of the same head have there, just below the surface."""
        _, features = decoded(generator, trigrid, self.points - LAYER / 2 * self.normals)
        return replace(self, colours=generator.colours(features).clamp(0, 1))


def steepness(generator: Generator, trigrid: Trigrid, points: Tensor, firm: Tensor) -> Tensor:
    """In which direction of features each cell of the planes would move a surface the quickest, [3, C, D, H, W].

    Args:
        generator: decodes the samples.
        trigrid: the head.
        points: [N, 3] of its surface.
        firm: [N] how far the surface is to stay where it is at each of them, 0..1.

    Returns:
        Directions as long as the square root of how firm the surface is that a cell serves; 0 where it serves none.
    """
    planes = trigrid.planes.detach().clone().requires_grad_()
    raw, _ = generator.decode(trigrid.with_planes(planes).sample(points))
    (directions,) = torch.autograd.grad((raw * firm).sum(), planes)
    with torch.enable_grad():
        ones = torch.zeros(3, 2, *planes.shape[2:], requires_grad=True)
        worth = torch.stack([firm, torch.ones_like(firm)], dim=1)
        (served,) = torch.autograd.grad((trigrid.with_planes(ones).sample(points) * worth).sum(), ones)
    share = served[:, :1] / served[:, 1:].clamp(min=1e-6)
    return torch.nn.functional.normalize(directions, dim=1) * share.clamp(0, 1).sqrt()


def surface_points(generator: Generator, trigrid: Trigrid, seed: int = 0, around: int = 2) -> tuple[Tensor, Tensor]:
    """World points [N, 3] scattered in the grid cells at a head's surface, and its outward normals there."""
    side = trigrid.box_side
    grid, solid = solid_cells(generator, trigrid)
    # a cell near a solid one and near an empty one
    near_solid, near_empty = F.max_pool3d(solid, 3, 1, 1), F.max_pool3d(1 - solid, 3, 1, 1)
    chosen = (near_solid * near_empty).view(-1) > 0
    smooth = F.avg_pool3d(F.avg_pool3d(solid, 3, 1, 1), 3, 1, 1)[0, 0]
    slopes = torch.stack(torch.gradient(smooth), dim=-1).view(-1, 3)[chosen]
    noise = torch.rand(around, len(slopes), 3, generator=torch.Generator().manual_seed(seed))
    points = grid[chosen] + (noise - 0.5) * (side / CELLS)
    return points.view(-1, 3), -F.normalize(slopes, dim=1).repeat(around, 1)


def solid_cells(generator: Generator, trigrid: Trigrid) -> tuple[Tensor, Tensor]:
    """Centres [CELLS^3, 3] of a grid over the box, x slowest, and which are solid, float32 [1, 1, x, y, z]."""
    at = ((torch.arange(CELLS) + 0.5) / CELLS - 0.5) * trigrid.box_side
    grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), dim=-1).view(-1, 3)
    return grid, (density(generator, trigrid, grid) > SOLID_ABOVE).float().view(1, 1, CELLS, CELLS, CELLS)


def decoded(generator: Generator, trigrid: Trigrid, points: Tensor) -> tuple[Tensor, Tensor]:
    """Raw density [N] and features [N, F] at points [N, 3]; without gradients, in pieces that fit a core's cache."""
    with torch.no_grad():
        sample = sampler_of(trigrid)
        pieces = [generator.decode(sample(piece)) for piece in torch.split(points, POINTS_PER_CHUNK)]
        return torch.cat([raw for raw, _ in pieces]), torch.cat([features for _, features in pieces])
