"""Colours carried around the head: what the photo changed on what it shows, hidden parts of the same kind change alike.

A grid of points near the head's surface asks the visible pixels that look like them - part, colour, place - what the
photo changed there. The answer is stored in planes like what is lifted from pixels, only coarser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import density
from core.inverters.lifting import INSIDE, SeenSurface, Splat, feature_slopes, view_rays
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.protocols import Generator
    from core.trigrid import Trigrid

CELLS = 32
"""Nodes a side of the grid in which the surface is looked for."""
SOLID_ABOVE = 20.0
"""Density, per world unit, of what counts as inside."""
WITNESSES = 400
"""Visible pixels that are asked."""
LEAST_FACING, LEAST_ALPHA = 0.4, 0.9
PART_SCALE, COLOUR_SCALE, PLACE_SCALE = 0.35, 0.25, 0.25
"""Differences of part, colour and place at which a witness counts e^-1/2 of its weight."""
LEAST_AGREEMENT = 0.5
"""Weight of nobody's answer: what no witness resembles stays as it is."""
AGREEMENT, SHIFTS = 0.5, 3
"""Differences of what witnesses tell, in logits, up to which they agree, and how often the mean moves."""
MOST_CHANGE = 2.5
"""Changes of a colour's logit are bounded: a highlight is no colour."""


def carried_change(
    generator: Generator,
    trigrid: Trigrid,
    field: Field,
    camera: Camera,
    seen: SeenSurface,
    change: Tensor,
    shown: Tensor,
    px: int,
) -> Tensor:
    """Change of the planes that carries the photo's colours all over the head, [3 * D, C, px, px]; not differentiable.

    Args:
        generator: decodes the head.
        trigrid: the head.
        field: the same, to be read.
        camera: of the photo.
        seen: the surface that the photo shows.
        change: [1, 3, S, S] what the photo changes on it, in logits of colours.
        shown: [1, 1, S, S] where that is known, 0..1.
        px: side of the planes that are answered.
    """
    _, channels, depth, _, _ = trigrid.planes.shape
    with torch.no_grad():
        points, normals = _shell(generator, field)
        _, directions = view_rays(camera, change.shape[-1])
        sure = (seen.facing > LEAST_FACING) & (shown > LEAST_ALPHA)
        pixels = sure.flatten().nonzero()[:, 0]
        if len(pixels) == 0 or len(points) == 0:
            return trigrid.planes.new_zeros(3 * depth, channels, px, px)
        pixels = pixels[torch.linspace(0, len(pixels) - 1, min(WITNESSES, len(pixels))).long()]
        witnesses = (seen.points + INSIDE * directions).flatten(2)[0].T[pixels]
        distance = torch.cdist(_looks(generator, field, points), _looks(generator, field, witnesses)).square()
        weights = torch.exp(-distance / 2)
        told = change.flatten(2)[0].T[pixels].clamp(-MOST_CHANGE, MOST_CHANGE)
        wanted = _agreed(weights, told)
        slopes = feature_slopes(generator, field, points)
        moved = (slopes.colour @ wanted[..., None])[..., 0]
        small = trigrid.with_planes(trigrid.planes.new_zeros(3, channels, depth, px, px))
        everywhere = torch.ones(1, 1, 1, len(points))
        splat = Splat.of(small, SeenSurface(_row(points), _row(normals), everywhere, everywhere))
        return splat.filling().means(splat.spread(moved))


def _agreed(weights: Tensor, told: Tensor) -> Tensor:
    """What most of the witnesses say: weights [N, M] of what was told [M, 3] -> [N, 3].

    Where the first reconstruction saw hair and the photo shows a bare forehead, a few tell of a large change; the mean
    moves to where more of them agree (mean shift).
    """
    agreeing = weights
    wanted = agreeing @ told / (agreeing.sum(1, keepdim=True) + LEAST_AGREEMENT)
    for _ in range(SHIFTS):
        agreeing = weights * torch.exp(-torch.cdist(wanted, told).square() / (2 * AGREEMENT**2))
        wanted = agreeing @ told / agreeing.sum(1, keepdim=True).clamp(min=1e-6)
    # what nobody resembles stays as it is
    known = weights.sum(1, keepdim=True)
    return wanted * (known / (known + LEAST_AGREEMENT))


def _row(values: Tensor) -> Tensor:
    """[N, 3] as a picture of one row."""
    return values.T[None, :, None]


def _shell(generator: Generator, field: Field) -> tuple[Tensor, Tensor]:
    """Points [N, 3] just inside a head's surface, all around, and outward normals there."""
    at = ((torch.arange(CELLS) + 0.5) / CELLS - 0.5) * field.box_side
    grid = torch.stack(torch.meshgrid(at, at, at, indexing="ij"), dim=-1).view(-1, 3)
    solid = (density(generator, field, grid) > SOLID_ABOVE).float().view(1, 1, CELLS, CELLS, CELLS)
    near_empty = F.max_pool3d(1 - solid, 3, 1, 1)
    smooth = F.avg_pool3d(solid, 3, 1, 1)[0, 0]
    chosen = (solid * near_empty).view(-1) > 0
    slopes = torch.stack(torch.gradient(smooth), dim=-1).view(-1, 3)[chosen]
    return grid[chosen], -F.normalize(slopes, dim=1, eps=1e-9)


def _looks(generator: Generator, field: Field, points: Tensor) -> Tensor:
    """What tells points [N, 3] apart, in units in which witnesses lose weight."""
    _, decoded = generator.decode(sampler_of(field)(points))
    logits = generator.label_logits(decoded)
    facts = [generator.colours(decoded) / COLOUR_SCALE, points / PLACE_SCALE]
    if logits is not None:
        facts.append(logits.softmax(dim=-1) / PART_SCALE)
    return torch.cat(facts, 1)
