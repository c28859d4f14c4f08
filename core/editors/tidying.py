"""A head without what hangs in the air: wisps of hair, bits of glasses, haze beyond the hair's ends.

At truncations that leave heads different, a small generator leaves them, and so does hair that was taken from another
head. They are wiped off the field: pieces that touch nothing or hang by a thread, and hair that is nowhere thick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from core.camera import SEEN_HALF_HEIGHT
from core.editors.node_sets import faded, grown
from core.editors.rear_repair import FIRM, floating
from core.grafted_field import GraftedField, RemappedField, Volume
from core.mask import PARTS
from core.rendering.kept_grid import keep_grid
from core.rendering.occupancy import FAINT, field_grid
from core.rendering.part_labels import part_labels

if TYPE_CHECKING:
    from core.field import Field
    from core.protocols import Generator
    from core.rendering.occupancy import FieldGrid

THICK = 1
"""Nodes by which hair must reach beyond a point in every direction somewhere nearby, or it is a wisp."""
ROUNDS, GONE = 4, 0.08
"""How often bits are looked for that wiping sets free, and the weight from which nothing hangs on by a node."""
HOLDING = 2
"""Nodes of air across which a frame of glasses still holds on to the head."""
STUB, THREAD = 300, 16
"""Nodes, the first 12 cubic centimetres, up to which hair is no lock and what it hangs by is a thread."""
SPARED = 1
"""Nodes around thick hair that are left: outlines are soft."""


@dataclass(frozen=True, eq=False)
class Clutter:
    """What of a head hangs in the air.

    Attributes:
        volume: how far each place is to be wiped.
        empty: float32 [3], a place where there is nothing.
    """

    volume: Volume
    empty: Tensor

    @staticmethod
    def of(grid: FieldGrid, graft: GraftedField | None = None) -> Clutter:
        """Look for it.

        Args:
            grid: the head.
            graft: part of the head's field that came from another head: only there is anything wiped then.
        """
        # what held on by a wisp floats without it
        thin = grown(wisps(grid), 1)
        firm = replace(grid, sigma=torch.where(thin, 0.0, grid.sigma))
        nodes = thin | floating(firm) | floating(grid)
        bits = torch.zeros_like(nodes)
        for _ in range(ROUNDS):
            going = torch.maximum(faded(nodes), bits.float())
            left = replace(grid, sigma=grid.sigma * (going <= GONE))
            loose = fragments(left) | stubs(left)
            if not loose.any():
                break
            bits |= loose
            nodes |= grown(loose, 1)
        weights = torch.maximum(faded(nodes), bits.float())
        half = torch.tensor(grid.half_sides, device=weights.device)
        spacing = torch.tensor(grid.spacing, device=weights.device)
        if graft is not None:
            chosen = weights.nonzero()
            there = graft.fit.undone(chosen.flip(1) * spacing - half)
            z, y, x = chosen[graft.volume.at(there) == 0].unbind(1)
            weights[z, y, x] = 0
        # not torch.unravel_index, which loads a computer algebra system
        emptiest = torch.tensor(np.unravel_index(int(grid.sigma.argmin()), grid.sigma.shape)[::-1], device=half.device)
        return Clutter(Volume(weights, grid.half_sides), (emptiest * spacing - half).float())

    def wiped(self, field: Field) -> Field:
        """A field without it; the very same one where there is none."""
        if self.volume.is_empty:
            return field
        nothing = field.sample(self.empty[None])[0]
        worn = isinstance(field, GraftedField) and field.worn
        return RemappedField(field, -torch.eye(len(nothing), device=nothing.device), nothing, self.volume, worn=worn)


def tidied(generator: Generator, field: Field, grid: FieldGrid | None = None) -> Field:
    """A field without what floats and without wisps; the very same one where there are none.

    Args:
        generator: decodes it, with its tuning.
        field: any head.
        grid: of the field, where there is one already.
    """
    if grid is None:
        grid = field_grid(generator, field, part_labels)
        keep_grid(generator, grid)  # who draws the head will ask for it
    return Clutter.of(grid).wiped(field)


def fragments(grid: FieldGrid) -> Tensor:
    """Nodes bool [Z, Y, X] of what stands off the head: bits of glasses, and what only held on far below.

    Pieces are told as a person sees them: by what is solid, and only above where any camera looks.
    """
    from scipy.ndimage import label

    solid = (grid.sigma > FIRM).cpu()
    solid[:, torch.linspace(-1, 1, solid.shape[1]) * grid.half_sides[1] <= -SEEN_HALF_HEIGHT] = False
    numbers, count = label(solid.numpy(), structure=np.ones((3, 3, 3)))
    if count < 2:
        return torch.zeros_like(grid.sigma, dtype=torch.bool)
    sizes = np.bincount(numbers.ravel())
    sizes[0] = 0
    main = torch.from_numpy(numbers == int(sizes.argmax()))
    # temples are thinner than the grid: a frame this near holds on
    held = np.unique(numbers[(grown(main, HOLDING) & solid).numpy()])
    return (solid & ~torch.from_numpy(np.isin(numbers, held))).to(grid.sigma.device)


def stubs(grid: FieldGrid) -> Tensor:
    """Nodes bool [Z, Y, X] of lumps of hair that hang by a thread; none where no labels tell hair from glasses."""
    from scipy.ndimage import find_objects, label

    found = torch.zeros_like(grid.sigma, dtype=torch.bool)
    if grid.labels is None:
        return found
    solid = grid.sigma > FIRM
    numbers, _ = label((~grown(~solid, THICK)).cpu().numpy(), structure=np.ones((3, 3, 3)))
    sizes = np.bincount(numbers.ravel())
    reach = THICK + SPARED
    for number, box in enumerate(find_objects(numbers), start=1):
        if sizes[number] > STUB:
            continue
        around = tuple(slice(max(side.start - reach - 1, 0), side.stop + reach + 1) for side in box)
        own = torch.from_numpy(numbers[around] == number).to(found.device)
        lump = grown(own, THICK) & solid[around]
        thread = grown(lump, 1) & solid[around] & ~lump
        hair = grid.labels[around][own] == PARTS.index("hair")
        if int(thread.sum()) <= THREAD and float(hair.float().mean()) > 0.5:
            found[around] |= grown(own, reach) & (grid.sigma[around] > FAINT / 4)
    return found


def wisps(grid: FieldGrid) -> Tensor:
    """Nodes bool [Z, Y, X] of hair that is nowhere thick; none where no labels tell hair from glasses and ears."""
    if grid.labels is None:
        return torch.zeros_like(grid.sigma, dtype=torch.bool)
    thick = grown(~grown(grid.sigma <= FIRM, THICK), THICK + SPARED)
    # haze at the outline has no label of its own
    hairy = grown((grid.labels == PARTS.index("hair")) & (grid.sigma > FAINT), SPARED)
    others = (grid.labels != PARTS.index("hair")) & (grid.labels != PARTS.index("background"))
    return hairy & (grid.sigma > FAINT / 4) & ~thick & ~grown(others, SPARED)
