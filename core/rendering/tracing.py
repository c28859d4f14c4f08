"""Where rays meet a head, from its density grid alone: depth for previews and picking.

A ray walks the grid in even steps until half of its light is stopped. Few rays are walked: coarse ones tell finer ones
where to begin, and where neighbours agree the rays between them are not walked at all. R rays.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.camera import Camera
from core.rendering.occupancy import WIDE, FieldGrid

HALF = math.log(2)
"""Optical depth that stops half of the light."""
CLEAR = 0.05
"""Alpha of a ray below which it is not drawn."""
SMOOTH = 0.03
"""Difference in depth of neighbouring rays, world units, up to which the surface between them is smooth."""
STEP_CELLS = 1.4
"""Length of a step in cells of the grid."""
STEPS_AT_ONCE = 5
RAYS_UNIT = 8
"""A traced picture's side is a multiple of this."""


@dataclass(frozen=True, eq=False)
class Hits:
    """Where rays end.

    Attributes:
        depth: [R] along the ray, where half of what it is stopped by lies in front.
        alpha: [R].
    """

    depth: Tensor
    alpha: Tensor


def pixel_directions(camera: Camera, picture_px: int) -> tuple[Tensor, Tensor]:
    """Unit directions [R, 3] through the pixel centres, row by row, and the camera's z gained by a unit of ray [R]."""
    at = ((torch.arange(picture_px) + 0.5) / picture_px - 0.5) / camera.focal
    along_z = (1 + at[:, None].square() + at[None].square()).rsqrt()
    turn = torch.from_numpy(camera.world_from_camera[:3, :3].copy()).float()
    unscaled = at[None, :, None] * turn[:, 0] + at[:, None, None] * turn[:, 1] + turn[:, 2]
    return (unscaled * along_z[..., None]).view(-1, 3), along_z.view(-1)


def trace(grid: FieldGrid, camera: Camera, picture_px: int) -> Hits:
    """Where the rays of a picture end, row by row: where half of their light is stopped.

    A ray that stops less light in all ends where half of what it stops lies in front. One ray in sixteen is walked;
    where neighbours agree the rays between them lie between them, elsewhere they are walked too, twice over.
    """
    walk = Walk(grid, camera)
    first_px = picture_px // 4
    begin, end = (doubled_nearest(value) for value in walk.spans(first_px // 2))
    hits = walk.until(pixel_directions(camera, first_px)[0], begin.view(-1), end.view(-1), thorough=False)
    hits, begin, end = walk.finer(hits, begin, end, first_px * 2, last=False)
    return walk.finer(hits, begin, end, picture_px, last=True)[0]


def doubled_nearest(value: Tensor) -> Tensor:
    """Picture [h, w] with each pixel as four."""
    return value.repeat_interleave(2, 0).repeat_interleave(2, 1)


class Walk:
    """Walks rays of one camera through a grid, in its coordinates -1..1."""

    def __init__(self, grid: FieldGrid, camera: Camera) -> None:
        self.grid = grid
        self.camera = camera
        self.position = torch.from_numpy(np.array(camera.position)).float()
        self.origin = grid.relative(self.position)

    def spans(self, few: int) -> tuple[Tensor, Tensor]:
        """Depths [few, few] between which rays about the centres of that many pixels meet anything.

        From one ray and its neighbours through the widened grid. Where there is nothing to meet the end lies first.
        """
        directions = pixel_directions(self.camera, few)[0]
        origins = self.position.expand_as(directions)
        begin, end = self.grid.limits(origins, directions, self.camera.near, self.camera.far)
        step = WIDE * max(self.grid.spacing)
        count = max(1, math.ceil(float((end - begin).max()) / step))
        numbers = torch.arange(count) + 0.5
        depths = begin + step * numbers
        met = self.grid.occupied_at(self.origin + depths[..., None] * self.grid.relative(directions)[:, None])
        met &= depths < end
        # farthest first: a maximum over neighbours then gives the earliest beginning and the latest end
        first = torch.where(met, -numbers, torch.full((), -math.inf)).amax(1) * step - begin[:, 0]
        last = torch.where(met, numbers, torch.full((), -math.inf)).amax(1) * step + begin[:, 0]
        around = F.max_pool2d(torch.stack([first, last]).view(1, 2, few, few), 3, 1, padding=1)[0]
        return -around[0] - step / 2, around[1] + step

    def finer(
        self, hits: Hits, begin: Tensor, end: Tensor, finer_px: int, *, last: bool
    ) -> tuple[Hits, Tensor, Tensor]:
        """Hits of a picture twice as fine.

        Args:
            hits: of the coarser picture, and begin and end, [h, w], of its rays.
            begin: see above.
            end: see above.
            finer_px: side of the finer picture.
            last: whether it is the last; before, thin things may have slipped between the rays, and one looks further
                around.

        Returns:
            Hits, begin and end of the finer picture's rays.
        """
        few = finer_px // 2
        depth, alpha = hits.depth.view(1, 1, few, few), hits.alpha.view(1, 1, few, few)
        farthest, nearest = F.max_pool2d(depth, 3, 1, padding=1), -F.max_pool2d(-depth, 3, 1, padding=1)
        solid = -F.max_pool2d(-alpha, 3, 1, padding=1) == 1
        smooth = (solid & (farthest - nearest < SMOOTH))[0, 0]
        around = 1 if last else 3
        doubtful = ~smooth & (F.max_pool2d(alpha, 2 * around + 1, 1, padding=around) > 0)[0, 0]
        # nothing was met before the nearest neighbour, so the walk may begin shortly before it
        begin = torch.where(nearest < math.inf, torch.maximum(begin, nearest - SMOOTH), begin)[0, 0]

        finite = torch.where(depth < math.inf, depth, torch.zeros(()))
        between = F.interpolate(finite, scale_factor=2.0, mode="bilinear", align_corners=False).view(-1)
        smooth = doubled_nearest(smooth).view(-1)
        fine_depth = torch.where(smooth, between, torch.full((), math.inf))
        fine_alpha = smooth.float()
        begin, end = doubled_nearest(begin), doubled_nearest(end)
        walked = doubled_nearest(doubtful).view(-1).nonzero()[:, 0]
        directions = pixel_directions(self.camera, finer_px)[0][walked]
        again = self.until(directions, begin.view(-1)[walked], end.view(-1)[walked], thorough=last)
        fine_depth[walked], fine_alpha[walked] = again.depth, again.alpha
        return Hits(fine_depth, fine_alpha), begin, end

    def until(self, directions: Tensor, begin: Tensor, end: Tensor, *, thorough: bool = True) -> Hits:
        """Walk rays along unit directions [R, 3] between depths [R].

        Unless `thorough`, rays that are not stopped have an alpha but no depth.
        """
        depth, alpha = torch.full_like(begin, math.inf), torch.ones_like(begin)
        along = self.grid.relative(directions)
        rays = (begin < end).nonzero()[:, 0]
        alpha[(begin >= end).nonzero()[:, 0]] = 0.0
        missed, passed = self._until(along, begin, end, rays, torch.full_like(begin[rays], HALF), depth)
        alpha[missed] = 1 - torch.exp(-passed)
        some = alpha[missed] > CLEAR
        alpha[missed[~some]] = 0.0
        if not thorough:
            return Hits(depth, alpha)
        # a hair's breadth short, lest rounding lets them miss again
        goal = -torch.log(1 - alpha[missed[some]] / 2) * (1 - 1e-4)
        self._until(along, begin, end, missed[some], goal, depth)
        return Hits(depth, alpha)

    def _until(
        self, along: Tensor, begin: Tensor, end: Tensor, rays: Tensor, goal: Tensor, depth: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Write into `depth` where `rays` reach the optical depth `goal`; the rays that do not, and what they meet."""
        step = STEP_CELLS * max(self.grid.spacing)
        ahead = step * torch.arange(1, STEPS_AT_ONCE + 1)
        at, passed = begin[rays], torch.zeros_like(goal)
        before = torch.zeros_like(goal)  # density where a step begins; rays begin in the empty
        missed: list[tuple[Tensor, Tensor]] = [(rays[:0], goal[:0])]
        while len(rays):
            points = self.origin + (at[:, None] + ahead)[..., None] * along[rays, None]
            densities = torch.cat([before[:, None], self.grid.density_at_relative(points)], dim=1)
            sums = passed[:, None] + ((densities[:, :-1] + densities[:, 1:]) * (step / 2)).cumsum(1)
            reached = sums[:, -1] >= goal
            hits = reached.nonzero()[:, 0]
            which = (sums[hits] >= goal[hits, None]).byte().argmax(1)[:, None]
            first, last = densities[hits].gather(1, which)[:, 0], densities[hits].gather(1, which + 1)[:, 0]
            # what the step must still stop, under a density that grows evenly from first to last
            rest = goal[hits] - sums[hits].gather(1, which)[:, 0] + (first + last) * (step / 2)
            root = (first.square() + 2 * rest * (last - first) / step).clamp(min=0).sqrt()
            depth[rays[hits]] = at[hits] + step * which[:, 0] + 2 * rest / (first + root).clamp(min=1e-9)
            at, passed, before = at + STEPS_AT_ONCE * step, sums[:, -1], densities[:, -1]
            beyond = at >= end[rays]
            out, on = (beyond & ~reached).nonzero()[:, 0], (~beyond & ~reached).nonzero()[:, 0]
            missed.append((rays[out], passed[out]))
            rays, at, passed, goal, before = rays[on], at[on], passed[on], goal[on], before[on]
        return torch.cat([part[0] for part in missed]), torch.cat([part[1] for part in missed])
