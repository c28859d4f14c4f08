"""What the encoder's head looks like from the photo's camera, beside the photo: what the offset branch reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import Glimpse
from core.inverters.pose import RefinedCamera
from core.resizing import sized

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.inverters.glimpse import Seen
    from core.protocols import Generator

PHOTO_PX, LOOK_PX = 256, 128
"""Sides of the photo and of the first reconstruction."""
SAMPLES = 6
"""Samples a ray of the reconstruction."""
CLOTHES = "cloth"
SOLID = 0.05
"""Alpha below which a ray's depth is that of its neighbours."""


@dataclass(frozen=True, eq=False)
class FirstLook:
    """The photo and the first reconstruction, as tensors of one picture.

    Attributes:
        photo: float32 [1, 3, P, P], the person on white, 0..1.
        mask: [1, 1, P, P] the person.
        drawn: [1, 3, S, S] the first reconstruction on white.
        alpha: [1, 1, S, S] its alpha.
        depth: [1, 1, S, S] of its surface along the rays, world units; where nothing is, of the nearest surface.
    """

    photo: Tensor
    mask: Tensor
    drawn: Tensor
    alpha: Tensor
    depth: Tensor


def first_look(
    generator: Generator,
    field: Field,
    camera: Camera,
    photo: Tensor,
    mask: Tensor,
    glimpse: Glimpse | None = None,
    clothes: Tensor | None = None,
) -> FirstLook:
    """Draw the first reconstruction small, and put the photo beside it.

    A collar that stands up beside the neck would be laid on the neck, and built up in the air beside it: where the
    photo shows clothes and the head has none, the photo is taken to show what the head does.

    Args:
        generator: of the head.
        field: the head.
        camera: the photo's.
        photo: [1, 3, h, w] the person on white.
        mask: [1, 1, h, w].
        glimpse: of the head from that camera, where there is one already.
        clothes: [1, 1, h, w] chance of clothes in the photo, 0..1; None believes all of it.
    """
    with torch.no_grad():
        refined = RefinedCamera(camera)
        glimpse = glimpse or Glimpse(generator, field, refined)
        seen = glimpse.see(generator, field, refined, (0, 0, LOOK_PX, LOOK_PX), SAMPLES)
        alpha = seen.alpha[None, None].clamp(0, 1)
        rgb, person = (sized(picture, PHOTO_PX) for picture in (photo, mask))
        drawn = seen.on_white().clamp(0, 1)
        if clothes is not None:
            strange = sized(clothes, PHOTO_PX) * (1 - sized(_clothed(generator, seen), PHOTO_PX))
            rgb, person = (
                torch.lerp(theirs, sized(own, PHOTO_PX), strange) for theirs, own in ((rgb, drawn), (person, alpha))
            )
        return FirstLook(rgb, person, drawn, alpha, spread_depth(seen.depth[None, None], alpha))


def _clothed(generator: Generator, seen: Seen) -> Tensor:
    """Share of clothes [1, 1, S, S] in what is seen of a head; ones where it names none."""
    share = seen.alpha.clamp(min=1e-3)
    logits = generator.label_logits((seen.features / share).flatten(1).T)
    if logits is None or CLOTHES not in generator.info.parts:
        return torch.ones_like(seen.alpha)[None, None]
    chances = logits.softmax(dim=1)[:, generator.info.parts.index(CLOTHES)]
    return (chances.view_as(seen.alpha) * seen.alpha)[None, None]


def spread_depth(premultiplied: Tensor, alpha: Tensor) -> Tensor:
    """Depth [1, 1, S, S] everywhere, from depths times alpha: holes and surroundings take their neighbourhood's."""
    depth, known = premultiplied, alpha * (alpha > SOLID)
    depth = depth * (alpha > SOLID)
    found = depth / known.clamp(min=SOLID)
    there = known > 0
    while not bool(there.all()) and depth.shape[-1] > 1:
        depth, known = F.avg_pool2d(depth, 2), F.avg_pool2d(known, 2)
        coarse = depth / known.clamp(min=1e-6)
        grown = F.interpolate(coarse, alpha.shape[-2:], mode="nearest")
        reached = F.interpolate((known > 1e-6).float(), alpha.shape[-2:], mode="nearest") > 0
        found = torch.where(~there & reached, grown, found)
        there = there | reached
    return found
