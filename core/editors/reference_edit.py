"""The published reference-based edit from end to end, for any generator with planes (triplane_edit).

Needs no labels in 3D: a segmenter finds the part in views of both heads, gradients carry it to the planes, masks are
made of them, and source, target and what an encoder makes of their pasted planes are fused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from core.editors.fuse import (
    COMPANIONS,
    GUIDANCE,
    SWAPPED,
    final_fusion,
    guided_fusion,
    implicit_fusion,
    manual_fusion,
    masking_of,
    shares_of,
    source_mask,
)
from core.editors.localize import Looks, gradient_of_part
from core.editors.plane_masks import edges_of, mask_from_gradient, sized
from core.errors import VoltefaceError
from core.rendering.marching import never_stale
from core.rendering.rays import camera_rays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from core.camera import Camera
    from core.protocols import PlaneGenerator
    from core.rendering.marching import Composite
    from core.trigrid import Trigrid

    Segmenter = Callable[[Tensor, Tensor, str], Tensor]

SURE = 0.5
"""Of a mask and of alpha, from which a pixel is a place of the part."""


@dataclass(frozen=True, eq=False)
class EditedHead:
    """One of the two heads of an edit.

    Attributes:
        trigrid: its planes.
        latents: [L, W].
        name: for people.
        generator: with its tuning, where it is not the wearer's; None is the wearer's.
        adopted: makes of points [N, 3] where it shows the part its planes as the wearer's decoder must be given them;
            None gives them as they are.
    """

    trigrid: Trigrid
    latents: Tensor
    name: str = "the reference"
    generator: PlaneGenerator | None = None
    adopted: Callable[[Tensor], Trigrid] | None = None


@dataclass(frozen=True, eq=False)
class Edited:
    """What came of an edit.

    Attributes:
        trigrid: the wearer with the part.
        manual: pasted, with seams.
        implicit: as the generator drew it.
        mask: [3, 1, D, H, W] where the source was taken, 0..1.
    """

    trigrid: Trigrid
    manual: Trigrid
    implicit: Trigrid
    mask: Tensor


def fused_by_gradients(
    part: str,
    source: Trigrid,
    target: Trigrid,
    gradients: tuple[Tensor, Tensor | None],
    implicit_of: Callable[[Trigrid], Trigrid],
    *,
    plain: Trigrid | None = None,
    guidance: float = GUIDANCE,
    sigmas: Iterator[float] | None = None,
    alone: bool = False,
) -> Edited:
    """Source and target fused where gradients point.

    Args:
        part: name.
        source: see `fuse`: the reference, or the wearer for parts in `SWAPPED`.
        target: the other one.
        gradients: of the part on the source, and of its companion on the target for parts that have one.
        implicit_of: what the generator makes of pasted planes.
        plain: the source's planes without the part, where a direction in latents takes it away: for glasses, of which
            then only the difference is pasted.
        guidance: how much of that difference.
        sigmas: of the small blurs, see `mask_from_gradient`.
        alone: see `GradientMasking`.
    """
    mask = mask_from_gradient(gradients[0], replace(masking_of(part), alone=alone), sigmas)
    companion, other = COMPANIONS.get(part), None
    if companion is not None and gradients[1] is not None:
        other = mask_from_gradient(gradients[1], replace(masking_of(companion), alone=alone), sigmas)
    mask = sized(source_mask(part, mask, other), target.planes.shape[-1])
    if part == "glasses" and plain is not None:
        manual = guided_fusion(source, plain, target, mask, guidance)
    else:
        manual = manual_fusion(source, target, mask)
    implicit = implicit_of(manual)
    edges = edges_of(part, mask.shape[-1], target.box_side)
    return Edited(final_fusion(shares_of(part, mask, edges), source, implicit, target, manual), manual, implicit, mask)


def reference_edit(
    generator: PlaneGenerator,
    reference: EditedHead,
    wearer: EditedHead,
    part: str,
    segment: Segmenter,
    encode: Callable[[Tensor, Tensor], Tensor],
    *,
    looks: Looks | None = None,
    plain: Trigrid | None = None,
    stale: Callable[[], None] = never_stale,
) -> Edited:
    """A reference's part on a wearer.

    Args:
        generator: of the wearer, with its tuning.
        reference: has the part.
        wearer: gets it.
        part: name that `segment` knows.
        segment: mask [1, 1, h, w], 0..1, of a part (its third argument) in a picture [1, 3, H, W], 0..1; the second
            argument is the composited features [1, F, h, w].
        encode: see `fuse.implicit_fusion`.
        looks: how parts are searched; None is as published.
        plain: the reference's planes without the part, see `fused_by_gradients`.
        stale: called between views; raises `Cancelled`.

    Raises:
        VoltefaceError: no view shows the part on the reference.
    """
    looks = looks or Looks()
    places: list[Tensor] = []

    def remember(camera: Camera, seen: Composite, mask: Tensor) -> None:
        origins, directions, _ = camera_rays(camera, seen.alpha.shape[-1], seen.depth.device)
        chosen = ((mask > SURE) & (seen.alpha > SURE)).view(-1)
        places.append(origins[chosen] + directions[chosen] * seen.depth.view(-1)[chosen, None])

    def gradient(head: EditedHead, what: str, *, theirs: bool) -> Tensor:
        def mask_of(picture: Tensor, features: Tensor) -> Tensor:
            return segment(picture, features, what)

        watched = remember if theirs and what == part else None
        return gradient_of_part(
            head.generator or generator, head.trigrid, head.latents, mask_of, looks, stale=stale, shown=watched
        )

    swapped = part in SWAPPED
    source, target = (wearer, reference) if swapped else (reference, wearer)
    companion = COMPANIONS.get(part)
    on_source = gradient(source, part, theirs=not swapped)
    on_target = gradient(target, companion, theirs=swapped) if companion is not None else None
    on_reference = on_target if swapped and on_target is not None else on_source
    if not bool(on_reference.any()):
        verb = "were" if part.endswith("s") else "was"
        raise VoltefaceError(f"No {part} {verb} found on {reference.name}.", "Choose another reference or part.")
    if reference.adopted is not None:
        reference = replace(reference, trigrid=reference.adopted(torch.cat(places)))
        source, target = (wearer, reference) if swapped else (reference, wearer)

    def implicit_of(manual: Trigrid) -> Trigrid:
        stale()
        return implicit_fusion(generator, manual, source.latents, encode, samples=looks.samples)

    gradients = (on_source, on_target)
    return fused_by_gradients(
        part, source.trigrid, target.trigrid, gradients, implicit_of, plain=plain, alone=looks.alone
    )
