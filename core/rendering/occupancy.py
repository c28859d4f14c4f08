"""The density of a head on a regular grid: where to look, for previews and for rendering with few samples.

Made once for each trigrid, in about a third of a second on one core: a coarse grid everywhere, then the nodes near the
visible surface, with their colour and part, at full resolution. R rays, S samples a ray; grids are [Z, Y, X].
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.protocols import Generator
from core.rendering.marching import POINTS_PER_CHUNK, field, never_stale, solid_region
from core.rendering.sampling import sampler_of
from core.trigrid import Trigrid

NODES = 128
"""Nodes along each side of the fine grid."""
REFINE = 2
"""Fine cells along the side of a coarse one."""
STOPPED = 0.03
"""Share of the light that a coarse node must stop to be looked at closely."""


@dataclass(frozen=True, eq=False)
class FieldGrid:
    """A head on a grid.

    Attributes:
        sigma: density per world unit, float32 [Z, Y, X], at nodes that include the region's faces.
        colour: float32 [4, Z, Y, X]: RGB times known, and known: 1 at nodes near the visible surface, else 0.
        labels: uint8 [Z, Y, X] indices into `core.mask.PARTS` at the known nodes, or None.
        half_sides: half sides (x, y, z) of the region about the origin that the grid covers.
    """

    sigma: Tensor
    colour: Tensor
    labels: Tensor | None
    half_sides: tuple[float, float, float]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance of neighbouring nodes along x, y and z."""
        counts = reversed(self.sigma.shape)
        x, y, z = (2 * half / (count - 1) for half, count in zip(self.half_sides, counts, strict=True))
        return x, y, z

    def _relative(self, points: Tensor) -> Tensor:
        return points / torch.tensor(self.half_sides, device=points.device)

    def density_at(self, points: Tensor) -> Tensor:
        """Density [...] at world points [..., 3]; 0 outside."""
        at = self._relative(points).reshape(1, 1, 1, -1, 3)
        sampled = F.grid_sample(self.sigma[None, None], at, mode="bilinear", padding_mode="zeros", align_corners=True)
        return sampled.view(points.shape[:-1])

    def colour_at(self, points: Tensor) -> Tensor:
        """RGB [N, 3] at world points [N, 3] near the surface, from the known nodes around them; white where none is."""
        at = self._relative(points)[None, None, None]
        sampled = F.grid_sample(self.colour[None], at, mode="bilinear", padding_mode="zeros", align_corners=True)
        rgb, known = sampled[0, :3, 0, 0].T, sampled[0, 3, 0, 0, :, None]
        return torch.where(known > 1e-3, rgb / known.clamp(min=1e-3), torch.ones(()))

    def label_at(self, points: Tensor) -> Tensor | None:
        """Part index uint8 [N] of the node nearest to each of the world points [N, 3]."""
        if self.labels is None:
            return None
        counts = torch.tensor(self.labels.shape[::-1], device=points.device)
        x, y, z = ((self._relative(points) + 1) / 2 * (counts - 1)).round().long().clamp(min=0).unbind(1)
        z, y, x = (i.clamp(max=n - 1) for i, n in zip((z, y, x), self.labels.shape, strict=True))
        return self.labels[z, y, x]


def field_grid(
    generator: Generator,
    trigrid: Trigrid,
    part_labels: Callable[[Generator, Tensor], Tensor | None],
    nodes: int = NODES,
    stale: Callable[[], None] = never_stale,
) -> FieldGrid:
    """Evaluate a head on a grid.

    Args:
        generator: decodes the nodes.
        trigrid: the head.
        part_labels: part indices of decoded features.
        nodes: along each side.
        stale: called between chunks; raises `Cancelled` when the grid is no longer wanted.

    Returns:
        The grid. Far from the visible surface the density is interpolated from every second node.
    """
    half_box = generator.info.box_side / 2
    x, y, z = (min(half, half_box) for half in solid_region(generator))
    half_sides = (x, y, z)
    device = trigrid.planes.device

    def axes(count: int) -> list[Tensor]:
        return [torch.linspace(-half, half, count, device=device) for half in (z, y, x)]

    few = nodes // REFINE
    sample = sampler_of(trigrid)
    coarse = torch.zeros(few**3, device=device)
    points = torch.cartesian_prod(*axes(few)).flip(1)
    for start in range(0, len(points), POINTS_PER_CHUNK):
        stale()
        piece = slice(start, start + POINTS_PER_CHUNK)
        coarse[piece] = field(generator, trigrid, points[piece], sample)[0]
    coarse = F.softplus(coarse - 1).view(1, 1, few, few, few)
    sigma = F.interpolate(coarse, size=(nodes, nodes, nodes), mode="trilinear", align_corners=True)[0, 0].contiguous()

    worth = F.interpolate(visible_shell(coarse, 2 * max(half_sides) / few), size=sigma.shape, mode="nearest")
    chosen = worth.view(-1).nonzero()[:, 0]
    fine_axes = axes(nodes)
    flat, colour = sigma.view(-1), torch.zeros(4, sigma.numel(), device=device)
    labels: Tensor | None = torch.zeros(sigma.numel(), dtype=torch.uint8, device=device)
    for piece in torch.split(chosen, POINTS_PER_CHUNK):
        stale()
        rows, columns = piece // nodes, piece % nodes
        points = torch.stack([fine_axes[2][columns], fine_axes[1][rows % nodes], fine_axes[0][rows // nodes]], dim=1)
        raw, features = field(generator, trigrid, points, sample)
        flat[piece] = F.softplus(raw - 1)
        colour[:3, piece] = generator.colours(features).clamp(0, 1).T
        colour[3, piece] = 1.0
        parts = part_labels(generator, features)
        if parts is None:
            labels = None
        elif labels is not None:
            labels[piece] = parts
    shape = sigma.shape
    return FieldGrid(sigma, colour.view(4, *shape), None if labels is None else labels.view(shape), half_sides)


def visible_shell(sigma: Tensor, cell: float) -> Tensor:
    """Which nodes of a coarse grid [1, 1, Z, Y, X] deserve a closer look, 0 or 1: those that stop light that reaches them.

    Light comes along the six axes. Neighbours of such nodes are worth a look too.
    """
    depth = sigma * cell
    lit = torch.zeros_like(depth)
    for axis in (2, 3, 4):
        before = depth.cumsum(axis) - depth
        after = depth.sum(axis, keepdim=True) - before - depth
        lit = torch.maximum(lit, torch.exp(-torch.minimum(before, after)))
    stopped = lit * (1 - torch.exp(-depth))
    return (F.max_pool3d(stopped, 3, 1, padding=1) > STOPPED).to(sigma.dtype)
