"""Volume rendering of a trigrid: the exact path, differentiable; 48 + 48 samples a ray, as generators were trained.

Every function is stateless. R rays, S samples a ray, F features of a sample. A sample's raw density r means
softplus(r - 1) per world unit; colour and density of a stretch are the mean of its two ends (mip-NeRF's mid-point
rule), so S samples give S - 1 weights. Longer than usual: the
functions are the steps of one rule, from places to features.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.camera import Camera
from core.field import Field, Sample
from core.protocols import Generator
from core.rendering.importance import importance_depths, midpoint_draws
from core.rendering.rays import camera_rays, stratified_depths
from core.rendering.sampling import sampler_of

EMPTY = -1e3
"""Raw density of empty space, as the published renderer writes it where it crops."""
RAYS_PER_CHUNK = 256
POINTS_PER_CHUNK = 8192
"""Chunks whose activations stay in a core's cache: on a CPU, larger ones take twice as long."""


@dataclass(frozen=True)
class Composite:
    """What the rays of a picture see. Features are premultiplied: the background adds (1 - alpha) times its own.

    Attributes:
        features: [B, F, h, w].
        alpha: [B, 1, h, w].
        depth: [B, 1, h, w] along the ray; where nothing is seen, the greatest depth looked at.
    """

    features: Tensor
    alpha: Tensor
    depth: Tensor


@dataclass(frozen=True)
class Jitter:
    """Where samples lie in their cells.

    Attributes:
        stratified: place in the first pass's cells, 0..1: a number or [R, coarse].
        importance: draws of the second pass, 0..1: [R, fine], or None for evenly spaced ones.
    """

    stratified: float | Tensor = 0.5
    importance: Tensor | None = None

    @staticmethod
    def random(rays: int, coarse: int, fine: int, generator: torch.Generator | None = None) -> "Jitter":
        """Uniform places, as in training."""
        return Jitter(torch.rand(rays, coarse, generator=generator), torch.rand(rays, fine, generator=generator))

    def of(self, rays: slice) -> "Jitter":
        """The part of it that belongs to some of the rays."""
        first = self.stratified[rays] if isinstance(self.stratified, Tensor) else self.stratified
        return Jitter(first, None if self.importance is None else self.importance[rays])


EVEN = Jitter()
"""The same picture every time, without flicker while orbiting."""


def never_stale() -> None:
    """A picture that nothing makes obsolete."""


def composite(features: Tensor, raw_densities: Tensor, depths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Accumulate samples along rays.

    Args:
        features: [R, S, F].
        raw_densities: [R, S].
        depths: [R, S], ascending.

    Returns:
        Features [R, F], mean depth [R] (infinite where nothing is seen: see `bounded_depth`) and weights [R, S -
        1], which sum to alpha.
    """
    lengths = depths[:, 1:] - depths[:, :-1]
    sigma = F.softplus((raw_densities[:, :-1] + raw_densities[:, 1:]) / 2 - 1)
    alpha = 1 - torch.exp(-sigma * lengths)
    # the published marcher's guard against a product of exact zeros
    through = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha + 1e-10], dim=1), dim=1)
    weights = alpha * through[:, :-1]
    # the mean of both ends, weighted: each sample counts with half the weight of the stretches on its two sides
    shares = (F.pad(weights, (1, 0)) + F.pad(weights, (0, 1))) / 2
    blended = torch.bmm(shares[:, None], features)[:, 0]
    depth = (weights * (depths[:, :-1] + depths[:, 1:]) / 2).sum(1) / weights.sum(1)
    return blended, depth.nan_to_num(nan=float("inf")), weights


def bounded_depth(depth: Tensor, depths: Tensor) -> Tensor:
    """Depth [...] clamped to all depths looked at; over the whole batch, as published: blank rays depend on others."""
    return depth.clamp(depths.min(), depths.max())


def merged(depths: tuple[Tensor, Tensor], *values: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """Two passes as one, sorted by depth.

    Args:
        depths: [R, S1] and [R, S2].
        values: pairs [R, S1, ...] and [R, S2, ...] that go with them.

    Returns:
        Depths [R, S1 + S2], then the values in the same order.
    """
    ordered, order = torch.sort(torch.cat(depths, dim=1), dim=1)
    out = [ordered]
    for pair in values:
        both = torch.cat(pair, dim=1)
        index = order.reshape(*order.shape, *[1] * (both.ndim - 2)).expand(*order.shape, *both.shape[2:])
        out.append(both.gather(1, index))
    return tuple(out)


def solid_region(generator: Generator) -> tuple[float, float, float]:
    """Half sides of the region where a generator's head may be; the box when it does not say."""
    half = generator.info.box_side / 2
    return generator.info.extent or (half, half, half)


def inside_region(points: Tensor, half_sides: tuple[float, float, float]) -> Tensor:
    """Which points [..., 3] lie in a region about the origin, bool [...]."""
    return (points.abs() <= torch.tensor(half_sides, device=points.device)).all(-1)


def field(generator: Generator, trigrid: Field, points: Tensor, sample: Sample | None = None) -> tuple[Tensor, Tensor]:
    """Raw density [N] and features [N, F] at world points [N, 3]; empty outside of the generator's region.

    Points outside weigh exactly nothing in `composite`, so they are not decoded. Whoever reads a trigrid often makes
    its `sampler_of` once and hands it in.
    """
    sample = sample or trigrid.sample
    inside = inside_region(points, solid_region(generator))
    if inside.all():
        return _decoded(generator, sample, points)
    chosen = inside.nonzero()[:, 0]
    raw, features = _decoded(generator, sample, points[chosen])
    return (
        torch.full_like(points[:, 0], EMPTY).index_copy(0, chosen, raw),
        features.new_zeros(len(points), features.shape[1]).index_copy(0, chosen, features),
    )


def _decoded(generator: Generator, sample: Sample, points: Tensor) -> tuple[Tensor, Tensor]:
    """Raw density [N] and features [N, F] at world points [N, 3]."""
    # with gradients in one piece; without, in pieces that stay in the cache. Always at least one piece: it tells F.
    if torch.is_grad_enabled() or len(points) <= POINTS_PER_CHUNK:
        return generator.decode(sample(points))
    decoded = [generator.decode(sample(piece)) for piece in torch.split(points, POINTS_PER_CHUNK)]
    raw, features = (torch.cat(parts) for parts in zip(*decoded, strict=True))
    return raw, features


def march_rays(
    generator: Generator,
    trigrid: Field,
    origins: Tensor,
    directions: Tensor,
    limits: tuple[float | Tensor, float | Tensor],
    coarse: int,
    fine: int,
    jitter: Jitter = EVEN,
    sample: Sample | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Volume-render rays in two passes: `coarse` stratified samples, then `fine` where the first found weight.

    Args:
        generator: decodes the samples.
        trigrid: the head.
        origins: [R, 3].
        directions: [R, 3], unit.
        limits: depths where rays begin and end, numbers or [R, 1].
        coarse: samples of the first pass.
        fine: samples of the second pass; 0 leaves it out.
        jitter: where samples lie.
        sample: reads the trigrid; None makes a reader.

    Returns:
        Features [R, F], alpha [R], depth [R] (infinite where nothing is seen) and all depths looked at [R, S].
    """
    rays = len(origins)
    read = sample or sampler_of(trigrid)

    def look(depths: Tensor) -> tuple[Tensor, Tensor]:
        points = origins[:, None] + depths[..., None] * directions[:, None]
        raw, features = field(generator, trigrid, points.reshape(-1, 3), read)
        return raw.view(depths.shape), features.view(*depths.shape, features.shape[-1])

    depths = stratified_depths(*limits, coarse, jitter.stratified)
    depths = depths.to(origins.device).expand(rays, coarse)
    raw, features = look(depths)
    blended, depth, weights = composite(features, raw, depths)
    if fine:
        draws = midpoint_draws(fine, origins.device) if jitter.importance is None else jitter.importance
        again = importance_depths(depths, weights.detach(), draws)
        raw_again, features_again = look(again)
        depths, raw, features = merged((depths, again), (raw, raw_again), (features, features_again))
        blended, depth, weights = composite(features, raw, depths)
    return blended, weights.sum(1), depth, depths


def march(
    generator: Generator,
    trigrid: Field,
    camera: Camera,
    neural_px: int,
    coarse: int = 48,
    fine: int = 48,
    *,
    jitter: Jitter = EVEN,
    rays_per_chunk: int = RAYS_PER_CHUNK,
    stale: Callable[[], None] = never_stale,
) -> Composite:
    """Volume-render a head exactly; differentiable in the planes, the decoder and, through them, the latents.

    Args:
        generator: decodes the samples.
        trigrid: the head.
        camera: where from; its near and far bound the rays.
        neural_px: side of the feature picture.
        coarse: samples of the first pass.
        fine: samples of the second pass.
        jitter: where samples lie.
        rays_per_chunk: fewer take less memory.
        stale: called between chunks; raises `Cancelled` when the picture is no longer wanted.

    Returns:
        A composite of one picture, B = 1. Chunking does not change its numbers.
    """
    origins, directions, _ = camera_rays(camera, neural_px, trigrid.device)
    sample = sampler_of(trigrid)
    parts = []
    for start in range(0, len(origins), rays_per_chunk):
        stale()
        rays = slice(start, start + rays_per_chunk)
        limits = (camera.near, camera.far)
        parts.append(
            march_rays(
                generator, trigrid, origins[rays], directions[rays], limits, coarse, fine, jitter.of(rays), sample
            )
        )
    features, alpha, depth, depths = (torch.cat(part) for part in zip(*parts, strict=True))
    return as_picture(features, alpha, bounded_depth(depth, depths), neural_px)


def as_picture(features: Tensor, alpha: Tensor, depth: Tensor, picture_px: int) -> Composite:
    """Rays [R, F], [R], [R] in row order as one picture, B = 1."""
    shape = (1, 1, picture_px, picture_px)
    return Composite(features.T.reshape(1, -1, picture_px, picture_px), alpha.view(shape), depth.view(shape))
