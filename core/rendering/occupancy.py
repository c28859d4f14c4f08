"""The density of a head on a regular grid: where to look, for previews and for rendering with few samples.

Made once for each field, in about a second on one core: a coarse grid everywhere, then the nodes near the visible
surface, with their colour and part, at full resolution. A field that is laid over another one takes over what that
one's grid knows, and looks only where it says something else. R rays, S samples a ray; grids are [Z, Y, X]. Longer than
usual: how a grid is made and how it is read hang on the same few numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from core.field import Field, Sample
from core.grafted_field import changes
from core.protocols import Generator
from core.rendering.marching import POINTS_PER_CHUNK, field, never_stale, solid_region
from core.rendering.rays import box_limits
from core.rendering.sampling import sampler_of

REFINE = 2
"""Fine cells along the side of a coarse one."""
WIDE = 2
"""Cells of the grid along the side of a cell of `FieldGrid.occupied`."""
FAINT = 0.5
"""Density per world unit below which space counts as empty: a box full of it stops a third of the light."""
KNOWN = 0.5
"""Weight of `FieldGrid.colour` from which a node was looked at itself."""
AROUND = (4, 8)
"""Sides of the blocks whose mean colours nodes take that were not looked at: blocks of nodes, and of such blocks."""
STOPPED = 0.03
"""Share of the light that a coarse node must stop to be looked at closely."""


@dataclass(frozen=True, eq=False)
class FieldGrid:
    """A head on a grid.

    Attributes:
        sigma: density per world unit, float32 [Z, Y, X], at nodes that include the region's faces.
        colour: float32 [4, Z, Y, X]: RGB and 1 at the nodes near the visible surface, which were looked at themselves;
            0 elsewhere.
        labels: uint8 [Z, Y, X] indices into `core.mask.PARTS` at the known nodes, or None.
        half_sides: half sides (x, y, z) of the region about the origin that the grid covers.
        field: what it is the grid of, or None.
        coarse: density float32 [z, y, x] of the first look, everywhere, or None.
        root: the grid of the field that everything else was laid over, where it was known.
    """

    sigma: Tensor
    colour: Tensor
    labels: Tensor | None
    half_sides: tuple[float, float, float]
    field: Field | None = None
    coarse: Tensor | None = None
    root: "FieldGrid | None" = None

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance of neighbouring nodes along x, y and z."""
        counts = reversed(self.sigma.shape)
        x, y, z = (2 * half / (count - 1) for half, count in zip(self.half_sides, counts, strict=True))
        return x, y, z

    def limits(self, origins: Tensor, directions: Tensor, near: float, far: float) -> tuple[Tensor, Tensor]:
        """Depths [R, 1] where rays [R, 3] enter and leave the grid; the end lies first where they miss it."""
        start, end = box_limits(self.relative(origins), self.relative(directions), 2.0)
        return start.clamp(min=near), end.clamp(max=far)

    def relative(self, points: Tensor) -> Tensor:
        """World points [..., 3] in -1..1 along each axis of the grid."""
        return points / torch.tensor(self.half_sides, device=points.device)

    @cached_property
    def on_processor(self) -> "FieldGrid":
        """The same grid in the main memory, where previews are made."""
        if self.sigma.device.type == "cpu":
            return self
        labels = None if self.labels is None else self.labels.cpu()
        return FieldGrid(self.sigma.cpu(), self.colour.cpu(), labels, self.half_sides)

    @cached_property
    def known(self) -> Tensor:
        """The nodes that were looked at themselves, bool [Z, Y, X]: those near the visible surface."""
        return self.colour[3] > KNOWN

    @cached_property
    def around(self) -> Tensor:
        """What blocks of nodes say of those that were not looked at: see `means_around`. Only previews need them."""
        return means_around(self.colour)

    @cached_property
    def occupied(self) -> Tensor:
        """Where rays may meet something, bool [z, y, x]: one node for each `WIDE` of the grid, widened by as many."""
        widened = F.max_pool3d(self.sigma[None, None], 2 * WIDE + 1, WIDE, padding=WIDE)
        return widened[0, 0] > FAINT

    def occupied_at(self, relative: Tensor) -> Tensor:
        """Whether points [..., 3] given in -1..1 along each axis may meet something, bool [...]."""
        z, y, x = (
            ((coordinate + 1) * ((nodes - 1) / (2 * WIDE)) + 0.5).int().clamp(0, size - 1)
            for coordinate, nodes, size in zip(
                reversed(relative.unbind(-1)), self.sigma.shape, self.occupied.shape, strict=True
            )
        )
        index = (z * self.occupied.shape[1] + y) * self.occupied.shape[2] + x
        return self.occupied.view(-1)[index]

    def density_at(self, points: Tensor) -> Tensor:
        """Density [...] at world points [..., 3]; 0 outside."""
        return self.density_at_relative(self.relative(points))

    def density_at_relative(self, points: Tensor) -> Tensor:
        """Density [...] at points [..., 3] given in -1..1 along each axis; 0 outside."""
        at = points.reshape(1, 1, 1, -1, 3)
        sampled = F.grid_sample(self.sigma[None, None], at, mode="bilinear", padding_mode="zeros", align_corners=True)
        return sampled.view(points.shape[:-1])

    def colour_at(self, points: Tensor) -> Tensor:
        """RGB [N, 3] at world points [N, 3], from the nodes around them, those near the surface before others."""
        at = self.relative(points)[None, None, None]
        sampled = F.grid_sample(self.colour[None], at, mode="bilinear", padding_mode="border", align_corners=True)
        known = sampled[0, :, 0, 0]
        _, rows, columns = self.sigma.shape
        nearest, side = self.nearest(points), AROUND[0]
        z, y, x = nearest // (rows * columns) // side, nearest // columns % rows // side, nearest % columns // side
        found = known + (1 - known[3]) * self.around[:, z, y, x]
        return (found[:3] / found[3]).T

    def label_at(self, points: Tensor) -> Tensor | None:
        """Part index uint8 [N] of the node nearest to each of the world points [N, 3]."""
        if self.labels is None:
            return None
        return self.labels.view(-1)[self.nearest(points)]

    def places(self, numbers: Tensor) -> Tensor:
        """World points [N, 3] of nodes whose numbers, in the order z, y, x, are int64 [N]."""
        x, y, z = (
            torch.linspace(-half, half, count, device=numbers.device)
            for half, count in zip(self.half_sides, reversed(self.sigma.shape), strict=True)
        )
        lines = numbers // len(x)
        return torch.stack([x[numbers % len(x)], y[lines % len(y)], z[lines // len(y)]], dim=1)

    def nearest(self, points: Tensor) -> Tensor:
        """Numbers int64 [N], in the order z, y, x, of the nodes nearest to world points [N, 3]."""
        counts = torch.tensor(self.sigma.shape[::-1], device=points.device)
        at = ((self.relative(points) + 1) / 2 * (counts - 1)).round().long()
        x, y, z = at.clamp(min=0).minimum(counts - 1).unbind(1)
        numbers: Tensor = (z * counts[1] + y) * counts[0] + x
        return numbers


def field_grid(
    generator: Generator,
    trigrid: Field,
    part_labels: Callable[[Generator, Tensor], Tensor | None],
    nodes: int | None = None,
    stale: Callable[[], None] = never_stale,
    *,
    below: FieldGrid | None = None,
) -> FieldGrid:
    """Evaluate a head on a grid.

    Args:
        generator: decodes the nodes.
        trigrid: the head.
        part_labels: part indices of decoded features.
        nodes: along each side; None is what the generator asks for.
        stale: called between chunks; raises `Cancelled` when the grid is no longer wanted.
        below: the grid, by the same generator, of a field that `trigrid` may be laid over: it saves time and changes
            nothing.

    Returns:
        The grid. Far from the visible surface the density is interpolated from every second node.
    """
    nodes = nodes or generator.info.grid_nodes
    half_box = generator.info.box_side / 2
    x, y, z = (min(half, half_box) for half in solid_region(generator))
    half_sides = (x, y, z)
    if below is not None and (below.sigma.device != trigrid.device or len(below.sigma) != nodes):
        below = None
    sample = sampler_of(trigrid)
    coarse, is_laid = _first_look(generator, trigrid, half_sides, nodes // REFINE, sample, stale, below)
    sigma = F.interpolate(coarse, size=(nodes, nodes, nodes), mode="trilinear", align_corners=True)[0, 0].contiguous()
    worth = F.interpolate(visible_shell(coarse, 2 * max(half_sides) / len(coarse[0, 0])), sigma.shape, mode="nearest")
    chosen = worth.view(-1).nonzero()[:, 0]
    shape, device = sigma.shape, sigma.device
    colour = torch.zeros(4, *shape, device=device)
    labels: Tensor | None = torch.zeros(shape, dtype=torch.uint8, device=device)
    grid = FieldGrid(sigma, colour, labels, half_sides, trigrid, coarse[0, 0], below and (below.root or below))
    if is_laid and below is not None:
        chosen = _taken_over(grid, chosen, below)
    for piece in torch.split(chosen, POINTS_PER_CHUNK):
        stale()
        raw, features = field(generator, trigrid, grid.places(piece), sample)
        sigma.view(-1)[piece] = F.softplus(raw - 1)
        colour.view(4, -1)[:3, piece] = generator.colours(features).clamp(0, 1).T
        colour.view(4, -1)[3, piece] = 1.0
        parts = part_labels(generator, features)
        if parts is None:
            labels = None
        elif labels is not None:
            labels.view(-1)[piece] = parts
    return replace(grid, labels=labels)


def _first_look(
    generator: Generator,
    trigrid: Field,
    half_sides: tuple[float, float, float],
    few: int,
    sample: Sample,
    stale: Callable[[], None],
    below: FieldGrid | None,
) -> tuple[Tensor, bool]:
    """Density [1, 1, few, few, few] of a field, and whether it is laid over that of the grid below."""
    points = torch.cartesian_prod(*_axes(half_sides, few, trigrid.device)).flip(1)
    coarse, changed = torch.zeros(few**3, device=trigrid.device), None
    if below is not None and below.field is not None and below.coarse is not None:
        changed = changes(trigrid, below.field, points)
        coarse = below.coarse.view(-1).clone() if changed is not None else coarse
    wanted = torch.arange(few**3, device=trigrid.device) if changed is None else changed.nonzero()[:, 0]
    for piece in torch.split(wanted, POINTS_PER_CHUNK):
        stale()
        coarse[piece] = F.softplus(field(generator, trigrid, points[piece], sample)[0] - 1)
    return coarse.view(1, 1, few, few, few), changed is not None


def _taken_over(grid: FieldGrid, chosen: Tensor, below: FieldGrid) -> Tensor:
    """Write what the grid below knows of nodes that the field leaves alone into a new grid.

    Args:
        grid: the new one, of a field that is laid over the other's; changed in place.
        chosen: numbers int64 [N] of the nodes that are to be known.
        below: the other one.

    Returns:
        The numbers of the nodes that are left.
    """
    assert grid.field is not None
    assert below.field is not None
    known = chosen[below.known.view(-1)[chosen]]
    moved = changes(grid.field, below.field, grid.places(known))
    same = known if moved is None else known[~moved]
    grid.sigma.view(-1)[same] = below.sigma.view(-1)[same]
    grid.colour.view(4, -1)[:, same] = below.colour.view(4, -1)[:, same]
    if grid.labels is not None and below.labels is not None:
        grid.labels.view(-1)[same] = below.labels.view(-1)[same]
    return chosen[grid.colour.view(4, -1)[3, chosen] == 0]


def _axes(half_sides: tuple[float, float, float], count: int, device: torch.device) -> list[Tensor]:
    """Coordinates of nodes along z, y and x."""
    return [torch.linspace(-half, half, count, device=device) for half in reversed(half_sides)]


def visible_shell(sigma: Tensor, cell: float) -> Tensor:
    """Which nodes of a coarse grid [1, 1, Z, Y, X] deserve a closer look, 0 or 1.

    Those that stop light that reaches them, and their neighbours. Light comes along the six axes.
    """
    depth = sigma * cell
    lit = torch.zeros_like(depth)
    for axis in (2, 3, 4):
        before = depth.cumsum(axis) - depth
        after = depth.sum(axis, keepdim=True) - before - depth
        lit = torch.maximum(lit, torch.exp(-torch.minimum(before, after)))
    stopped = lit * (1 - torch.exp(-depth))
    return (F.max_pool3d(stopped, 3, 1, padding=1) > STOPPED).to(sigma.dtype)


def means_around(colour: Tensor) -> Tensor:
    """What blocks of nodes say of the unknown ones of a colour grid [4, Z, Y, X], at little weight, [4, z, y, x]."""
    near, far = (
        # known nodes outweigh these a hundredfold, so that these do not tint points between both
        around / around[3:].clamp(min=1e-6) * 1e-2**level
        for level, around in enumerate(_blocks(colour), start=1)
    )
    return near + _enlarged(far, AROUND[1], near.shape) + 1e-8


def _blocks(values: Tensor) -> Iterator[Tensor]:
    """Means of values [C, Z, Y, X] in blocks, and in blocks of those."""
    for side in AROUND:
        values = F.avg_pool3d(values, side, ceil_mode=True, count_include_pad=False)
        yield values


def _enlarged(blocks: Tensor, times: int, shape: torch.Size) -> Tensor:
    """Values of blocks [C, z, y, x] at what they are blocks of, [C, Z, Y, X]."""
    # the last axis first, while there is little: then whole rows are copied
    for axis in (3, 2, 1):
        blocks = blocks.repeat_interleave(times, axis).narrow(axis, 0, shape[axis])
    return blocks
