"""Volume rendering with few samples, placed where the density grid has found the surface.

Bound against the exact path, tested on a head with a sharp surface: the mean difference is below 0.2 % of full scale,
99 of 100 pixels are within 5 %, all within 10 %. On foggy fields neither agrees with the converged picture: what
differs then is the noise of the exact path's own 96 samples.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.camera import Camera
from core.field import Field
from core.protocols import Generator
from core.rendering.importance import inverse_cdf
from core.rendering.marching import Composite, as_picture, composite, field, never_stale
from core.rendering.occupancy import FieldGrid
from core.rendering.rays import camera_rays
from core.rendering.sampling import sampler_of

SAMPLES = 12
STRETCHES = 96
"""Stretches of a ray whose density is read from the grid."""
BLANK = 1 / 256
"""Alpha on the grid below which a ray is not looked at: it could not change a pixel of 8 bits by more than one."""
SOLID = 0.99
"""Alpha on the grid from which a ray is opaque."""
FLOOR = 1e-3
"""Weight of a stretch beside the surface, so that samples begin before it."""
RAYS_PER_CHUNK = 512


def march_near(
    generator: Generator,
    trigrid: Field,
    camera: Camera,
    neural_px: int,
    grid: FieldGrid,
    samples: int = SAMPLES,
    *,
    rays_per_chunk: int = RAYS_PER_CHUNK,
    stale: Callable[[], None] = never_stale,
) -> Composite:
    """Volume-render a head with few samples.

    Args:
        generator: decodes the samples.
        trigrid: the head.
        camera: where from.
        neural_px: side of the feature picture.
        grid: density of the same trigrid.
        samples: decoded samples a ray.
        rays_per_chunk: fewer take less memory.
        stale: called between chunks; raises `Cancelled` when the picture is no longer wanted.

    Returns:
        A composite of one picture, B = 1; rays that miss have no features, alpha 0 and the camera's far depth.
    """
    origins, directions, _ = camera_rays(camera, neural_px, trigrid.device)
    start, end = grid.limits(origins, directions, camera.near, camera.far)
    crossing = (end > start)[:, 0].nonzero()[:, 0]
    sample = sampler_of(trigrid)
    # the first draw lies before the surface and the last one beyond it, so that no light escapes between them
    draws = torch.linspace(0, 1, samples, device=origins.device).clamp(max=1 - 1e-6)
    found = []
    for rays in torch.split(crossing, rays_per_chunk):
        stale()
        stopped, depths = surface_depths(grid, origins[rays], directions[rays], start[rays], end[rays], draws)
        seen = stopped > BLANK
        rays, stopped = rays[seen], stopped[seen]
        points = origins[rays, None] + depths[..., None] * directions[rays, None]
        raw, features = field(generator, trigrid, points.view(-1, 3), sample)
        blended, depth, weights = composite(
            features.view(*depths.shape, features.shape[-1]), raw.view(depths.shape), depths
        )
        alpha = weights.sum(1)
        # where the grid is opaque a shortfall comes of few samples on two surfaces; it would let the background shine
        # through as white dots
        short = (stopped > SOLID) & (alpha > 1 / 2) & (alpha < SOLID)
        mend = torch.where(short, SOLID / alpha, torch.ones_like(alpha))
        found.append((rays, blended * mend[:, None], alpha * mend, depth.clamp(camera.near, camera.far)))
    rays, blended, alpha, depth = (torch.cat(parts) for parts in zip(*found, strict=True))
    count = len(origins)
    return as_picture(
        blended.new_zeros(count, blended.shape[1]).index_copy(0, rays, blended),
        alpha.new_zeros(count).index_copy(0, rays, alpha),
        torch.full_like(origins[:, 0], camera.far).index_copy(0, rays, depth),
        neural_px,
    )


def surface_depths(
    grid: FieldGrid, origins: Tensor, directions: Tensor, start: Tensor, end: Tensor, draws: Tensor
) -> tuple[Tensor, Tensor]:
    """Depths around what stops the light.

    Args:
        grid: the density.
        origins: [R, 3].
        directions: [R, 3], unit.
        start: [R, 1] depths where the rays enter the grid.
        end: [R, 1] depths where they leave it.
        draws: [N], 0..1.

    Returns:
        How much of the light the grid stops along each ray, [R], and the depths [seen rays, N] along those where that
        is more than `BLANK`.
    """
    edges = start + (end - start) * torch.linspace(0, 1, STRETCHES + 1, device=origins.device)
    middles = (edges[:, :-1] + edges[:, 1:]) / 2
    passed = grid.density_at(origins[:, None] + middles[..., None] * directions[:, None]) * (end - start) / STRETCHES
    weights = torch.exp(passed - passed.cumsum(1)) * (1 - torch.exp(-passed))
    stopped = weights.sum(1)
    seen = stopped > BLANK
    # neighbours too: the grid may be off by a stretch, and samples must begin in the empty
    wide = F.max_pool1d(weights[seen, None], 3, 1, padding=1)[:, 0]
    wide = wide + FLOOR * (wide > BLANK / 8)
    return stopped, inverse_cdf(edges[seen], wide, draws, epsilon=1e-8)
