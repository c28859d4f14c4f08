"""Where a part of a head is taken, put on and cleared: volumes on the grid of its labels, with soft edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.editors.head_parts import BEFORE_EYES, SOLID, labels_of
from core.editors.node_sets import adrift, closed, grown
from core.grafted_field import Volume
from core.mask import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.editors.head_parts import HeadParts
    from core.grafted_field import Fit

FAINT = 1.0
"""Density from which matter can be seen at all."""
REACH: dict[str, int] = {"hair": 3, "glasses": 2, "clothing": 2}
"""Nodes by which a part's volume reaches beyond it, into what is empty around; other parts are part of the skin."""
EAR = 0.03
"""Half the height of an ear, world units."""
CLOSING = 4
"""Nodes by which gaps in a part are closed before it is cleared."""
STUBBLE = 7
"""Nodes around hair in which skin may have its colour."""
STUBBLE_SHARE = 0.4
"""Distance to the skin's colour, as a share of that to the hair's, from which skin has some of the hair."""
TELLING = 0.25
"""Difference of hair's and skin's colours from which one can be told from the other by its colour."""
SHADE, FEATURES_KEPT = 8, 2
"""Nodes beside hair over which skin goes with it, less and less, and around brows and eyes in which it stays."""
SKIN_REACH = 2
"""The same for parts of the skin, which take some of it along."""


def part_volume(parts: HeadParts, part: str, reach: int | None = None) -> Volume:
    """Where a part is, with soft edges: see `part_extent`."""
    return parts.softened(part_extent(parts, part, reach).float())


def part_extent(parts: HeadParts, part: str, reach: int | None = None) -> torch.Tensor:
    """The nodes of a part and around it, bool [Z, Y, X].

    Args:
        parts: of the head.
        part: a name of `LABELS_OF`.
        reach: nodes by which it is widened; None is the part's own.
    """
    own = parts.own(part)
    if part == "hair":
        # what is next to the rims of glasses may be their temples under a wrong name
        own = own & ~grown(parts.own("glasses"), 1)
        # nor are specks in the air worth taking along
        own = own & ~adrift(parts.grid.sigma > FAINT)
    wide = grown(own, REACH.get(part, SKIN_REACH) if reach is None else reach)
    return own | (wide & ~(parts.nodes() & ~own)) if part in REACH else wide


def room_of(
    parts: HeadParts,
    part: str,
    reach: int,
    is_solid: Callable[[torch.Tensor], torch.Tensor],
    *,
    ghosts: Sequence[str] = (),
) -> Volume:
    """A part and what is empty around it, for clearing: nothing of the part is left, and no other part is touched.

    Matter near the part that bears no name of its own counts as the part's, and so does skin where there is none
    without the part: names are unsure where a photo was followed. What hangs together with nothing else goes too.

    Args:
        parts: of the head.
        part: a name of `LABELS_OF`.
        reach: nodes.
        is_solid: whether the head without the part has matter at points [N, 3], bool [N].
        ghosts: labels that nothing of the head bears with right: what bears them behind the face, beside the part,
            goes with it.
    """
    own = parts.own(part)
    named = parts.nodes(*(label for label in PARTS[1:] if label not in ("skin", *labels_of(part))))
    if ghosts and own.any():
        astray = parts.nodes(*ghosts) & grown(own, SHADE) & _behind_face(parts)
        own, named = own | astray, named & ~astray
    skin = uncoloured_skin(parts) if part == "hair" else parts.nodes("skin")
    skin[skin.clone()] = is_solid(parts.at_nodes(skin))
    named = named | skin
    cleared = grown(own | closed(own, CLOSING), reach) & ~named
    # what only the part held up goes with it
    volume = parts.softened((cleared | grown(adrift((parts.grid.sigma > FAINT) & ~cleared), 1)).float())
    if part != "hair" or not own.any():
        return volume
    # hair throws its shadow and its colour on the skin beside it: that goes gradually
    others = grown(named & ~skin, FEATURES_KEPT)
    stained = grown(skin, 1) & ~others & grown(own, SHADE)
    shade = (2 * parts.softened(cleared.float(), SHADE).weights).clamp(max=1) * stained
    return Volume(torch.maximum(volume.weights, parts.softened(shade).weights * ~others), parts.grid.half_sides)


def cover_of(parts: HeadParts, part: str, reach: int, kept: Volume, fit: Fit) -> torch.Tensor:
    """A part and much of what is empty around it, which hides matter that sticks out of it on another head.

    Returns bool [Z, Y, X].

    Args:
        parts: of the head.
        part: a name of `LABELS_OF`.
        reach: nodes.
        kept: of the other head, what must not be hidden, with its neighbourhood.
        fit: where this head's points come to lie on the other.
    """
    own = grown(part_extent(parts, part), 1)
    others = grown(parts.nodes() & ~parts.nodes(*labels_of(part)), 2)
    free = grown(own, reach) & ~own & ~others & (parts.grid.sigma < SOLID)
    at = parts.at_nodes(free)
    there = at * fit.scale + torch.tensor(fit.shift, device=at.device)
    free[free.clone()] = kept.at(there) < 0.5
    return own | free


def unhidden(parts: HeadParts, *labels: str) -> Volume:
    """What hair must not hide: the nodes that bear one of the labels and their neighbours, without a bare skull.

    Skin behind and above the ears is skull, which hair hides on anybody.
    """
    nodes = parts.nodes(*labels)
    ears = [middle for name, middle in parts.landmarks().items() if name.endswith("ears")]
    if ears:
        _, low, front = torch.stack(ears).mean(0).tolist()
        _, y, z = parts.axes
        skull = (z[:, None, None] < front) & (y[None, :, None] > low - EAR)
        nodes = nodes & ~(parts.nodes("skin") & skull)
    return Volume(grown(nodes, 1).float(), parts.grid.half_sides)


def uncoloured_skin(parts: HeadParts) -> torch.Tensor:
    """Nodes of skin that hair has not coloured, bool [Z, Y, X]."""
    own = parts.own("hair")
    return parts.nodes("skin") & ~(grown(_stubble(parts, own), 1) if own.any() else own)


def _stubble(parts: HeadParts, own: torch.Tensor) -> torch.Tensor:
    """Nodes next to hair that are called skin and have its colour, bool [Z, Y, X].

    Args:
        parts: of the head.
        own: the nodes of the hair.
    """
    skin = parts.nodes("skin")
    far = skin & ~grown(own, 2 * STUBBLE)
    near = skin & grown(own, STUBBLE)
    if not far.any() or not near.any():
        return torch.zeros_like(own)
    colour = parts.grid.colour[:3]
    hairs, bare = colour[:, own].mean(1), colour[:, far].mean(1)
    if float((hairs - bare).norm()) < TELLING:
        return torch.zeros_like(own)
    here = colour[:, near]
    away = (here - bare[:, None]).norm(dim=0)
    near[near.clone()] = (here - hairs[:, None]).norm(dim=0) * STUBBLE_SHARE < away
    return near


def _behind_face(parts: HeadParts) -> torch.Tensor:
    """Planes of nodes, bool [Z, 1, 1], that lie behind the eyes and all before them."""
    eyes = parts.points("eyes")
    front = float(eyes[:, 2].mean()) - 2 * BEFORE_EYES if len(eyes) else 0.0
    return (parts.axes[2] < front)[:, None, None]
