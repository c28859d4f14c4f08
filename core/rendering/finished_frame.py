"""What happens to a head's picture after its rays: from a composite to a frame with all that the head wears.

The order of the steps is `bare_frame` (the generator's picture, its matte, depth and labels), `detailed` (hair, skin,
face and what no photo shows, drawn finely), `dressed` (photos and paint) and `worn` (the inside of the mouth and
glasses); the renderer lays styles over the last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from core.frame import Frame, Quality
from core.rendering.calm_mouth import calm_mouth
from core.rendering.even_tones import with_even_tones
from core.rendering.eyewear import with_eyewear
from core.rendering.face_detail import with_face_detail
from core.rendering.finish import with_finish
from core.rendering.firm_outline import with_firm_outline
from core.rendering.islands import without_islands
from core.rendering.matte import fine_alpha
from core.rendering.mouth_inside import with_mouth_inside
from core.rendering.paint import painted
from core.rendering.part_labels import part_labels
from core.rendering.part_tones import in_tones
from core.rendering.rays import camera_rays
from core.rendering.strands import with_strands
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from core.camera import Camera
    from core.head import Head
    from core.protocols import Generator
    from core.rendering.head_facts import HeadFacts
    from core.rendering.marching import Composite

SEEN = 0.5
"""Alpha from which a pixel belongs to the head: it then has a depth and a label."""


def bare_frame(
    generator: Generator,
    latents: torch.Tensor,
    composite: Composite,
    camera: Camera,
    quality: Quality,
    size_px: int | None,
) -> Frame:
    """The generator's picture of what rays have met, as a frame.

    Args:
        generator: draws it.
        latents: of the head, [N, W].
        composite: what the generator makes its picture of.
        camera: of both.
        quality: of the frame.
        size_px: side of the picture; None is the generator's own.
    """
    seen = as_neural(generator, composite)
    picture = generator.picture(seen.features, seen.alpha, latents[None])
    rgb = as_rgb(sized(picture, size_px or picture.shape[-1])[0])
    opacity = composite.alpha.cpu()
    alpha = fine_alpha(rgb, sized(opacity, rgb.shape[0])[0, 0].clamp(0, 1).numpy())
    depth = depth_along_z(composite, camera)
    labels = part_labels(generator, composite.features[0].movedim(0, -1))
    if labels is not None:
        labels = labels.cpu() * (torch.from_numpy(depth) > 0)
    return Frame(
        rgb=rgb,
        alpha=alpha,
        depth=depth,
        labels=None if labels is None else labels.numpy(),
        camera=camera,
        quality=quality,
    )


def detailed(frame: Frame, head: Head, facts: Callable[[], HeadFacts]) -> Frame:
    """A frame with what the generator draws coarsely drawn finely, and as the photo suggests.

    Args:
        frame: of the generator's picture.
        head: of the frame.
        facts: known of the head; asked for only where something of it is drawn finely.
    """
    hidden = None
    if head.photos and head.photos[-1].gains is not None:
        frame, hidden = in_tones(frame, head.photos[-1].gains), facts().hidden_side
    if hidden is not None:
        frame = hidden.drawn(frame, head.strands)
    elif head.strands is not None:
        frame = without_islands(with_firm_outline(frame, 1.0))
        frame = with_even_tones(frame, facts().part_tones, facts().face_place)
        frame = with_strands(frame, head.strands)
    if head.face is None:
        return frame
    place = facts().face_place
    if place is not None:
        frame = with_face_detail(frame, head.face, place)
    if head.face.light:
        frame = with_finish(frame, head.strands, facts().light, head.face.light, place)
    return frame


def dressed(frame: Frame, head: Head, depth: NDArray[np.float32]) -> Frame:
    """A frame with the head's photos and paint on; later previews get them from finished frames.

    Args:
        frame: of the head.
        head: of the frame.
        depth: of the same surface, as fine as it is known.
    """
    depth = calm_mouth(depth, frame.labels, frame.camera) if head.photos else depth
    return replace(frame, rgb=painted(frame.rgb, frame.alpha, depth, frame.camera, (*head.photos, *head.paint)))


def worn(frame: Frame, head: Head) -> Frame:
    """A frame with the inside of an opened mouth and with glasses."""
    if head.mouth is not None:
        frame = with_mouth_inside(frame, head.mouth)
    return frame if head.eyewear is None else with_eyewear(frame, head.eyewear)


def as_neural(generator: Generator, composite: Composite) -> Composite:
    """A composite as large as the generator takes it."""
    side = generator.info.neural_px
    features, alpha, depth = (sized(value, side) for value in (composite.features, composite.alpha, composite.depth))
    return replace(composite, features=features, alpha=alpha, depth=depth)


def depth_along_z(composite: Composite, camera: Camera) -> NDArray[np.float32]:
    """Depth float32 [S, S] of what rays have met, along the camera's z, world units; 0 where they met too little."""
    seen = composite.alpha[0, 0].cpu() >= SEEN
    along_z = camera_rays(camera, seen.shape[0])[2].view_as(seen)
    return torch.where(seen, composite.depth[0, 0].cpu() * along_z, torch.zeros(())).numpy()


def as_rgb(picture: torch.Tensor) -> NDArray[np.uint8]:
    """Picture [3, H, W], 0..1, as uint8 [H, W, 3]."""
    rgb = (picture.clamp(0, 1) * 255).round().to(torch.uint8).movedim(0, -1).contiguous()
    return rgb.cpu().numpy()
