"""A mesh's colours: each surface point takes them from the renders that see it best."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from core.exporters.views import View, sampled
from core.mesh import Mesh
from core.progress import Progress, Report, silent
from core.rendering.occupancy import FieldGrid
from core.rendering.raster import Coverage, rasterised

PointColours = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Points [N, 3] and outward normals [N, 3] -> colours [N, 3], 0..1."""

GRAZING = 0.15
"""Cosine of the angle at which a view begins to say something about a surface."""
SHARPNESS = 5
"""Power of that cosine: a high one lets the view that faces the surface decide, which keeps details sharp."""
BEHIND = 0.008
"""Depth by which a point may lie behind what its camera sees and still be that, world units."""
UNSEEN = 0.05
"""Total weight of views under which the field's own colour comes in."""
POINTS_PER_CHUNK = 65_536
"""Bounds the memory that painting takes."""
MATCHED_POINTS = 4000
UNDER = 0.003
"""How far below the surface the field's own colour is looked for, world units."""


def blended_colours(
    points: torch.Tensor, normals: torch.Tensor, views: list[View]
) -> tuple[torch.Tensor, torch.Tensor]:
    """What views say about surface points.

    Returns:
        Colours [N, 3], 0 where no view sees the point, and the views' total weight [N, 1].
    """
    total = torch.zeros(len(points), 3)
    weight = torch.zeros(len(points), 1)
    for view in views:
        pose = torch.from_numpy(view.camera.world_from_camera.astype(np.float32))
        in_camera = (points - pose[:3, 3]) @ pose[:3, :3]
        depth = in_camera[:, 2]
        to_camera = F.normalize(pose[:3, 3] - points, dim=1)
        facing = ((normals * to_camera).sum(1) - GRAZING) / (1 - GRAZING)
        uv = in_camera[:, :2] * view.camera.focal / depth[:, None].clamp(min=1e-6) + 0.5
        chosen = ((facing > 0) & (depth > 0) & (uv > 0).all(1) & (uv < 1).all(1)).nonzero()[:, 0]
        uv = uv[chosen]
        in_front = depth[chosen] < sampled(view.depth, uv, "nearest")[:, 0] + BEHIND
        chosen, uv = chosen[in_front], uv[in_front]
        share = (view.priority * facing[chosen] ** SHARPNESS)[:, None] * sampled(view.trust, uv)
        total.index_add_(0, chosen, share * sampled(view.colours, uv))
        weight.index_add_(0, chosen, share)
    return total / weight.clamp(min=1e-12), weight


def surface_colours(
    points: torch.Tensor, normals: torch.Tensor, views: list[View], own: PointColours, report: Report = silent
) -> torch.Tensor:
    """Colours [N, 3] of surface points, from the views where they see them and from the field where they do not."""
    own = _matched(points, normals, views, own)
    colours = []
    for start in range(0, len(points), POINTS_PER_CHUNK):
        report(Progress(start, len(points), "Painting the texture"))
        piece = slice(start, start + POINTS_PER_CHUNK)
        colour, weight = blended_colours(points[piece], normals[piece], views)
        poor = (weight[:, 0] < UNSEEN).nonzero()[:, 0]
        if len(poor):
            share = weight[poor] / UNSEEN
            colour[poor] = torch.lerp(own(points[piece][poor], normals[piece][poor]), colour[poor], share)
        colours.append(colour.clamp(0, 1))
    return torch.cat(colours) if colours else points.new_zeros(0, 3)


def grid_colours(grid: FieldGrid) -> PointColours:
    """What a head's grid knows of the colour under its surface, without the finishing that pictures get."""
    return lambda points, normals: grid.colour_at(points - UNDER * normals).clamp(0, 1)


def _matched(points: torch.Tensor, normals: torch.Tensor, views: list[View], own: PointColours) -> PointColours:
    """The field's colours, moved linearly onto those of the views: pictures are finished, the field is not."""
    chosen = torch.linspace(0, max(0, len(points) - 1), min(MATCHED_POINTS, len(points))).long()
    colour, weight = blended_colours(points[chosen], normals[chosen], views)
    sure = weight[:, 0] > 10 * UNSEEN
    if int(sure.sum()) < 100:
        return own
    known = F.pad(own(points[chosen][sure], normals[chosen][sure]), (0, 1), value=1.0)
    # a little weight on "no change" keeps it sane where all colours are alike
    still = torch.eye(4)[:, :3] * math.sqrt(0.01 * len(known))
    pull = torch.eye(4) * math.sqrt(0.01 * len(known))
    change = torch.linalg.lstsq(torch.cat([known, pull]), torch.cat([colour[sure], still])).solution
    return lambda p, n: (F.pad(own(p, n), (0, 1), value=1.0) @ change).clamp(0, 1)


@dataclass(frozen=True, eq=False)
class Texels:
    """The surface points of a texture's texels.

    Attributes:
        coverage: which triangle covers each texel.
        points: float32 [P, 3] of the covered ones, row by row, in the mesh's units.
        normals: float32 [P, 3] unit.
    """

    coverage: Coverage
    points: NDArray[np.float32]
    normals: NDArray[np.float32]

    @staticmethod
    def of(mesh: Mesh, texture_px: int) -> "Texels":
        """Of a mesh with texture coordinates."""
        coverage = _coverage_of(mesh, texture_px)
        normals = coverage.interpolated(mesh.normals, mesh.faces)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True).clip(min=1e-12)
        return Texels(coverage, coverage.interpolated(mesh.vertices, mesh.faces), normals)


def baked(mesh: Mesh, texels: Texels, colours_of: PointColours) -> Mesh:
    """The mesh with a texture.

    Args:
        mesh: with texture coordinates.
        texels: of the texture.
        colours_of: colours of the texels' surface points. Texels between the charts repeat the nearest chart's edge.
    """
    size = len(texels.coverage.face)
    texture = np.zeros((size, size, 3), np.uint8)
    colours = colours_of(torch.from_numpy(texels.points), torch.from_numpy(texels.normals))
    texture[texels.coverage.covered] = as_bytes(colours)
    return replace(mesh, texture=spread(texture, texels.coverage.covered))


def painted(mesh: Mesh, texture_px: int) -> Mesh:
    """The mesh with a texture of its vertex colours.

    Args:
        mesh: with texture coordinates and vertex colours.
        texture_px: side of the texture.
    """
    if mesh.colours is None:
        raise ValueError("a mesh needs colours before it can be painted")
    coverage = _coverage_of(mesh, texture_px)
    texture = np.zeros((texture_px, texture_px, 3), np.uint8)
    texture[coverage.covered] = coverage.interpolated(mesh.colours.astype(np.float32), mesh.faces).round().clip(0, 255)
    return replace(mesh, texture=spread(texture, coverage.covered))


def _coverage_of(mesh: Mesh, texture_px: int) -> Coverage:
    """Which triangle covers each texel of a texture."""
    if mesh.uvs is None:
        raise ValueError("a mesh needs texture coordinates before it can be baked")
    corners = np.stack([mesh.uvs[:, 0], 1 - mesh.uvs[:, 1]], axis=1) * texture_px
    return rasterised(corners, mesh.faces, texture_px)


def coloured(mesh: Mesh, colours_of: PointColours) -> Mesh:
    """The mesh with a colour at each vertex."""
    colours = colours_of(torch.from_numpy(mesh.vertices), torch.from_numpy(mesh.normals))
    return replace(mesh, colours=as_bytes(colours))


def as_bytes(colours: torch.Tensor) -> NDArray[np.uint8]:
    """Colours 0..1 as uint8."""
    as_uint8: NDArray[np.uint8] = (colours.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    return as_uint8


def spread(texture: NDArray[np.uint8], covered: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Every texel outside of the charts takes the colour of the nearest one inside."""
    from core.nearest_pixel import nearest_known

    spread: NDArray[np.uint8] = texture.reshape(-1, 3)[nearest_known(covered, 5)]
    return spread
