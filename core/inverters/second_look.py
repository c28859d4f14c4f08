"""A second look: what the finished picture still lacks of the photo is laid on the surface once more.

The branches change features by the decoder's slope, which is right for small changes only, and they know the
super-resolution not at all. Here the head's own picture is compared with the photo at twice the branches' size, and the
difference goes the same way (one Gauss-Newton step, a little overdone). Where the surface turns away from the photo
nothing is laid: seen from there it would be a smear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.inverters.glimpse import enlarged
from core.inverters.lifting import ReadField, logit_change
from core.inverters.pose import RefinedCamera

if TYPE_CHECKING:
    from torch import Tensor

    from core.camera import Camera
    from core.inverters.first_look import FirstLook
    from core.inverters.glimpse import Glimpse
    from core.inverters.offset_encoder import Lifted
    from core.protocols import PlaneGenerator
    from core.trigrid import Trigrid

SAMPLES = 8
"""Samples a ray of the picture."""
GAIN = 1.5
"""Share of the difference that is laid on: blurred by cells and super-resolution, the whole of it would not arrive."""
MOST_CHANGE = 1.5
"""Larger differences, in logits, are outlines that do not agree; no slope is right for them."""
LEAST_FACING, FULL_FACING = 0.2, 0.6
"""Cosines between surface and view below which nothing is laid, and from which on all of it."""
SHOULDERS, NECK = -0.25, -0.2
"""Heights, world y, below which nothing is laid, and above which all of it. Few pictures taught the model where a bust
ends: strong colours there change what it is called, and shoulders become lips."""
LEAST_SOLID = 0.6
"""Opacity, of photo and head, below which a pixel tells more of the background than of the head."""


def looked_again(
    generator: PlaneGenerator,
    trigrid: Trigrid,
    latents: Tensor,
    camera: Camera,
    look: FirstLook,
    known: Lifted,
    glimpse: Glimpse,
) -> Trigrid:
    """The trigrid nearer to its photo.

    Args:
        generator: of the head.
        trigrid: the head with the branches' offset.
        latents: [L, W] of the head, for its super-resolution.
        camera: the photo's.
        look: the photo.
        known: what the first look told: surface and slopes.
        glimpse: of the head, or of what it was before its offset.
    """
    with torch.no_grad():
        side, refined = look.photo.shape[-1], RefinedCamera(camera)
        surface = known.surface
        facing = ((surface.facing - LEAST_FACING) / (FULL_FACING - LEAST_FACING)).clamp(0, 1)
        facing = facing * ((surface.points[:, 1:2] - SHOULDERS) / (NECK - SHOULDERS)).clamp(0, 1)
        slopes = known.colour.flatten(1).T.unflatten(1, facing.shape[-2:])[None]
        slopes = _sized(slopes, side)[0].flatten(1).T.unflatten(1, known.colour.shape[1:])
        cells, px = trigrid.planes.shape[-1], generator.info.neural_px
        seen = glimpse.see(generator, ReadField.of(trigrid), refined, (0, 0, px, px), SAMPLES)
        drawn = F.interpolate(enlarged(generator, seen, latents), (side, side), mode="area").clamp(0, 1)
        solid = (torch.minimum(_sized(seen.alpha[None, None], side), look.mask) - LEAST_SOLID) / (1 - LEAST_SOLID)
        change = (GAIN * logit_change(drawn, look.photo)).clamp(-MOST_CHANGE, MOST_CHANGE)
        change = change * solid.clamp(0, 1) * _sized(facing, side)
        values = (slopes @ change.flatten(2)[0].T[..., None])[..., 0]
        values = _sized(values.T.reshape(1, -1, side, side), max(cells, facing.shape[-1])).flatten(2)[0].T
        offset = known.filling.means(known.splat.spread(values)).unflatten(0, trigrid.planes.shape[0:3:2])
        return trigrid.with_planes(torch.addcmul(trigrid.planes, offset.transpose(1, 2), 1 - known.hidden))


def _sized(picture: Tensor, side_px: int) -> Tensor:
    if picture.shape[-1] == side_px:
        return picture
    return F.interpolate(picture, (side_px, side_px), mode="bilinear", align_corners=False)
