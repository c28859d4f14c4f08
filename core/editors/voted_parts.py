"""The parts of a head whose generator tells none and has no planes: what its pictures show, voted into 3D.

The published localisation back-propagates masked pictures to planes. Where a head is no planes but a network, the same
gradient is taken with respect to the colour of each place: a place gets what it adds to the masked pixels, which is the
share of the light that it stops. Nearly all of that lies where a ray meets the surface, so each pixel votes there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import torch
import torch.nn.functional as F

from core.editors.head_parts import HeadParts
from core.editors.localize import QUICK_VIEWS, cameras_of_views
from core.mask import PARTS
from core.rendering.finished_frame import as_rgb
from core.rendering.marching import march, never_stale
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels
from core.rendering.rays import camera_rays
from core.segmenters.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

    Read = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    """Picture uint8 [H, W, 3] -> parts uint8 [H, W], indices into `core.mask.PARTS`."""

SURE = 0.5
"""Alpha from which a ray has met the surface."""
SPREAD, FAINTER = 6, 1e-3
"""How far, in nodes, votes are passed on to places that no view saw, and the weight of each step."""
TARGET = (0.0, 0.0, 0.0)
"""What the views look at."""


def voted_parts(
    generator: Generator,
    field: Field,
    latents: Tensor,
    grid: FieldGrid | None = None,
    *,
    read: Read = parse,
    cameras: Sequence[Camera] = (),
    stale: Callable[[], None] = never_stale,
) -> HeadParts:
    """The parts of a head by votes of its pictures.

    Args:
        generator: decodes the field.
        field: the head.
        latents: [L, W], for its pictures.
        grid: of the field, if it is known.
        read: names the parts in a picture.
        cameras: of the pictures; none are those of a quick published search, from the front and the sides.
        stale: called between views; raises `Cancelled`.
    """
    with torch.no_grad():
        grid = grid or field_grid(generator, field, part_labels, stale=stale)
        votes = torch.zeros(len(PARTS), grid.sigma.numel())
        for camera in cameras or cameras_of_views(QUICK_VIEWS, TARGET):
            stale()
            points, labels = _told(generator, field, latents, camera, read)
            votes.index_put_((labels, grid.nearest(points)), torch.ones(len(labels)), accumulate=True)
    return HeadParts(replace(grid, labels=_elected(votes.view(-1, *grid.sigma.shape)).to(grid.sigma.device)))


def _told(generator: Generator, field: Field, latents: Tensor, camera: Camera, read: Read) -> tuple[Tensor, Tensor]:
    """World points [N, 3] where rays of a view meet the head, and what its picture calls them, int64 [N]."""
    side = generator.info.neural_px
    seen = march(generator, field, camera, side, *generator.info.samples)
    named = read(as_rgb(generator.picture(seen.features, seen.alpha, latents[None])[0]))
    labels = torch.from_numpy(cv2.resize(named, (side, side), interpolation=cv2.INTER_NEAREST)).long().view(-1)
    origins, directions, _ = camera_rays(camera, side)
    met = (seen.alpha.cpu().view(-1) > SURE) & (labels > 0)
    return origins[met] + directions[met] * seen.depth.cpu().view(-1)[met, None], labels[met]


def _elected(votes: Tensor) -> Tensor:
    """The part with the most votes [P, Z, Y, X] at each node and around it, uint8 [Z, Y, X]; 0 where nobody voted."""
    total, passed = votes.clone(), votes
    for step in range(SPREAD):
        passed = F.avg_pool3d(passed[None], 3, 1, 1)[0]
        total += passed * FAINTER**step
    most, part = total.max(0)
    return torch.where(most > 0, part, 0).to(torch.uint8)
