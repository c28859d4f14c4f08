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
from core.grafted_field import Volume
from core.mask import PARTS
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.part_labels import part_labels

if TYPE_CHECKING:
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
FEWEST_NODES = 30
"""Of a part; less is noise."""
OF_FACE = ("eyes", "brows", "lips", "mouth")
FACE_AROUND_NOSE = ((-0.13, 0.13), (-0.13, 0.14), (-0.13, 0.06))
"""Parts of the face, and how far from the middle of the nose they can be along x, y and z, world units."""
GLASSES_REACH = 0.06
"""How far above and below the eyes glasses can be, world units."""
BEFORE_EYES, EACH_SIDE, RIMS_DEEP = 0.02, 40, 0.05
"""Glasses stand before what lies this far behind the eyes, with as many nodes at least before each of them; and how
deep rims are where dark glass hides the eyes, world units."""


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
            away = self.axes[axis] - middle[axis]
            shape = [1, 1, 1]
            shape[2 - axis] = len(away)
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
                nodes = nodes & ((self.axes[1] - eyes[:, 1].mean()).abs() < GLASSES_REACH)[None, :, None]
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

    @cached_property
    def axes(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """World coordinates of the nodes along x, y and z, [X], [Y] and [Z]."""
        x, y, z = (
            torch.linspace(-half, half, count, device=self.grid.sigma.device)
            for half, count in zip(self.grid.half_sides, reversed(self.grid.sigma.shape), strict=True)
        )
        return x, y, z

    def places(self) -> torch.Tensor:
        """World points [Z * Y * X, 3] of all nodes."""
        x, y, z = self.axes
        return torch.cartesian_prod(z, y, x).flip(1)

    def points(self, *labels: str) -> torch.Tensor:
        """World points [N, 3] of the nodes that bear one of the labels."""
        return self.at_nodes(self.nodes(*labels))

    def own_points(self, part: str) -> torch.Tensor:
        """World points [N, 3] of the nodes of a part, where such a part can be."""
        return self.at_nodes(self.own(part))

    def at_nodes(self, nodes: torch.Tensor) -> torch.Tensor:
        """World points [N, 3] of nodes bool [Z, Y, X]."""
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
        return self.at_nodes(self._known), self.grid.labels[self._known]

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


def labels_of(part: str) -> tuple[str, ...]:
    """The labels of a part.

    Raises:
        VoltefaceError: there is no such part.
    """
    if part not in LABELS_OF:
        raise VoltefaceError(f"There is no part {part!r}.", f"Choose from: {', '.join(LABELS_OF)}.")
    return LABELS_OF[part]
