"""Cheap differentiable rendering of a head that changes a little at every step.

A coarse look with few samples, without gradients, tells where along each ray something is; a `Glimpse` remembers that
for several steps and spends each step's few samples there. The sum over samples is the renderer's own
(`core.rendering.marching.composite`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.perceptual import multiplies_half
from core.rendering.marching import EMPTY, POINTS_PER_CHUNK, composite, inside_region, solid_region
from core.rendering.sampling import sampler_of

if TYPE_CHECKING:
    from torch import Tensor

    from core.field import Field
    from core.inverters.pose import RefinedCamera
    from core.protocols import Generator

LOOK_PX, LOOK_SAMPLES = 40, 88
"""Rays a side and samples a ray of the coarse look."""
FRONT_CELLS, BACK_CELLS = 3, 2
"""How far samples reach before and behind the coarse surface: thin things, such as glasses, lie in front of it."""
SEEN_ABOVE = 1e-3
"""Opacity of a coarse neighbourhood below which its rays are left out."""


@dataclass(frozen=True)
class Seen:
    """What chosen rays see. Pixels where nothing is seen have alpha 0 and features 0.

    Attributes:
        features: [F, h, w], premultiplied.
        colours: [3, h, w], premultiplied.
        alpha: [h, w].
        depth: [h, w] along the ray, times alpha, detached.
    """

    features: Tensor
    colours: Tensor
    alpha: Tensor
    depth: Tensor

    def on_white(self) -> Tensor:
        """Colours over white, [1, 3, h, w]."""
        return (self.colours + 1 - self.alpha)[None]


class Glimpse:
    """Where along the rays of one camera a head lies, from a coarse look at one moment.

    Attributes:
        near: depth at which the coarse samples begin.
        step: distance between them.
        likely: [px, px, samples] where samples are worth spending, not normalised.
        through: [px, px, samples + 1] share of the light that arrives before each coarse sample.
    """

    def __init__(self, generator: Generator, trigrid: Field, camera: RefinedCamera) -> None:
        with torch.no_grad():
            origin, directions = camera.rays(torch.arange(LOOK_PX**2), LOOK_PX)
            # the smallest sphere about the origin that holds the box, less its empty corners
            reach = 0.62 * trigrid.box_side
            middle = float(origin.norm())
            self.near, self.step = max(middle - reach, 0.05), 2 * reach / LOOK_SAMPLES
            depths = self.near + (torch.arange(LOOK_SAMPLES) + 0.5) * self.step
            points = (origin + depths[None, :, None] * directions[:, None]).view(-1, 3)
            sigma = density(generator, trigrid, points).view(LOOK_PX, LOOK_PX, LOOK_SAMPLES)
            opacity = 1 - torch.exp(-sigma * self.step)
            self.through = F.pad(torch.cumprod(1 - opacity, dim=2), (1, 0), value=1.0)
            weights = opacity * self.through[..., :-1]
            # the cell at i serves as front of what lies behind it: the window reaches from i - BACK to i + FRONT
            padded = F.pad(weights[None, None], (BACK_CELLS, FRONT_CELLS, 1, 1, 1, 1))
            self.likely = F.max_pool3d(padded, (3, 3, FRONT_CELLS + BACK_CELLS + 1), stride=1)[0, 0]

    def depths(self, pixels: Tensor, side_px: int, samples: int, jitter: Tensor) -> tuple[Tensor, Tensor]:
        """Which of the rays see something, and where to sample them.

        Args:
            pixels: int64 [R], row * side_px + column.
            side_px: side of the picture that the pixels belong to.
            samples: S.
            jitter: [R] places in the samples' shares, 0..1.

        Returns:
            Indices [M] into the rays, and depths [M, S], ascending.
        """
        u, v = (pixels % side_px + 0.5) / side_px * 2 - 1, (pixels // side_px + 0.5) / side_px * 2 - 1
        grid = torch.stack([u, v], dim=1)[None, None]
        volume = self.likely.permute(2, 0, 1)[None]
        likely = F.grid_sample(volume, grid, padding_mode="border", align_corners=False)[0, :, 0].T
        chosen = (likely.amax(dim=1) > SEEN_ABOVE).nonzero()[:, 0]
        likely = likely[chosen] + 1e-5
        share = torch.cumsum(likely, dim=1)
        share = F.pad(share / share[:, -1:], (1, 0))
        wanted = (torch.arange(samples) + jitter[chosen, None]) / samples
        cell = torch.searchsorted(share, wanted, right=True).clamp(1, LOOK_SAMPLES)
        low, high = share.gather(1, cell - 1), share.gather(1, cell)
        inside = (wanted - low) / (high - low).clamp(min=1e-9)
        return chosen, self.near + (cell - 1 + inside) * self.step

    def _closed_up(self, depths: Tensor) -> Tensor:
        """Depths [R, S] with gaps shortened to a coarse cell: what was not looked at is empty and stops no light."""
        gaps = (depths[:, 1:] - depths[:, :-1]).clamp(max=self.step)
        return torch.cumsum(F.pad(gaps, (1, 0)), dim=1)

    def light_at(self, points: Tensor, camera: RefinedCamera) -> Tensor:
        """Share of the photo's light [N] that reaches world points [N, 3], 0..1; blurred by a coarse cell."""
        with torch.no_grad():
            rotation, origin = (value.float() for value in camera.pose())
            in_camera = (points - origin) @ rotation
            across = in_camera[:, :2] / in_camera[:, 2:] * (2 * camera.base.focal)
            along = ((in_camera.norm(dim=1) - self.near) / self.step + 0.5) / (LOOK_SAMPLES + 1) * 2 - 1
            grid = torch.cat([along[:, None], across], dim=1)[None, None, None]
            return F.grid_sample(self.through[None, None], grid, padding_mode="border", align_corners=False).view(-1)

    def see(
        self,
        generator: Generator,
        trigrid: Field,
        camera: RefinedCamera,
        window: tuple[int, int, int, int],
        samples: int,
        noise: torch.Generator | None = None,
    ) -> Seen:
        """Render a part of the picture; differentiable in planes, decoder and camera.

        Args:
            generator: decodes the samples.
            trigrid: the head.
            camera: where from; close to the one of the coarse look.
            window: first row, first column, side, and side of the whole picture, in pixels.
            samples: samples a ray.
            noise: moves the samples along the rays; None keeps them still.
        """
        row, column, side, whole = window
        along = torch.arange(side)
        pixels = ((row + along[:, None]) * whole + column + along).reshape(-1)
        jitter = torch.full((len(pixels),), 0.5) if noise is None else torch.rand(len(pixels), generator=noise)
        chosen, depths = self.depths(pixels, whole, samples, jitter)
        origin, directions = camera.rays(pixels[chosen], whole)
        sample, region = sampler_of(trigrid), solid_region(generator)

        def blended(directions: Tensor, depths: Tensor) -> Tensor:
            points = (origin + depths[..., None] * directions[:, None]).reshape(-1, 3)
            raw, features = generator.decode(sample(points))
            raw = torch.where(inside_region(points, region), raw, EMPTY)
            both = torch.cat([features, generator.colours(features)], dim=1).unflatten(0, depths.shape)
            sums, _, weights = composite(both, raw.view(depths.shape), self._closed_up(depths))
            deep = (weights.detach() * depths[:, 1:]).sum(1, keepdim=True)
            return torch.cat([sums, weights.sum(1, keepdim=True), deep], dim=1)

        if torch.is_grad_enabled():
            facts = blended(directions, depths)
        else:
            # a whole picture at once would be the largest thing in memory
            rays = max(1, POINTS_PER_CHUNK // samples)
            pieces = zip(torch.split(directions, rays), torch.split(depths, rays), strict=True)
            facts = torch.cat([blended(*piece) for piece in pieces])
        picture = facts.new_zeros(len(pixels), facts.shape[1]).index_copy(0, chosen, facts).T.reshape(-1, side, side)
        return Seen(picture[:-5], picture[-5:-2], picture[-2], picture[-1].detach())


def enlarged(generator: Generator, seen: Seen, latents: Tensor) -> Tensor:
    """The generator's picture [1, 3, P, P] of what was seen; in half the bits where the processor multiplies those.

    Args:
        generator: makes it.
        seen: its neural picture, or a window of it.
        latents: [L, W] of the head.
    """
    with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_half()):
        return generator.picture(seen.features[None], seen.alpha[None, None], latents[None]).float()


def density(generator: Generator, trigrid: Field, points: Tensor) -> Tensor:
    """Density [N] at world points [N, 3], 0 outside the head's region; without gradients, in small pieces."""
    inside = inside_region(points, solid_region(generator)).nonzero()[:, 0]
    raw = torch.full((len(points),), EMPTY)
    with torch.no_grad():
        sample = sampler_of(trigrid)
        for piece in torch.split(inside, POINTS_PER_CHUNK):
            raw[piece] = generator.decode(sample(points[piece]))[0]
    return F.softplus(raw - 1)
