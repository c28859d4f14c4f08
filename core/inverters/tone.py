"""The colours that a whole head should have, given what one photo shows of it.

Where the photo sees the surface well, its own colours; where it sees nothing, the head's colours moved by what the
photo changed nearby on the same part - skin by skin, hair by hair - and further away by the part's average. In
between, a blend by how squarely the surface faced the camera. So tone and light fade around the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.inverters.evidence import GROUPS
from core.inverters.visibility import photographed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.inverters.evidence import View
    from core.inverters.pose import RefinedCamera
    from core.inverters.surface import Surface
    from core.protocols import Generator
    from core.trigrid import Trigrid

SKIN, NECK = ("skin", "nose", "ears"), ("neck",)
"""Parts that share one tone, and one that falls back on it: clothes may hide it."""
NEARBY = 0.025
"""Distance, world units, below which the photo's colours count alike."""
FAR = 6e-3
"""How much a far point of the same part counts, beside 1 for one at hand."""
MOST_SEEN = 1200
"""Seen points of a part that are looked at."""
MIRRORED = 0.2
"""How much the photo counts on the other side of the face."""
LEAST_SHARE = 0.004
"""Share of the surface that a part must be seen on before its colours are carried."""
LEAST_PART = 0.02
"""Chance of a part below which a point takes none of its colours."""
USUAL = 2.5
"""Median deviations from a part's middle beyond which a colour is something else that lies there."""
LEAST_CONTRAST, MOST_CONTRAST = (0.4, 0.1), (1.2, 1.0)
"""How far the spread of brightness and of hue on a part may be moved to the photo's."""
BLUR, BROAD = 0.05, 0.3
"""What is broader than the first, world units, of a head's own shades - a back in the shade - counts by the second."""
LUMA = (0.299, 0.587, 0.114)
CHUNK = 1024


@dataclass(frozen=True)
class Tones:
    """What a photo says about the colours of a surface.

    Attributes:
        wanted: float32 [N, 3] colours that the surface should have.
        seen: float32 [N] how well the photo shows each point, 0..1.
    """

    wanted: Tensor
    seen: Tensor


def tones(
    generator: Generator,
    trigrid: Trigrid,
    surface: Surface,
    view: View,
    camera: RefinedCamera,
    parts: Sequence[str],
    further: Sequence[tuple[View, RefinedCamera]] = (),
) -> Tones:
    """The colours wanted on a head's surface.

    Args:
        generator: of the head.
        trigrid: the head.
        surface: points on it.
        view: the photo.
        camera: the photo's.
        parts: names of the surface's part labels; may be empty.
        further: other photos of the same person, with their cameras.
    """
    with torch.no_grad():
        photo, seen, groups = photographed(generator, trigrid, surface, view, camera)
        for other, its_camera in further:
            found = photographed(generator, trigrid, surface, other, its_camera)
            photo, seen, groups = _both((photo, seen, groups), found)
        wanted, skin = surface.colours.clone(), None
        shares = _shares(surface, parts)
        neck = sum((share for names, share in shares if names == NECK), start=torch.zeros(()))
        for names, share in shares:
            reach = share + neck if names == SKIN else share
            moved = _carried(surface, reach, photo, seen * share * _agreement(names, groups))
            if names == SKIN:
                skin = moved
            elif names == NECK and moved is None:
                # under a scarf or a beard there is skin like elsewhere
                moved = skin
            if moved is not None:
                wanted = wanted + share[:, None] * (moved - surface.colours)
        return Tones(torch.lerp(wanted.clamp(0, 1), photo, seen[:, None]), seen)


def _both(one: tuple[Tensor, Tensor, Tensor], other: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """What two photos show of a surface, the clearer one of each point the more."""
    photo, seen, groups = one
    # squares, so that a photo which sees a point from the side hardly blurs one that sees it squarely
    share = (other[1].square() / (other[1].square() + seen.square()).clamp(min=1e-9))[:, None]
    return torch.lerp(photo, other[0], share), torch.maximum(seen, other[1]), torch.lerp(groups, other[2], share)


def _shares(surface: Surface, parts: Sequence[str]) -> list[tuple[tuple[str, ...], Tensor]]:
    """How much each point [N] belongs to each group of parts that share a tone, skin first; one without labels."""
    if surface.parts.shape[1] == 0:
        return [((), torch.ones(len(surface.points)))]
    others = [(part,) for part in parts if part not in SKIN and part != "background"]
    columns = [(names, [i for i, part in enumerate(parts) if part in names]) for names in (SKIN, *others)]
    return [(names, surface.parts[:, numbers].sum(dim=1)) for names, numbers in columns if numbers]


def _agreement(names: tuple[str, ...], groups: Tensor) -> Tensor:
    """How far the photo, too, shows those parts at each point [N]; 1 where no parser was asked."""
    number = next((i for i, group in enumerate(GROUPS) if set(names) & set(group)), None)
    return groups[:, number] if number is not None and groups.any() else torch.ones(len(groups))


def _carried(surface: Surface, share: Tensor, photo: Tensor, worth: Tensor) -> Tensor | None:
    """Colours [N, 3] that the whole surface takes from the points that are worth something, or None if too few are."""
    if worth.mean() < LEAST_SHARE:
        return None
    worth = worth * _is_usual(photo, worth)
    near = (worth > 0.02).nonzero()[:, 0]
    near = near[:: 1 + len(near) // MOST_SEEN]
    worth, colours, shown = worth[near], surface.colours[near], photo[near]
    spread = _spread(shown, worth)
    contrast = spread / _spread(colours, worth).clamp(min=1e-3)
    from_where = torch.cat([surface.points[near], surface.points[near] * torch.tensor([-1.0, 1.0, 1.0])])
    worth = torch.cat([worth, MIRRORED * worth])
    both = torch.cat([shown, colours], dim=1).repeat(2, 1)
    pieces = []
    where = (share > LEAST_PART).nonzero()[:, 0]
    for points in torch.split(surface.points[where], CHUNK):
        distance = torch.cdist(points, from_where) / NEARBY
        weights = worth * (FAR + 1 / (1 + distance.square()).square())
        pieces.append(weights @ both / weights.sum(dim=1, keepdim=True).clamp(min=1e-9))
    wanted, had = torch.cat(pieces).split(3, dim=1)
    broad = _broad(surface, share, where)
    deviation = surface.colours[where] - broad + BROAD * (broad - had)
    light = (deviation @ torch.tensor(LUMA))[:, None]
    contrast = contrast.clamp(torch.tensor(LEAST_CONTRAST), torch.tensor(MOST_CONTRAST))
    moved: Tensor = wanted + (
        _bounded(contrast[0] * light, USUAL * spread[0]) + _bounded(contrast[1] * (deviation - light), spread[1])
    )
    return surface.colours.index_copy(0, where, moved)


def _broad(surface: Surface, share: Tensor, where: Tensor) -> Tensor:
    """The head's own colours at some points [M], blurred over a part, [M, 3]."""
    some = (share > 0.5).nonzero()[:, 0]
    some = some[:: 1 + len(some) // MOST_SEEN]
    if len(some) == 0:
        return surface.colours[where]
    pieces = []
    for points in torch.split(surface.points[where], CHUNK):
        near = torch.exp(-(torch.cdist(points, surface.points[some]) / BLUR).square())
        pieces.append((near @ surface.colours[some]) / near.sum(dim=1, keepdim=True).clamp(min=1e-9))
    return torch.cat(pieces)


def _bounded(deviation: Tensor, most: Tensor) -> Tensor:
    """Deviations that fade out towards `most`."""
    bounded: Tensor = (most + 1e-3) * torch.tanh(deviation / (most + 1e-3))
    return bounded


def _is_usual(colours: Tensor, worth: Tensor) -> Tensor:
    """Which colours [N, 3] lie near the middle of what the photo shows of a part, 1 or 0 [N]."""
    distance = (colours - torch.stack([_middle(channel, worth) for channel in colours.unbind(dim=1)])).norm(dim=1)
    near: Tensor = distance < USUAL * _middle(distance, worth) + 0.03
    return near.float()


def _middle(values: Tensor, worth: Tensor) -> Tensor:
    """Weighted median of values [N]."""
    ordered, order = values.sort()
    half = torch.searchsorted(torch.cumsum(worth[order], 0), worth.sum() / 2)
    return ordered[min(int(half), len(ordered) - 1)]


def _spread(colours: Tensor, worth: Tensor) -> Tensor:
    """Weighted standard deviation of brightness and of hue, [2]."""
    share = (worth / worth.sum())[:, None]
    deviation = colours - (share * colours).sum(dim=0)
    light = (deviation @ torch.tensor(LUMA))[:, None]
    hue = (deviation - light).square().sum(dim=1, keepdim=True) / 3
    return torch.stack([(share * light.square()).sum(), (share * hue).sum()]).sqrt()
