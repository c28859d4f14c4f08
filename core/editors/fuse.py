"""Two trigrids become one: a part of a reference on a wearer.

The steps of the published reference-based editing (triplane_edit): *manual* fusion pastes the part and leaves a seam;
*implicit* fusion shows the pasted head to an encoder and lets the generator draw it anew, without a seam and without
detail; the *final* fusion takes the part, the wearer and, in a soft band between them, what the generator drew. Which
share goes where depends on the part; the shares of a cell always add up to one.

The published code calls the reference the source, and for hair it swaps the two first: the wearer's face is then what
is laid onto the reference's head. So the fusions here have a *source*, which is where the mask is, and a *target*;
`SWAPPED` tells for which parts the source is the wearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.camera import Camera
from core.editors.plane_masks import GradientMasking, MaskEdges, edges_of, grown_and_shrunk
from core.rendering.marching import march

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from core.protocols import PlaneGenerator
    from core.trigrid import Trigrid

SWAPPED = frozenset({"hair"})
"""Parts of which the source is the wearer, and the mask is where neither wears the part."""
COMPANIONS = {"hair": "hair", "nose": "eyes"}
"""Parts whose mask also needs another one: this part's on the target."""
GUIDANCE = 1.5
"""How much of a direction's difference is added for glasses."""
ENCODER_PX = 256
"""Side of the picture that the implicit fusion's encoder sees."""


def masking_of(part: str) -> GradientMasking:
    """How the gradient of a part becomes a mask: rims of glasses are too thin to be blurred."""
    return GradientMasking(blurs=0) if part == "glasses" else GradientMasking()


def source_mask(part: str, mask: Tensor, companion: Tensor | None = None) -> Tensor:
    """Where the source is taken.

    Args:
        part: name.
        mask: the part's on the source, 0..1.
        companion: mask of `COMPANIONS[part]` on the target, for parts that have one.

    Raises:
        ValueError: the part needs a companion and there is none.
    """
    if part not in COMPANIONS:
        return mask
    if companion is None:
        raise ValueError(f"the mask of {part} also needs that of the target's {COMPANIONS[part]}")
    return (1 - mask if part == "hair" else mask) * (1 - companion)


@dataclass(frozen=True)
class Shares:
    """How much of each trigrid a cell takes; they add up to one.

    Attributes:
        source: of the source.
        implicit: of what the generator drew.
        target: of the target.
        manual: of the pasted one.
    """

    source: Tensor
    implicit: Tensor
    target: Tensor
    manual: Tensor


def shares_of(part: str, mask: Tensor, edges: MaskEdges | None = None) -> Shares:
    """The published shares of a part.

    Args:
        part: name; one that was not published is treated as the mouth is.
        mask: [..., H, W] where the source is taken, 0..1, from `source_mask`.
        edges: None takes the published ones for planes of this side in a box of one world unit.
    """
    edges = edges or edges_of(part, mask.shape[-1])
    grown, shrunk = grown_and_shrunk(mask, edges)
    none = torch.zeros_like(mask)
    match part:
        case "hair":
            _, target = grown_and_shrunk(1 - mask, edges)
            return Shares(shrunk, 1 - (shrunk + target), target, none)
        case "glasses":
            return Shares(none, grown - shrunk, 1 - grown, shrunk)
        case "nose":
            return Shares(none, grown, 1 - grown, none)
        case _:
            return Shares(shrunk, grown - shrunk, 1 - grown, none)


def manual_fusion(source: Trigrid, target: Trigrid, mask: Tensor) -> Trigrid:
    """The source where the mask [..., H, W] is 1, the target where it is 0."""
    return target.blended(source, mask)


def guided_fusion(
    source: Trigrid, plain: Trigrid, target: Trigrid, mask: Tensor, strength: float = GUIDANCE
) -> Trigrid:
    """The target, and in the mask what a direction in latents added to the source: the glasses without the eyes.

    Args:
        source: with the part.
        plain: planes of the source's latents with the part's direction taken away.
        target: wearer.
        mask: where the part is.
        strength: of what is added.
    """
    return target.with_planes(target.planes + mask * strength * (source.planes - plain.planes))


def final_fusion(shares: Shares, source: Trigrid, implicit: Trigrid, target: Trigrid, manual: Trigrid) -> Trigrid:
    """Every trigrid by its share."""
    planes = (
        shares.source * source.planes
        + shares.implicit * implicit.planes
        + shares.target * target.planes
        + shares.manual * manual.planes
    )
    return target.with_planes(planes)


def implicit_fusion(
    generator: PlaneGenerator,
    manual: Trigrid,
    latents: Tensor,
    encode: Callable[[Tensor, Tensor], Tensor],
    camera: Camera | None = None,
    *,
    samples: tuple[int, int] | None = None,
) -> Trigrid:
    """What the generator makes of a pasted head: it can draw no seam.

    Args:
        generator: of the heads.
        manual: pasted, from `manual_fusion` or `guided_fusion`.
        latents: [L, W] of the source, for the super-resolution.
        encode: picture [1, 3, 256, 256] on white, 0..1, and how much of each pixel is the head [1, 1, 256, 256] ->
            latents [1, L, W]; without a branch for detail, which would keep the seam.
        camera: from where the head is shown; None is straight in front.
        samples: of both passes along a ray; None is the generator's own.
    """
    with torch.no_grad():
        seen = march(
            generator, manual, camera or Camera.orbit(), generator.info.neural_px, *(samples or generator.info.samples)
        )
        picture = generator.picture(seen.features, seen.alpha, latents[None])
        # averages of whole pixels, as published: no antialiased filter
        cover = F.interpolate(seen.alpha, picture.shape[-2:], mode="bilinear", align_corners=False)
        small, alpha = (F.adaptive_avg_pool2d(one, ENCODER_PX) for one in (picture, cover))
        return generator.trigrid(encode(small, alpha)[0])
