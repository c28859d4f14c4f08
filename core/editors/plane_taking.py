"""Parts taken the published way: for heads whose generator knows no parts in 3D, and for those that do where asked for.

The parser finds the part in pictures of both heads, gradients carry it to the planes, and what lies between the two
heads is drawn by the generator from what an encoder makes of the pasted one. What comes out is a change of the wearer's
planes, which is laid over its field like any other layer and may be weaker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.editors.head_parts import labels_of
from core.editors.localize import quick_looks
from core.editors.recolouring import remap_to
from core.editors.reference_edit import EditedHead, reference_edit
from core.errors import VoltefaceError
from core.mask import PARTS
from core.protocols import PlaneGenerator
from core.segmenters.parser import parse
from core.trigrid import Trigrid

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from core.editors.localize import Looks
    from core.editors.reference_edit import Edited
    from core.editors.voted_parts import Read
    from core.head import Head
    from core.protocols import Generator

    Encode = Callable[[Generator, Tensor, Tensor], Tensor | None]
    Segment = Callable[[Tensor, Tensor, str], Tensor]

LEAST_SHARE = 3e-4
"""Of a picture; fewer pixels are a slip of the parser."""


def parsed(picture: Tensor, _features: Tensor, part: str) -> Tensor:
    """Where a picture [1, 3, H, W], 0..1, shows a part by the parser, [1, 1, H, W], 0 or 1."""
    rgb = (picture[0].clamp(0, 1) * 255).round().byte().movedim(0, -1).cpu().numpy()
    found = np.isin(parse(np.ascontiguousarray(rgb)), [PARTS.index(label) for label in labels_of(part)])
    return torch.from_numpy((found * (found.mean() >= LEAST_SHARE)).astype(np.float32)).to(picture.device)[None, None]


def no_encoder(_generator: Generator, _picture: Tensor, _alpha: Tensor) -> Tensor | None:
    """No encoder is known."""
    return None


@dataclass(frozen=True)
class PlaneTools:
    """What the published way needs beside two heads.

    Attributes:
        encode: picture [1, 3, S, S] from straight in front and alpha [1, 1, S, S] of a pasted head of a generator ->
            latents [1, L, W] of a whole one; None where no encoder is known: the band is then what the generator makes
            of the latents half way between both heads.
        segment: see `reference_edit`.
        looks: how parts are searched; None is quickly, and all around for heads that have a back.
        read: names the parts in a picture, for heads that have no planes either.
    """

    encode: Encode = no_encoder
    segment: Segment = parsed
    looks: Looks | None = None
    read: Read = parse


@dataclass(frozen=True, eq=False)
class PlaneHead:
    """One of the two heads.

    Attributes:
        generator: with the head's tuning.
        planes: of the head.
        latents: [L, W].
        name: for people.
    """

    generator: PlaneGenerator
    planes: Trigrid
    latents: Tensor
    name: str

    @staticmethod
    def of(generator: Generator, head: Head, name: str) -> PlaneHead:
        """A head as it was made: planes cannot hold edits that lie over its field.

        Args:
            generator: with the head's tuning.
            head: any.
            name: for people.

        Raises:
            VoltefaceError: its generator has no planes.
        """
        if not isinstance(generator, PlaneGenerator):
            raise VoltefaceError(
                f"Heads of {generator.info.title} have no planes, so nothing can be taken the published way.",
                "Take the part without --published.",
            )
        planes = head.trigrid if isinstance(head.trigrid, Trigrid) else generator.trigrid(head.latents)
        if planes is not head.trigrid and "trigrid" in head.delta:
            planes = planes.with_planes(planes.planes + head.delta["trigrid"])
        return PlaneHead(generator, planes, head.latents, name)


def taken_in_planes(
    wearer: PlaneHead, lender: PlaneHead, part: str, tools: PlaneTools, *, same: bool, stale: Callable[[], None]
) -> Edited:
    """The wearer's planes with a part of another head.

    Args:
        wearer: gets it.
        lender: has it.
        part: name of `core.editors.head_parts.LABELS_OF`.
        tools: encoder, segmenter and looks.
        same: both heads' planes are read by one decoder; else those of the part are first put into features from which
            the wearer's decoder makes the colours that the lender's made.
        stale: called between views; raises `Cancelled`.

    Raises:
        VoltefaceError: the lender does not show the part, or its planes lie in another way.
    """
    ours, theirs = wearer.planes, lender.planes
    if (ours.axes, ours.box_side, ours.planes.shape) != (theirs.axes, theirs.box_side, theirs.planes.shape):
        raise VoltefaceError(
            f"The planes of {lender.name} are of another kind or size than this head's.",
            "Make both heads with one model.",
        )
    # without slices there is no back to speak of
    looks = tools.looks or quick_looks(all_round=ours.axes.has_slices)

    def encode(picture: Tensor, alpha: Tensor) -> Tensor:
        found = tools.encode(wearer.generator, picture, alpha)
        return (wearer.latents + lender.latents)[None] / 2 if found is None else found

    def adopted(points: Tensor) -> Trigrid:
        features = theirs.sample(points)
        raw, decoded = lender.generator.decode(features)
        with torch.enable_grad():
            remap = remap_to(wearer.generator, features, lender.generator.colours(decoded), raw)
        # a point's features are the mean of the planes', so an affine map of them is one of each plane
        change = torch.einsum("pcdhw,ck->pkdhw", theirs.planes, remap.matrix) + remap.offset[:, None, None, None]
        return theirs.with_planes(theirs.planes + change)

    reference = EditedHead(theirs, lender.latents, lender.name, lender.generator, None if same else adopted)
    with torch.no_grad():
        return reference_edit(
            wearer.generator,
            reference,
            EditedHead(ours, wearer.latents, wearer.name),
            part,
            tools.segment,
            encode,
            looks=looks,
            stale=stale,
        )


def part_change(
    wearer: PlaneHead, lender: PlaneHead, part: str, tools: PlaneTools, *, same: bool, stale: Callable[[], None]
) -> Trigrid:
    """What a part of another head changes in the wearer's planes; arguments as for `taken_in_planes`."""
    edited = taken_in_planes(wearer, lender, part, tools, same=same, stale=stale)
    return wearer.planes.with_planes(edited.trigrid.planes - wearer.planes.planes)
