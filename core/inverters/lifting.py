"""From pixels to planes: where a view's surface lies, what a change of colour means there, and how planes store it.

A change of features that is wanted at a point of the surface is split over the three planes by the squares of the
normal's components - a plane keeps what faces it - and over a grid's slices by the smallest change that does it. Longer
than usual: surface, slopes, splat and filling are the steps of one operation and are tested together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field, Sample
    from core.protocols import Generator
    from core.trigrid import Trigrid

INSIDE = 0.004
"""Colours are looked up this far behind the surface, world units, where the field is solid."""
DARKEST = 0.03
"""Colours are kept this far from black and white before they are stretched."""
DAMPING = 0.05
"""Share of a typical slope that keeps the inverse of the decoder calm."""
CERTAIN = 0.25
"""Weight of samples in a cell from which on the coarser level is not asked."""
COARSEST_PX = 32
"""Side of the coarsest level from which holes between samples are filled."""


@dataclass(frozen=True, eq=False)
class ReadField:
    """A field laid out for reading once, for several readers in turn. Implements `core.field.Field`.

    Attributes:
        sample: features [N, C] at world points [N, 3]; not differentiable.
        box_side: see the protocol.
        device: see the protocol.
    """

    sample: Sample
    box_side: float
    device: torch.device

    @staticmethod
    def of(trigrid: Trigrid) -> ReadField:
        """Of planes."""
        with torch.no_grad():
            return ReadField(sampler_of(trigrid), trigrid.box_side, trigrid.device)

    def to(self, device: torch.device | str) -> ReadField:
        """It stays where it is."""
        del device
        return self

    def detached(self) -> ReadField:
        """It carries no graph."""
        return self


@dataclass(frozen=True, eq=False)
class SeenSurface:
    """The surface that a view sees, one point a pixel, [1, channels, S, S] each.

    Attributes:
        points: world points.
        normals: unit, towards the camera.
        facing: cosine between normal and view, 0..1.
        alpha: how much of the pixel is head.
    """

    points: Tensor
    normals: Tensor
    facing: Tensor
    alpha: Tensor


def view_rays(camera: Camera, side_px: int) -> tuple[Tensor, Tensor]:
    """Origin [1, 3, 1, 1] and unit directions [1, 3, S, S] of a camera's pixels."""
    at = (np.arange(side_px) + 0.5) / side_px - 0.5
    v, u = np.meshgrid(at, at, indexing="ij")
    rays = np.stack([u / camera.focal, v / camera.focal, np.ones_like(u)], -1)
    rays = rays / np.linalg.norm(rays, axis=-1, keepdims=True) @ camera.world_from_camera[:3, :3].T
    directions = torch.from_numpy(rays).float().permute(2, 0, 1)[None].contiguous()
    return torch.from_numpy(camera.position.copy()).float().view(1, 3, 1, 1), directions


def seen_surface(depth: Tensor, alpha: Tensor, camera: Camera) -> SeenSurface:
    """The surface of depths [1, 1, S, S] along the rays."""
    origin, directions = view_rays(camera, depth.shape[-1])
    # few samples a ray make a rough depth: neighbours calm it, as far as they are head
    known = alpha.clamp(min=1e-3)
    calm = F.avg_pool2d(F.pad(depth * known, (1, 1, 1, 1), mode="replicate"), 3, 1)
    calm = calm / F.avg_pool2d(F.pad(known, (1, 1, 1, 1), mode="replicate"), 3, 1)
    points = origin + directions * calm
    padded = F.pad(points, (1, 1, 1, 1), mode="replicate")
    across, down = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2], padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    normals = F.normalize(torch.cross(down, across, dim=1), dim=1, eps=1e-9)
    facing = -(normals * directions).sum(1, keepdim=True)
    return SeenSurface(origin + directions * depth, normals, facing.clamp(0, 1), alpha)


@dataclass(frozen=True, eq=False)
class FeatureSlopes:
    """How features must move to change what is decoded at points.

    Attributes:
        colour: [N, C, 3] smallest change of features for one unit of a colour's logit that leaves the density alone.
        density: [N, C] unit direction in which the density rises.
    """

    colour: Tensor
    density: Tensor


def feature_slopes(generator: Generator, field: Field, points: Tensor) -> FeatureSlopes:
    """Inverse of the decoder's slope at points [N, 3]; not differentiable."""
    with torch.no_grad():
        features = sampler_of(field)(points)
    with torch.enable_grad():
        features = features.detach().requires_grad_()
        raw, decoded = generator.decode(features)
        colours = generator.colours(decoded)
        rows = [torch.autograd.grad(value.sum(), features, retain_graph=True)[0] for value in (raw, *colours.T)]
    density = F.normalize(rows[0], dim=1, eps=1e-12)
    shown = colours.detach().clamp(DARKEST, 1 - DARKEST)
    slopes = torch.stack(rows[1:], 1) / (shown * (1 - shown))[..., None]  # [N, 3, C]
    slopes = slopes - (slopes @ density[..., None]) * density[:, None]
    gram = slopes @ slopes.transpose(1, 2)
    typical = gram.diagonal(dim1=1, dim2=2).mean()
    gram = gram + DAMPING * typical * torch.eye(3)
    return FeatureSlopes(slopes.transpose(1, 2) @ inverse_3x3(gram), density)


def inverse_3x3(matrix: Tensor) -> Tensor:
    """Inverses of matrices [N, 3, 3], by cofactors: many small ones are slow otherwise."""
    a, b, c = matrix.unbind(1)
    cofactors = torch.stack([torch.cross(b, c, dim=1), torch.cross(c, a, dim=1), torch.cross(a, b, dim=1)], 2)
    inverse: Tensor = cofactors / (a * cofactors[:, :, 0]).sum(1)[:, None, None]
    return inverse


def logit_change(drawn: Tensor, wanted: Tensor) -> Tensor:
    """From one colour to another, in logits; colours 0..1."""
    start, end = (value.clamp(DARKEST, 1 - DARKEST) for value in (drawn, wanted))
    return torch.logit(end) - torch.logit(start)


@dataclass(frozen=True, eq=False)
class Splat:
    """Which cells of planes some points touch, and how; made once for a view.

    Attributes:
        cells: int64 [M], flat index into [3, D, H, W], ascending.
        sources: int64 [M], the point.
        weights: [M] how much the point counts in the cell.
        gains: [M] by what a change wanted at the point is multiplied to be stored there.
        touched: int64 [K], the cells that occur, ascending.
        first: int64 [K], where each of them begins.
        shape: (D, H, W).
    """

    cells: Tensor
    sources: Tensor
    weights: Tensor
    gains: Tensor
    touched: Tensor
    first: Tensor
    shape: tuple[int, int, int]

    @staticmethod
    def of(trigrid: Trigrid, surface: SeenSurface) -> Splat:
        """Of a surface, scattered in a trigrid."""
        _, _, depth, height, width = trigrid.planes.shape
        points = surface.points.flatten(2)[0].T * (2 / trigrid.box_side)
        squares = surface.normals.flatten(2)[0].T.square()
        worth = (surface.alpha * surface.facing).flatten()
        parts: list[tuple[Tensor, ...]] = []
        for plane, (column, row, slice_) in enumerate(trigrid.axes.value):
            normal = 3 - column - row
            share = squares[:, normal]
            chosen = ((share > 0.02) & (worth > 0.05)).nonzero()[:, 0]
            at = points[chosen]
            x, y = ((at[:, column] + 1) * width - 1) / 2, ((at[:, row] + 1) * height - 1) / 2
            x0, y0 = x.floor(), y.floor()
            z = ((at[:, slice_] + 1) * depth - 1) / 2 if slice_ is not None else torch.zeros_like(x)
            slices = torch.stack([(1 - (z - number).abs()).clamp(min=0) for number in range(depth)])
            gains = 3 * share[chosen] * slices / slices.square().sum(0).clamp(min=0.1)
            for dy in (0, 1):
                for dx in (0, 1):
                    xi, yi = x0 + dx, y0 + dy
                    inside = (xi >= 0) & (xi < width) & (yi >= 0) & (yi < height)
                    corner = (1 - (x - xi).abs()) * (1 - (y - yi).abs()) * inside * worth[chosen]
                    flat = (yi.clamp(0, height - 1) * width + xi.clamp(0, width - 1)).long()
                    for number in range(depth):
                        kept = ((slices[number] > 0.02) & (corner > 0.01)).nonzero()[:, 0]
                        cell = (plane * depth + number) * height * width + flat[kept]
                        parts.append((cell, chosen[kept], (corner * slices[number])[kept], gains[number][kept]))
        columns = [torch.cat(column) for column in zip(*parts, strict=True)]
        cells, order = columns[0].sort(stable=True)
        touched, counts = cells.unique_consecutive(return_counts=True)
        sources, weights, gains = (column[order] for column in columns[1:])
        return Splat(cells, sources, weights, gains, touched, counts.cumsum(0) - counts, (depth, height, width))

    def spread(self, values: Tensor) -> Tensor:
        """Weighted sums of values [N, C] in the cells, [3 * D, C, H, W]; differentiable in the values."""
        depth, height, width = self.shape
        # a bag of points for each cell: six times as fast as to add up what each point brings
        sums = F.embedding_bag(
            self.sources, values, self.first, mode="sum", per_sample_weights=self.weights * self.gains
        )
        total = values.new_zeros(3 * depth * height * width, values.shape[1]).index_copy_(0, self.touched, sums)
        return total.view(3 * depth, height, width, -1).permute(0, 3, 1, 2)

    def filling(self) -> Filling:
        """How means of what is spread are made."""
        depth, height, width = self.shape
        total = self.weights.new_zeros(3 * depth * height * width).index_add(0, self.cells, self.weights)
        return Filling.of(total.view(3 * depth, 1, height, width))


@dataclass(frozen=True, eq=False)
class Filling:
    """Mean values from weighted sums; holes between samples take their neighbourhood's.

    Attributes:
        weight: [3 * D, 1, H, W] how much was said about each cell.
        scales: of each level, from the finest on, what a sum is multiplied by: 0 where nothing is known.
        remainders: of each level, the share that is left to the next coarser one.
    """

    weight: Tensor
    scales: tuple[Tensor, ...]
    remainders: tuple[Tensor, ...]

    @staticmethod
    def of(weight: Tensor) -> Filling:
        """By the weights of all cells."""
        known, scales, remainders = weight, [], []
        while True:
            sure = (known / CERTAIN).clamp(0, 1)
            scales.append(sure / known.clamp(min=1e-6))
            remainders.append(1 - sure)
            if known.shape[-1] // 2 < COARSEST_PX:
                break
            known = F.avg_pool2d(known, 2)
        return Filling(weight, tuple(scales), tuple(remainders))

    def means(self, sums: Tensor) -> Tensor:
        """Of sums [3 * D, C, H, W], the same shape; differentiable."""
        levels = [sums]
        for _ in self.scales[1:]:
            levels.append(F.avg_pool2d(levels[-1], 2))
        value = levels[-1] * self.scales[-1]
        for level in reversed(range(len(self.scales) - 1)):
            coarser = F.interpolate(value, scale_factor=2.0, mode="bilinear", align_corners=False)
            # in place: the finest level is the largest thing there is
            value = coarser.mul_(self.remainders[level]).addcmul_(levels[level], self.scales[level])
        return value
