"""The parts of a head in 3D: what its labels say on the grid that the renderer keeps anyway.

Only generators that decode labels have them; for others `core.editors.localize` looks for a part in the planes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.errors import VoltefaceError
from core.grafted_field import Fit, Volume
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.renderer import part_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.field import Field
    from core.protocols import Generator

LABELS_OF: dict[str, tuple[str, ...]] = {
    "hair": ("hair",),
    "glasses": ("glasses",),
    "eyes": ("eyes",),
    "brows": ("brows",),
    "nose": ("nose",),
    "mouth": ("lips", "mouth"),
    "ears": ("ears",),
    "clothing": ("cloth",),
}
"""The labels that make up each part that can be taken."""
SOLID = 20.0
"""Density per world unit from which a node counts as matter."""
FAINT = 1.0
"""Density from which matter can be seen at all."""
FEWEST_NODES = 30
"""Of a part; less is noise."""
OF_FACE = ("eyes", "brows", "lips", "mouth")
FACE_AROUND_NOSE = ((-0.13, 0.13), (-0.13, 0.14), (-0.13, 0.06))
"""Parts of the face, and how far from the middle of the nose they can be along x, y and z, world units."""
REACH: dict[str, int] = {"hair": 3, "glasses": 2, "clothing": 2}
"""Nodes by which a part's volume reaches beyond it, into what is empty around; other parts are part of the skin."""
EAR = 0.03
"""Half the height of an ear, world units."""
GLASSES_REACH = 0.06
"""How far above and below the eyes glasses can be, world units."""
BEFORE_EYES, EACH_SIDE, RIMS_DEEP = 0.02, 40, 0.05
"""Glasses stand before what lies this far behind the eyes, with as many nodes at least before each of them; and how
deep rims are where dark glass hides the eyes, world units."""
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


@dataclass(frozen=True, eq=False)
class HeadParts:
    """The parts of one head.

    Attributes:
        grid: density and labels.
    """

    grid: FieldGrid

    @staticmethod
    def of(
        generator: Generator, field: Field, grid: FieldGrid | None = None, *, below: FieldGrid | None = None
    ) -> HeadParts:
        """The parts of a head.

        Args:
            generator: decodes its field.
            field: the head.
            grid: of the field, if it is known.
            below: of a field that this one is laid over, if it is known.

        Raises:
            VoltefaceError: the generator decodes no labels.
        """
        if grid is None:
            with torch.no_grad():
                grid = field_grid(generator, field, part_labels, below=below)
        if grid.labels is None:
            raise VoltefaceError(
                f"{generator.info.title} knows no parts in 3D.", "Parts of its heads are found in its pictures instead."
            )
        return HeadParts(grid)

    def nodes(self, *labels: str) -> torch.Tensor:
        """Solid nodes near the visible surface that bear one of the labels, bool [Z, Y, X]; all solid ones for none."""
        grid = self.grid
        assert grid.labels is not None
        if not labels:
            return self._known
        borne = torch.zeros_like(self._known)
        for label in labels:
            own = grid.labels == PARTS.index(label)
            borne |= own & self._face if label in OF_FACE else own
        return borne & self._known

    @cached_property
    def _face(self) -> torch.Tensor:
        """The nodes around the nose, where eyes, brows and lips can be, bool [Z, Y, X]; all where no nose is seen.

        What a photo tuned in moves the features that tell parts, too: hair that shines is taken for eyes.
        """
        nose = self.points("nose")
        if len(nose) < FEWEST_NODES:
            return torch.ones_like(self._known)
        middle = nose.median(0).values
        within = torch.ones_like(self._known)
        for axis, (low, high) in enumerate(FACE_AROUND_NOSE):
            half, count = self.grid.half_sides[axis], self._known.shape[2 - axis]
            away = torch.linspace(-half, half, count, device=within.device) - middle[axis]
            shape = [1, 1, 1]
            shape[2 - axis] = count
            within &= ((away > low) & (away < high)).view(shape)
        return within

    @cached_property
    def _known(self) -> torch.Tensor:
        return (self.grid.sigma > SOLID) & self.grid.known

    def own(self, part: str) -> torch.Tensor:
        """The nodes of a part, bool [Z, Y, X], where such a part can be: glasses are worn before the eyes.

        What shines, such as teeth, is taken for glass now and then where a photo was followed.
        """
        nodes = self.nodes(*labels_of(part))
        if part == "glasses" and nodes.any():
            eyes = self.points("eyes")
            if len(eyes):
                half, count = self.grid.half_sides[1], nodes.shape[1]
                y = torch.linspace(-half, half, count, device=nodes.device)
                nodes = nodes & ((y - eyes[:, 1].mean()).abs() < GLASSES_REACH)[None, :, None]
        return nodes

    def has(self, part: str) -> bool:
        """Whether the head shows the part."""
        return int(self.own(part).sum()) >= FEWEST_NODES

    def shows(self, part: str) -> bool:
        """Whether the part can be seen for what it is: a few specks beside an eye are no glasses."""
        return self.has(part) and (part != "glasses" or self._before_both_eyes())

    def _before_both_eyes(self) -> bool:
        points = self.own_points("glasses")
        eyes = [point for name, point in self.landmarks().items() if name.endswith("eyes")]
        if len(eyes) == 2:
            middle, behind = (float(torch.stack(eyes)[:, axis].mean()) for axis in (0, 2))
            behind -= BEFORE_EYES
        else:
            behind = float(points[:, 2].max()) - RIMS_DEEP
            middle = float(points[:, 0].amin() + points[:, 0].amax()) / 2
        across = points[points[:, 2] > behind, 0]
        return min(int((across > middle).sum()), int((across < middle).sum())) >= EACH_SIDE

    def coverage(self) -> dict[str, float]:
        """Share of the visible surface of each part that is there."""
        every = max(int(self.nodes().sum()), 1)
        return {part: int(self.own(part).sum()) / every for part in LABELS_OF if self.shows(part)}

    def volume(self, part: str, reach: int | None = None, *, with_skin: bool | None = None) -> Volume:
        """Where a part is, with soft edges: see `extent`."""
        return self.softened(self.extent(part, reach, with_skin=with_skin).float())

    def extent(self, part: str, reach: int | None = None, *, with_skin: bool | None = None) -> torch.Tensor:
        """The nodes of a part and around it, bool [Z, Y, X].

        Args:
            part: a name of `LABELS_OF`.
            reach: nodes by which it is widened; None is the part's own.
            with_skin: it may be widened into other parts as well as into what is empty; None is as the part needs.
        """
        own = self.own(part)
        if part == "hair":
            # what is next to the rims of glasses may be their temples under a wrong name
            own = own & ~grown(self.own("glasses"), 1)
            # nor are specks in the air worth taking along
            own = own & ~_adrift(self.grid.sigma > FAINT)
        of_skin = part not in REACH if with_skin is None else with_skin
        wide = grown(own, REACH.get(part, SKIN_REACH) if reach is None else reach)
        if not of_skin:
            wide = own | (wide & ~(self.nodes() & ~own))
        return wide

    @staticmethod
    def _closed(nodes: torch.Tensor) -> torch.Tensor:
        """Nodes bool [Z, Y, X] with their gaps closed."""
        return ~grown(~grown(nodes, CLOSING), CLOSING)

    def _stubble(self, own: torch.Tensor) -> torch.Tensor:
        """Nodes next to hair that are called skin and have its colour, bool [Z, Y, X].

        Args:
            own: the nodes of the hair.
        """
        skin = self.nodes("skin")
        far = skin & ~grown(own, 2 * STUBBLE)
        near = skin & grown(own, STUBBLE)
        if not far.any() or not near.any():
            return torch.zeros_like(own)
        colour = self.grid.colour[:3]
        hairs, bare = colour[:, own].mean(1), colour[:, far].mean(1)
        if float((hairs - bare).norm()) < TELLING:
            return torch.zeros_like(own)
        here = colour[:, near]
        away = (here - bare[:, None]).norm(dim=0)
        near[near.clone()] = (here - hairs[:, None]).norm(dim=0) * STUBBLE_SHARE < away
        return near

    def bare_skin(self) -> torch.Tensor:
        """Nodes of skin that hair has not coloured, bool [Z, Y, X]."""
        own = self.own("hair")
        return self.nodes("skin") & ~(grown(self._stubble(own), 1) if own.any() else own)

    def room(
        self, part: str, reach: int, is_solid: Callable[[torch.Tensor], torch.Tensor], *, ghosts: Sequence[str] = ()
    ) -> Volume:
        """A part and what is empty around it, for clearing: nothing of the part is left, and no other part is touched.

        Matter near the part that bears no name of its own counts as the part's, and so does skin where there is none
        without the part: names are unsure where a photo was followed. What hangs together with nothing else goes too.

        Args:
            part: a name of `LABELS_OF`.
            reach: nodes.
            is_solid: whether the head without the part has matter at points [N, 3], bool [N].
            ghosts: labels that nothing of the head bears with right: what bears them behind the face, beside the part,
                goes with it.
        """
        own = self.own(part)
        named = self.nodes(*(label for label in PARTS[1:] if label not in ("skin", *labels_of(part))))
        if ghosts and own.any():
            astray = self.nodes(*ghosts) & grown(own, SHADE) & self._behind_face()
            own, named = own | astray, named & ~astray
        skin = self.bare_skin() if part == "hair" else self.nodes("skin")
        skin[skin.clone()] = is_solid(self._points(skin))
        named = named | skin
        closed = self._closed(own)
        cleared = grown(own | closed, reach) & ~named
        # what only the part held up goes with it
        volume = self.softened((cleared | grown(_adrift((self.grid.sigma > FAINT) & ~cleared), 1)).float())
        if part != "hair" or not own.any():
            return volume
        # hair throws its shadow and its colour on the skin beside it: that goes gradually
        others = grown(named & ~skin, FEATURES_KEPT)
        stained = grown(skin, 1) & ~others & grown(own, SHADE)
        shade = (2 * self.softened(cleared.float(), SHADE).weights).clamp(max=1) * stained
        return Volume(torch.maximum(volume.weights, self.softened(shade).weights * ~others), self.grid.half_sides)

    def _behind_face(self) -> torch.Tensor:
        """Planes of nodes, bool [Z, 1, 1], that lie behind the eyes and all before them."""
        eyes, half, count = self.points("eyes"), self.grid.half_sides[2], len(self.grid.sigma)
        front = float(eyes[:, 2].mean()) - 2 * BEFORE_EYES if len(eyes) else 0.0
        return (torch.linspace(-half, half, count, device=self.grid.sigma.device) < front)[:, None, None]

    def around(self, part: str, reach: int, kept: Volume, fit: Fit) -> torch.Tensor:
        """A part and much of what is empty around it, which hides matter that sticks out of it on another head.

        Returns bool [Z, Y, X].

        Args:
            part: a name of `LABELS_OF`.
            reach: nodes.
            kept: of the other head, what must not be hidden, with its neighbourhood.
            fit: where this head's points come to lie on the other.
        """
        own = grown(self.extent(part), 1)
        others = grown(self.nodes() & ~self.nodes(*labels_of(part)), 2)
        free = grown(own, reach) & ~own & ~others & (self.grid.sigma < SOLID)
        at = self._points(free)
        there = at * fit.scale + torch.tensor(fit.shift, device=at.device)
        free[free.clone()] = kept.at(there) < 0.5
        return own | free

    def kept(self, *labels: str) -> Volume:
        """What hair must not hide: the nodes that bear one of the labels and their neighbours, without a bare skull.

        Skin behind and above the ears is skull, which hair hides on anybody.
        """
        nodes = self.nodes(*labels)
        ears = [middle for name, middle in self.landmarks().items() if name.endswith("ears")]
        if ears:
            _, low, front = torch.stack(ears).mean(0).tolist()
            z, y, _ = (
                torch.linspace(-half, half, count, device=nodes.device)
                for half, count in zip(reversed(self.grid.half_sides), nodes.shape, strict=True)
            )
            skull = (z[:, None, None] < front) & (y[None, :, None] > low - EAR)
            nodes = nodes & ~(self.nodes("skin") & skull)
        return Volume(grown(nodes, 1).float(), self.grid.half_sides)

    def softened(self, weights: torch.Tensor, seam: float = 1.0) -> Volume:
        """Weights float32 [Z, Y, X] with edges that are `seam` nodes soft."""
        whole, share = int(seam), seam - int(seam)

        def blurred(reach: int) -> torch.Tensor:
            soft = weights[None, None]
            for axis in range(3 if reach else 0):  # a box is three lines
                window, margin = [1, 1, 1], [0, 0, 0]
                window[axis], margin[axis] = 2 * reach + 1, reach
                soft = F.avg_pool3d(soft, window, 1, margin)
            return soft[0, 0]

        soft = blurred(whole)
        if share:
            soft = torch.lerp(soft, blurred(whole + 1), share)
        return Volume(soft, self.grid.half_sides)

    def places(self) -> torch.Tensor:
        """World points [Z * Y * X, 3] of all nodes."""
        x, y, z = (
            torch.linspace(-half, half, count, device=self.grid.sigma.device)
            for half, count in zip(self.grid.half_sides, reversed(self.grid.sigma.shape), strict=True)
        )
        return torch.cartesian_prod(z, y, x).flip(1)

    def points_in(self, volume: Volume) -> torch.Tensor:
        """World points [N, 3] of the solid nodes near the visible surface that belong to a volume of this grid."""
        return self._points(self._known & (volume.weights > 0.5))

    def points_within(self, volume: Volume) -> torch.Tensor:
        """World points [N, 3] of all nodes that belong to a volume of this grid."""
        return self._points(volume.weights > 0.5)

    def points(self, *labels: str) -> torch.Tensor:
        """World points [N, 3] of the nodes that bear one of the labels."""
        return self._points(self.nodes(*labels))

    def own_points(self, part: str) -> torch.Tensor:
        """World points [N, 3] of the nodes of a part, where such a part can be."""
        return self._points(self.own(part))

    def at_nodes(self, nodes: torch.Tensor) -> torch.Tensor:
        """World points [N, 3] of nodes bool [Z, Y, X]."""
        return self._points(nodes)

    def _points(self, nodes: torch.Tensor) -> torch.Tensor:
        z, y, x = nodes.nonzero().unbind(1)
        counts = reversed(self.grid.sigma.shape)
        columns = [
            (index / (count - 1) * 2 - 1) * half
            for index, count, half in zip((x, y, z), counts, self.grid.half_sides, strict=True)
        ]
        return torch.stack(columns, 1)

    def surface_points(self) -> tuple[torch.Tensor, torch.Tensor]:
        """World points [N, 3] of all solid nodes near the visible surface, and their labels, uint8 [N]."""
        assert self.grid.labels is not None
        return self._points(self._known), self.grid.labels[self._known]

    def landmarks(self) -> dict[str, torch.Tensor]:
        """Middles [3] of eyes, ears (each side), nose and lips, as far as they can be seen."""
        found: dict[str, torch.Tensor] = {}
        for label in ("eyes", "ears", "nose", "lips"):
            points = self.points(label)
            sides: dict[str, torch.Tensor]
            if label in ("nose", "lips"):
                sides = {label: points}
            else:
                sides = {f"left {label}": points[points[:, 0] > 0], f"right {label}": points[points[:, 0] < 0]}
            found |= {name: side.mean(0) for name, side in sides.items() if len(side) >= FEWEST_NODES // 3}
        return found


def _adrift(nodes: torch.Tensor) -> torch.Tensor:
    """The nodes bool [Z, Y, X] that do not hang together with the most of them."""
    from scipy.ndimage import label

    pieces, count = label(nodes.cpu().numpy())
    if count < 2:
        return torch.zeros_like(nodes)
    numbers = torch.from_numpy(pieces).to(nodes.device)
    sizes = torch.bincount(numbers.view(-1).long())
    sizes[0] = 0
    return nodes & (numbers != int(sizes.argmax()))


def labels_of(part: str) -> tuple[str, ...]:
    """The labels of a part.

    Raises:
        VoltefaceError: there is no such part.
    """
    if part not in LABELS_OF:
        raise VoltefaceError(f"There is no part {part!r}.", f"Choose from: {', '.join(LABELS_OF)}.")
    return LABELS_OF[part]


def grown(nodes: torch.Tensor, reach: int) -> torch.Tensor:
    """Nodes bool [Z, Y, X] and those within `reach` of them along any axis."""
    for axis in range(3):
        count, reached = nodes.shape[axis], 0
        while reached < min(reach, count - 1):
            # neighbourhoods that touch are enough, so a few steps go far
            step = min(reach - reached, 2 * reached + 1, count - 1)
            wide = nodes.clone()
            wide.narrow(axis, step, count - step).logical_or_(nodes.narrow(axis, 0, count - step))
            wide.narrow(axis, 0, count - step).logical_or_(nodes.narrow(axis, step, count - step))
            nodes, reached = wide, reached + step
    return nodes


def fit_of(source: HeadParts, target: HeadParts, part: str) -> Fit:
    """How a part of the source is best worn by the target: moved and scaled, not turned.

    Parts of the face lie on their counterparts; hair, glasses, clothing and what was drawn follow eyes, ears, nose and
    lips.
    """
    ours, theirs = source.landmarks(), target.landmarks()
    if part in LABELS_OF and part not in REACH and source.has(part) and target.has(part):
        labels = labels_of(part)
        shift = target.points(*labels).mean(0) - source.points(*labels).mean(0)
        return Fit(1.0, _triple(shift))
    common = sorted(ours.keys() & theirs.keys())
    if part == "glasses":
        # they hang before the eyes; ears under hair are not where ears are
        eyes = [name for name in common if name.endswith("eyes")]
        common = eyes if len(eyes) == 2 else [name for name in common if not name.endswith(("eyes", "ears"))]
    if len(common) < 2:
        return Fit()
    a, b = torch.stack([ours[name] for name in common]), torch.stack([theirs[name] for name in common])
    spread_a, spread_b = a - a.mean(0), b - b.mean(0)
    scale = float((spread_a * spread_b).sum() / spread_a.square().sum().clamp(min=1e-9))
    scale = min(max(scale, 0.85), 1.15)
    return Fit(scale, _triple(b.mean(0) - scale * a.mean(0)))


def _triple(vector: torch.Tensor) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z
