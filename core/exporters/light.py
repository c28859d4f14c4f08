"""The light mesh that a project keeps of its head, in about a second: from what a renderer has computed already.

The density comes from the renderer's grid and the colours from the pictures that it has finished; nothing holds
Python's interpreter for long, because this runs behind the window while a project is saved. For files that leave the
program there is `Subject`, which looks more closely.
"""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.errors import ExportError
from core.exporters.density import HARDEST, SLANT, SOFTEST, raw_from_density
from core.exporters.surface import largest_piece
from core.exporters.texture import GRAZING, SHARPNESS, as_bytes
from core.mesh import Mesh
from core.rendering.key_view import KeyView
from core.rendering.occupancy import FieldGrid
from core.stand_in import MOST_TRIANGLES

FAINTEST = 1e-30
"""Density from which a raw one can still be worked out in single precision."""
DOUBT = 0.05
"""Total weight of pictures under which the grid's own colours come in."""
CORNERS = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
EDGES = [
    (a, b) for a in CORNERS for b in CORNERS if sum(b) - sum(a) == 1 and all(q >= p for p, q in zip(a, b, strict=True))
]


def light_mesh(grid: FieldGrid, keys: list[KeyView], triangles: int = MOST_TRIANGLES) -> Mesh:
    """A head's surface with a colour at each vertex, world units.

    Args:
        grid: the head's density and colours, in the main memory.
        keys: finished frames of the same head.
        triangles: at most about so many.

    Raises:
        ExportError: there is no surface.
    """
    mesh = light_surface(grid, triangles)
    points, normals = torch.from_numpy(mesh.vertices), torch.from_numpy(mesh.normals)
    return replace(mesh, colours=as_bytes(colours_of(grid, keys, points, normals)))


def light_surface(grid: FieldGrid, triangles: int) -> Mesh:
    """A head's surface without colours, world units.

    Args:
        grid: the head's density, in the main memory.
        triangles: at most about so many.

    Raises:
        ExportError: there is no surface.
    """
    import fast_simplification

    sigma = grid.sigma.permute(2, 1, 0).clamp(min=FAINTEST)
    raw = sigma + torch.log(-torch.expm1(-sigma)) + 1
    vertices, faces = surface_nets(raw, raw_from_density(visible_density(grid)), grid.half_sides)
    if not len(faces):
        raise ExportError("There is no surface in this head.", "Make the head again, or try another seed.")
    vertices, faces = largest_piece(vertices, faces)
    if len(faces) > triangles:
        vertices, faces = fast_simplification.simplify(vertices, faces, target_count=triangles, agg=4)
    return Mesh.of_triangles(vertices, faces)


def visible_density(grid: FieldGrid) -> float:
    """The density of what looks like the surface, per world unit: as `density.visible_level`, along the grid's axes."""
    met = []
    for axis in (0, 2):
        step = grid.spacing[2 - axis]
        for sigma in (grid.sigma, grid.sigma.flip(axis)):
            stopped = sigma.cumsum(axis) * step > np.log(2)
            first = stopped.int().argmax(axis, keepdim=True)
            met.append(sigma.gather(axis, first)[stopped.any(axis, keepdim=True)])
    densities = torch.cat(met)
    # the node after the half-way point lies a little inside of it
    middle = float(densities.median()) / 2 if len(densities) else SOFTEST
    return min(max(SLANT * middle, SOFTEST), HARDEST)


def surface_nets(
    raw: Tensor, level: float, half_sides: tuple[float, float, float]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The closed surface where a density passes a level: one vertex in each cell that it crosses.

    Args:
        raw: [X, Y, Z] on the corners of cubes that fill a box about the origin; what leaves the box is capped.
        level: of the surface; solid is above it.
        half_sides: of the box, world units.

    Returns:
        Vertices float32 [V, 3] and faces int32 [F, 3], wound outwards.
    """
    spacing = 2 * torch.tensor(half_sides) / (torch.tensor(raw.shape) - 1)
    padded = F.pad(raw, (1,) * 6, value=min(float(raw.min()), level - 1))
    solid = padded > level
    count = torch.zeros([side - 1 for side in padded.shape], dtype=torch.int8)
    for corner in CORNERS:
        count += _corner(solid, corner)
    crossed = (count > 0) & (count < len(CORNERS))
    cells = crossed.nonzero()
    values = {corner: _corner(padded, corner)[crossed] - level for corner in CORNERS}
    total, times = torch.zeros(len(cells), 3), torch.zeros(len(cells), 1)
    for low, high in EDGES:
        before, after = values[low], values[high]
        passes = ((before > 0) != (after > 0)).float()[:, None]
        share = (before / (before - after)).nan_to_num()[:, None].clamp(0, 1)
        start, end = torch.tensor(low).float(), torch.tensor(high).float()
        total += passes * (start + share * (end - start))
        times += passes
    half = torch.tensor(half_sides)
    vertices = (cells + total / times - 1) * spacing - half
    vertices = torch.minimum(torch.maximum(vertices, -half), half)
    number = torch.zeros(crossed.shape, dtype=torch.long)
    number[crossed] = torch.arange(len(cells))
    quads = [_quads(solid, number, axis) for axis in range(3)]
    return vertices.numpy(), _halved(torch.cat(quads), vertices).int().numpy()


def colours_of(grid: FieldGrid, keys: list[KeyView], points: Tensor, normals: Tensor) -> Tensor:
    """Colours [N, 3], 0..1, of surface points: those of pictures that see them, else the grid's, moved onto theirs."""
    own = grid.colour_at(points).clamp(0, 1)
    total, weight = torch.zeros(len(points), 3), torch.zeros(len(points), 1)
    for key in keys:
        seen, trust = key.colours_at(points)
        to_camera = F.normalize(torch.from_numpy(np.array(key.camera.position)).float() - points, dim=1)
        facing = (((normals * to_camera).sum(1) - GRAZING) / (1 - GRAZING)).clamp(min=0)
        # a finer picture goes before a coarser one that sees the point as well
        share = (trust * facing**SHARPNESS * (1 + key.quality))[:, None]
        total += share * seen
        weight += share
    painted = total / weight.clamp(min=1e-12)
    sure = weight[:, 0] > 10 * DOUBT
    if int(sure.sum()) >= 100:
        known = F.pad(own, (0, 1), value=1.0)
        pull = torch.eye(4) * (0.1 * float(sure.sum()) ** 0.5)
        change = torch.linalg.lstsq(torch.cat([known[sure], pull]), torch.cat([painted[sure], pull[:, :3]])).solution
        own = (known @ change).clamp(0, 1)
    return torch.lerp(own, painted, (weight / DOUBT).clamp(max=1))


def _corner(volume: Tensor, corner: tuple[int, int, int]) -> Tensor:
    """One corner of every cell, [X - 1, Y - 1, Z - 1]."""
    x, y, z = (slice(at, side - 1 + at) for at, side in zip(corner, volume.shape, strict=True))
    return volume[x, y, z]


def _quads(solid: Tensor, number: Tensor, axis: int) -> Tensor:
    """The four cells around every grid edge along `axis` that the surface crosses, [Q, 4], wound outwards."""
    u, v = (axis + 1) % 3, (axis + 2) % 3
    change = solid.int().diff(dim=axis)
    around = []
    for du, dv in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
        around.append(number.roll((-du, -dv), (u, v)))
    crossing = change.clone()
    # cells end one before the corners do; nothing crosses at the padded border
    crossing = crossing.narrow(u, 0, number.shape[u]).narrow(v, 0, number.shape[v])
    quads = []
    for sign, order in ((-1, [0, 1, 2, 3]), (1, [3, 2, 1, 0])):
        chosen = crossing == sign
        quads.append(torch.stack([around[corner][chosen] for corner in order], dim=1))
    return torch.cat(quads)


def _halved(quads: Tensor, vertices: Tensor) -> Tensor:
    """Triangles [2 Q, 3] of quads [Q, 4], cut along the shorter diagonal."""
    first = (vertices[quads[:, 0]] - vertices[quads[:, 2]]).norm(dim=1)
    second = (vertices[quads[:, 1]] - vertices[quads[:, 3]]).norm(dim=1)
    turned = torch.where((first <= second)[:, None], quads, quads.roll(-1, 1))
    return torch.cat([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
