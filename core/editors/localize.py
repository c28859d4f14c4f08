"""Where a part lies in the planes: the gradients of its pixels, gathered over views.

A masked render is back-propagated to the planes: cells that the part's pixels depend on get large gradients, all others
none. Published for triplanes (triplane_edit, whose views are `PUBLISHED_VIEWS`); nothing here knows how many slices a
plane has or who segments, so it serves every generator behind `core.protocols.Generator`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.camera import Camera
from core.generators.conditioning import look_at_pose
from core.rendering.marching import march, never_stale
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torch import Tensor

    from core.protocols import Generator
    from core.rendering.marching import Composite
    from core.trigrid import Trigrid

PUBLISHED_VIEWS = (
    *((-60, 5), (-45, 5), (-30, 0), (-15, 10), (0, 15), (0, 0), (0, -15), (15, 10), (30, 0), (45, 5), (60, 5)),
)
"""Yaw and pitch, degrees, as the published code counts them: its steps of pitch cover equal areas, downwards."""
ALL_ROUND_VIEWS = (
    *PUBLISHED_VIEWS,
    *((-90, 5), (-120, 0), (-150, 5), (180, 10), (180, -10), (150, 5), (120, 0), (90, 5)),
)
"""The published views, carried on around the back: for heads that have one."""
PUBLISHED_TARGET = (0.0, 0.0, 0.2)
"""Point that the published views look at."""
CELEBA_CHANNELS: dict[str, tuple[int, ...]] = {
    "mouth": (11, 12, 13),
    "glasses": (6,),
    "hair": (17,),
    "brows": (2, 3),
    "eyes": (4, 5),
    "nose": (10,),
}
"""Labels of the 19-class face parser that the published code takes for each part."""


def cameras_of_views(
    views: Iterable[tuple[float, float]] = PUBLISHED_VIEWS, target: Sequence[float] = PUBLISHED_TARGET
) -> tuple[Camera, ...]:
    """The cameras of yaws and pitches in published degrees."""
    return tuple(
        Camera(look_at_pose(math.pi / 2 + math.radians(yaw), math.pi / 2 + math.radians(pitch), target))
        for yaw, pitch in views
    )


def labelled_pixels(logits: Tensor, channels: Sequence[int]) -> Tensor:
    """1 where the likeliest of the labels is among `channels`, else 0: [B, 1, H, W] of logits [B, labels, H, W]."""
    likeliest = logits.argmax(1, keepdim=True)
    return torch.isin(likeliest, torch.tensor(channels, device=logits.device)).to(logits.dtype)


def mean_gradient(planes: Tensor, views: Iterable[tuple[Callable[[Tensor], Tensor], Tensor]]) -> Tensor:
    """How the planes move the pixels of a part, the mean over views.

    Args:
        planes: any shape.
        views: for each, what draws a picture [B, 3, H, W] of planes, and the part's mask [B, 1, H, W] in it. One view
            at a time is in memory.

    Returns:
        The gradient of the masked sum of the colours, shaped as the planes.

    Raises:
        ValueError: there is no view.
    """
    total, count = torch.zeros_like(planes), 0
    for draw, mask in views:
        count += 1
        if not mask.any():
            continue
        leaf = planes.detach().requires_grad_()
        with torch.enable_grad():
            picture = draw(leaf)
            weights = mask.to(picture).expand_as(picture)
            (gradient,) = torch.autograd.grad(picture, leaf, grad_outputs=weights)
        total += gradient
    if not count:
        raise ValueError("a part is looked for in at least one view")
    return total / count


@dataclass(frozen=True)
class Looks:
    """How a head is looked at while a part is searched.

    Attributes:
        cameras: views; heads that have a back want `ALL_ROUND_VIEWS`.
        finished: gradients pass through the super-resolution, as published; False takes the rendered colours.
        samples: of both passes along a ray; None is the generator's own.
        neural_px: side of the feature picture; None is the generator's own. With much fewer rays than the planes have
            cells, cells between rays get no gradient and the mask has holes.
        plane_px: side to which planes are averaged down before gradients are taken, so that few rays suffice; the part
            is still told in finished pictures of the whole planes. None takes the planes as they are.
        alone: see `core.editors.plane_masks.GradientMasking`.
    """

    cameras: tuple[Camera, ...] = field(default_factory=cameras_of_views)
    finished: bool = True
    samples: tuple[int, int] | None = None
    neural_px: int | None = None
    plane_px: int | None = None
    alone: bool = False


QUICK_VIEWS = ((-60, 5), (-25, 0), (0, 15), (0, -10), (25, 0), (60, 5))
QUICK_ROUND_VIEWS = (*QUICK_VIEWS, (-120, 0), (180, 10), (120, 0))
"""Fewer, for when somebody waits."""


def quick_looks(*, all_round: bool) -> Looks:
    """Looks that a processor takes seconds for: raw colours, small planes and few views lead to much the same mask.

    Args:
        all_round: the heads have a back.
    """
    cameras = cameras_of_views(QUICK_ROUND_VIEWS if all_round else QUICK_VIEWS)
    return Looks(cameras, finished=False, samples=(16, 12), neural_px=48, plane_px=64, alone=True)


def gradient_of_part(
    generator: Generator,
    trigrid: Trigrid,
    latents: Tensor,
    mask_of: Callable[[Tensor, Tensor], Tensor],
    looks: Looks | None = None,
    *,
    stale: Callable[[], None] = never_stale,
    shown: Callable[[Camera, Composite, Tensor], None] | None = None,
) -> Tensor:
    """How a head's planes move the pixels of a part.

    Args:
        generator: with the head's tuned weights.
        trigrid: the head.
        latents: [L, W], for the super-resolution.
        mask_of: the part's mask [1, 1, h, w], 0..1, in a picture [1, 3, H, W], 0..1; its second argument is the
            composited features [1, F, h, w], from which a generator with labels can tell the part. It is resized to
            the picture.
        looks: how; None is as published.
        stale: called between views; raises `Cancelled`.
        shown: told of each view what was composited there, and the mask at that size.

    Returns:
        [3, C, D, H, W]; of planes that were averaged down, see `Looks`, as small as these.
    """
    looks = looks or Looks()
    side, samples = looks.neural_px or generator.info.neural_px, looks.samples or generator.info.samples
    small = trigrid if looks.plane_px is None else trigrid.with_planes(averaged(trigrid.planes, looks.plane_px))

    def both(field: Trigrid, camera: Camera, px: int, *, finished: bool) -> tuple[Tensor, Composite]:
        seen = march(generator, field, camera, px, *samples)
        if finished:
            return generator.picture(seen.features, seen.alpha, latents[None]), seen
        return generator.colours(seen.features.movedim(1, -1)).movedim(-1, 1), seen

    def drawn(camera: Camera) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        stale()
        with torch.no_grad():
            if small is trigrid:
                picture, seen = both(trigrid, camera, side, finished=looks.finished)
            else:
                picture, seen = both(trigrid, camera, generator.info.neural_px, finished=True)
            mask = mask_of(picture, seen.features).to(picture)
            if shown is not None:
                shown(camera, seen, F.interpolate(mask, seen.alpha.shape[-2:], mode="nearest"))
            if small is trigrid and mask.shape[-2:] != picture.shape[-2:]:
                mask = F.interpolate(mask, picture.shape[-2:], mode="nearest")
            elif small is not trigrid:
                mask = sized(mask, side)
        return lambda planes: both(small.with_planes(planes), camera, side, finished=looks.finished)[0], mask

    return mean_gradient(small.planes, (drawn(camera) for camera in looks.cameras))


def averaged(planes: Tensor, side: int) -> Tensor:
    """Planes [3, C, D, H, W] averaged down to a side in cells."""
    flat = F.adaptive_avg_pool2d(planes.flatten(0, 2), side)
    return flat.view(*planes.shape[:3], side, side)
