"""Raw density on a regular grid, evaluated only where a surface may pass.

A coarse grid comes first. Around every cell that the surface may cross, the points of a grid twice as fine are
evaluated, and so on; the rest is interpolated, which only has to lie on the right side of the surface. Last comes where
exactly each edge is crossed.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from core.exporters.crossings import found_crossings
from core.exporters.surface import DensityGrid
from core.progress import Progress, Report, silent

DensityField = Callable[[torch.Tensor], torch.Tensor]
"""World points [N, 3] -> raw density [N]; the density is softplus(raw - 1) per world unit."""

RESOLUTION = 208
"""Fine cells along the longest side of the region."""
HALVINGS = 2
"""How often the sides of coarse cells are halved."""
POINTS_PER_CHUNK = 65_536
PROBES = 24
"""Rays along each side of the coarse grid that measure where light stops."""
PROBE_STEPS = 24
SLANT = 0.4
"""Share of the density where light that falls straight is half stopped. Outlines are seen at a slant, through more of
the soft rim, and so lie further out: this lies between the two, in proportion."""
SOFTEST, HARDEST = 3.0, 300.0
"""Bounds of the density that may count as a surface, per world unit."""


def sample_density(
    field: DensityField,
    half_sides: tuple[float, float, float],
    resolution: int = RESOLUTION,
    *,
    level: float | None = None,
    report: Report = silent,
) -> DensityGrid:
    """Sample a field finely around its surface.

    Args:
        field: raw density at world points.
        half_sides: half sides of the region where it may be solid, world units.
        resolution: fine cells along the longest side.
        level: raw density of the surface; None measures it.
        report: told before each chunk.

    Returns:
        The grid. Values far from the surface are interpolated from those of coarser grids.
    """
    cell = 2 * max(half_sides) / max(1, round(resolution / 2**HALVINGS))
    coarse_cells = [max(1, round(2 * half / cell)) for half in half_sides]
    axes = [torch.linspace(-half, half, n + 1) for half, n in zip(half_sides, coarse_cells, strict=True)]
    raw = _evaluated(field, torch.cartesian_prod(*axes)).view([len(axis) for axis in axes])
    if level is None:
        level = visible_level(field, raw, half_sides)
    for _ in range(HALVINGS):
        raw = _halved(field, raw, level, half_sides, report)
    samples = raw.numpy()
    return DensityGrid(samples, half_sides, level, found_crossings(field, samples, level, half_sides))


def _halved(
    field: DensityField, raw: torch.Tensor, level: float, half_sides: tuple[float, float, float], report: Report
) -> torch.Tensor:
    """Samples [2X - 1, 2Y - 1, 2Z - 1] of a field, of samples [X, Y, Z] on a grid with twice as long cells."""
    shape = [2 * n - 1 for n in raw.shape]
    finer = F.interpolate(raw[None, None], size=shape, mode="trilinear", align_corners=True)[0, 0].contiguous()
    active = _near_surface(raw, level)
    # a cell owns its points except those on its far faces, which the next cell or the border owns
    owned = active.repeat_interleave(2, 0).repeat_interleave(2, 1).repeat_interleave(2, 2)
    owned = F.pad(owned[None, None].float(), (0, 1, 0, 1, 0, 1), mode="replicate")[0, 0] > 0
    owned[::2, ::2, ::2] = False  # what was known before
    chosen = owned.view(-1).nonzero()[:, 0]
    axes = [torch.linspace(-half, half, n) for half, n in zip(half_sides, shape, strict=True)]
    flat = finer.view(-1)
    for start in range(0, len(chosen), POINTS_PER_CHUNK):
        report(Progress(start, len(chosen), "Looking for the surface"))
        piece = chosen[start : start + POINTS_PER_CHUNK]
        flat[piece] = field(_points_of(piece, axes))
    return finer


def visible_level(field: DensityField, coarse: torch.Tensor, half_sides: tuple[float, float, float]) -> float:
    """Raw density of what looks like the surface: a share of that where half of the light is stopped, over many rays.

    Args:
        field: raw density at world points.
        coarse: raw density [X, Y, Z] on a grid that fills the box.
        half_sides: half sides of the box, world units.
    """
    levels = []
    for axis, from_above in ((0, False), (0, True), (2, False), (2, True), (1, True)):
        volume = coarse.movedim(axis, -1)
        volume = volume.flip(-1) if from_above else volume
        volume = volume[:: max(1, volume.shape[0] // PROBES), :: max(1, volume.shape[1] // PROBES)]
        step = 2 * half_sides[axis] / (coarse.shape[axis] - 1)
        stopped = F.softplus(volume - 1).cumsum(-1) * step > math.log(2)
        struck = stopped.any(-1)
        if not struck.any():
            continue
        first = stopped.float().argmax(-1)[struck]
        others = [i for i in range(3) if i != axis]
        rows, columns = struck.nonzero(as_tuple=True)
        thin = [max(1, coarse.shape[i] // PROBES) for i in others]
        points = torch.zeros(len(first), PROBE_STEPS, 3)
        for i, index, stride in zip(others, (rows, columns), thin, strict=True):
            points[..., i] = (-half_sides[i] + index * stride * 2 * half_sides[i] / (coarse.shape[i] - 1))[:, None]
        # from two cells before the sample that stops the light: linear density would put half of it up to a cell early
        along = step * (first[:, None] - 2 + torch.linspace(0, 2.5, PROBE_STEPS))
        points[..., axis] = half_sides[axis] - along if from_above else along - half_sides[axis]
        raw = _evaluated(field, points.view(-1, 3)).view(-1, PROBE_STEPS)
        depth = F.softplus(raw - 1).cumsum(-1) * (2.5 * step / (PROBE_STEPS - 1))
        half_way = depth > math.log(2)
        found = half_way.any(-1)
        levels.append(raw[found].gather(1, half_way[found].float().argmax(-1, keepdim=True))[:, 0])
    raw_levels = torch.cat(levels) if levels else torch.zeros(0)
    if not len(raw_levels):
        return raw_from_density(SOFTEST)
    density = SLANT * float(F.softplus(raw_levels.median() - 1))
    return raw_from_density(min(max(density, SOFTEST), HARDEST))


def raw_from_density(density: float) -> float:
    """The raw density r for which softplus(r - 1) is `density`."""
    return density + math.log(-math.expm1(-density)) + 1


def _near_surface(coarse: torch.Tensor, level: float) -> torch.Tensor:
    """Which cells [X - 1, Y - 1, Z - 1] the surface may cross, with one cell of margin around them.

    A cell without a solid corner counts too when the density, rising as steeply as it does nearby, would become solid
    half-way through: glasses are thinner than a cell.
    """
    volume = coarse[None, None]
    highest = F.max_pool3d(volume, 2, 1)
    lowest = -F.max_pool3d(-volume, 2, 1)
    steepest = torch.zeros_like(volume)
    for axis in (2, 3, 4):
        rise = volume.diff(dim=axis).abs()
        # each sample takes the steeper of the two edges it ends along this axis
        blank = torch.zeros_like(volume.narrow(axis, 0, 1))
        both = torch.maximum(torch.cat([rise, blank], axis), torch.cat([blank, rise], axis))
        steepest = torch.maximum(steepest, both)
    reach = highest + F.max_pool3d(steepest, 2, 1) / 2
    crossed = ((reach > level) & (lowest < level)).float()
    return F.max_pool3d(crossed, 3, 1, padding=1)[0, 0] > 0


def _points_of(flat: torch.Tensor, axes: list[torch.Tensor]) -> torch.Tensor:
    """World points [N, 3] of flat grid indices [N]."""
    _, rows, columns = (len(axis) for axis in axes)
    indices = (flat // (rows * columns), flat // columns % rows, flat % columns)
    return torch.stack([axis[index] for axis, index in zip(axes, indices, strict=True)], dim=1)


def _evaluated(field: DensityField, points: torch.Tensor) -> torch.Tensor:
    """The field at any number of points."""
    return torch.cat([field(piece) for piece in torch.split(points, POINTS_PER_CHUNK)])
