"""Installed one-pass encoders as inverters of their own, for comparison: pSp, GOAE and TriPlaneNet as published.

pSp and GOAE answer latents. TriPlaneNet's second branch then looks at the picture, at the first reconstruction and, in
its second version, at both in a mirror, and moves the planes.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from core.frame import Quality
from core.head import Head
from core.inverters.dual_encoder import photo_and_mask
from core.inverters.encoders.triplanenet import TriPlaneNetNetwork, branch_input
from core.inverters.published_encoder import PREFERRED, candidates, latents_by, opened
from core.protocols import PlaneGenerator
from core.rendering.renderer import HeadRenderer
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from core.align import Alignment
    from core.camera import Camera
    from core.field import Field
    from core.protocols import Generator

log = logging.getLogger(__name__)

BRANCH, BRANCH_PX = "triplanenet", 256
METHOD = "published encoder"
TITLES = {"psp": "pSp", "goae": "GOAE", BRANCH: "TriPlaneNet"}


def published_heads(alignment: Alignment, generator: Generator) -> Iterator[tuple[str, Head]]:
    """The head of every installed encoder that fits an installed generator, and the encoder's title.

    Raises:
        InversionError: the photo shows no person.
    """
    photo, _ = photo_and_mask(alignment)
    for model in candidates(generator.info.name):
        for family in PREFERRED:
            latents = latents_by(model.name, family, photo, generator) if family in model.networks else None
            if latents is None:
                continue
            head = Head(
                generator=generator.info.name,
                latents=latents,
                camera=alignment.camera,
                trigrid=_field(generator, latents),
                seed=0,
                method=METHOD,
            )
            yield f"{TITLES[family]} ({model.name})", head
            if family == "psp" and BRANCH in model.networks and isinstance(generator, PlaneGenerator):
                moved = _branched(opened(model.name)[BRANCH], head, photo, generator)
                if moved is not None:
                    yield f"{TITLES[BRANCH]} ({model.name})", moved


def _field(generator: Generator, latents: Tensor) -> Field:
    with torch.no_grad():
        return generator.trigrid(latents)


def _branched(network: torch.nn.Module, head: Head, photo: Tensor, generator: PlaneGenerator) -> Head | None:
    """The head with the second branch's planes; None where the branch is of other planes."""
    first = head.trigrid
    if not isinstance(network, TriPlaneNetNetwork) or not isinstance(first, Trigrid):
        return None
    planes = first.planes.flatten(0, 2)[None]
    if planes.shape[1:] != (network.config.plane_channels, BRANCH_PX, BRANCH_PX):
        log.info("the second branch of TriPlaneNet is for other planes than those of %s", generator.info.name)
        return None
    renderer = HeadRenderer(generator, head)

    def drawn(camera: Camera) -> Tensor:
        frame = renderer.render(camera, Quality.EXACT)
        return torch.from_numpy(frame.rgb.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1

    seen, second = photo * 2 - 1, network.config.version != "v1"
    mirrored = (seen.flip(3), drawn(head.camera.mirrored())) if second else None
    with torch.no_grad():
        answer = network(branch_input(seen, drawn(head.camera), mirrored, BRANCH_PX), planes if second else None)
        moved = answer if second else planes + answer
        field = first.with_planes(moved.view_as(first.planes))
    return replace(head, trigrid=field, delta={"trigrid": field.planes - first.planes})
