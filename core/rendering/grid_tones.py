"""What finished frames make of a grid's own colours, so that previews look alike where no frame shows a point.

A grid knows what the generator's decoder says of a point. Finished frames have more: the generator's own picture, the
photo's tones, drawn hair, light. How much lighter and of what other hue they are is noted where they show the grid, and
carried on through the head, for hair, cloth and all else apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.mask import PARTS
from core.rendering.tone_volume import CELLS, HALF_SIDE, spread, usual_beyond
from core.rendering.tracing import pixel_directions, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.rendering.key_view import KeyView
    from core.rendering.lent_view import LentView
    from core.rendering.occupancy import FieldGrid

APART = ("hair", "cloth")
"""Parts whose tones say nothing of others."""
SIDE_PX, SURE = 80, 0.5
"""Side of the picture whose pixels are asked, and how far what a frame shows there must be trusted."""
LEAST = 40
"""Points of a part under which nobody knows its tones: it keeps its own."""
BLACK = 0.03
"""Added to colours, 0..1, before they are compared: of black no factor is known."""
HAIR_REACH, SEEN_HAIR = 0.12, 0.75
"""How far hair is like that which a frame shows beside it, world units, and how far it has those tones instead of the
grid's."""
MOST = (1.0, 2.0, 0.6)
"""Natural logarithms of the largest factors, by group; what differs more is no tone but another thing, as a collar
where the head has a neck."""


@dataclass(frozen=True)
class GridTones:
    """Factors of a grid's colours.

    Attributes:
        volumes: float32 [G, 3, C, C, C] by x, y and z in the box of `tone_volume`: natural logarithms of the factors
            of red, green and blue, for each part of `APART` and for all others.
        hair: float32 [3, C, C, C] likewise: natural logarithms of the hair's own colours, as a search leaves what it
            likes in hair that no photo shows; None where nobody knows them.
    """

    volumes: Tensor
    hair: Tensor | None = None

    @staticmethod
    def of(grid: FieldGrid, keys: Sequence[KeyView | LentView]) -> GridTones | None:
        """From finished frames of the grid's head, or of one like it; None where they show nothing of it."""
        found = [_compared(grid, key) for key in keys]
        if sum(len(points) for points, *_ in found) < LEAST:
            return None
        points, changes, colours, groups = (torch.cat(parts) for parts in zip(*found, strict=True))
        volumes, hair = torch.zeros(len(APART) + 1, 3, CELLS, CELLS, CELLS), None
        for group in groups.unique().tolist():
            own = groups == group
            if int(own.sum()) >= LEAST:
                volume = spread(points[own].numpy().astype(np.float64), changes[own].numpy())
                volumes[group] = torch.from_numpy(volume).permute(3, 0, 1, 2)
        own = groups == APART.index("hair")
        if int(own.sum()) >= LEAST:
            places, seen = points[own].numpy().astype(np.float64), colours[own].numpy() + np.float32(BLACK)
            volume = np.log(usual_beyond(spread(places, seen), places, seen, HAIR_REACH).clip(min=BLACK))
            hair = torch.from_numpy(volume).permute(3, 0, 1, 2)
        return GridTones(volumes, hair)

    def toned(self, colour: Tensor, points: Tensor, labels: Tensor | None) -> Tensor:
        """Colours [R, 3] that the grid has at points [R, 3] of parts uint8 [R], as finished frames have them."""
        # grid_sample counts the last axis first
        at = (points / HALF_SIDE).flip(1)[None, None, None]
        flat = self.volumes.flatten(0, 1)[None]
        found = F.grid_sample(flat, at, mode="bilinear", padding_mode="border", align_corners=False)
        change = found[0, :, 0, 0].view(len(self.volumes), 3, -1)
        groups = groups_of(points, labels)
        toned = (colour + BLACK) * change.gather(0, groups[None, None].expand(1, 3, -1))[0].T.exp()
        haired = groups == APART.index("hair")
        if self.hair is not None and haired.any():
            own = F.grid_sample(self.hair[None], at[..., haired, :], padding_mode="border", align_corners=False)
            toned[haired] *= (own[0, :, 0, 0].T.exp() / toned[haired].clamp(min=BLACK / 2)) ** SEEN_HAIR
        return (toned - BLACK).clamp(0, 1)


def groups_of(points: Tensor, labels: Tensor | None) -> Tensor:
    """Which of the volumes holds for points [R, 3] of parts uint8 [R], int64 [R]."""
    groups = torch.full((len(points),), len(APART))
    if labels is not None:
        for number, part in enumerate(APART):
            groups[labels == PARTS.index(part)] = number
    return groups


def _compared(grid: FieldGrid, key: KeyView | LentView) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Points [N, 3] that a frame shows, by how much its colours differ there, its colours [N, 3], and group [N]."""
    # as the camera of the frame sees the head: what was bent lies elsewhere in the frame of another one
    camera = key.camera
    hits, directions = trace(grid, camera, SIDE_PX), pixel_directions(camera, SIDE_PX)[0]
    drawn = (hits.alpha >= 1 / 2).nonzero()[:, 0]
    points = torch.from_numpy(np.array(camera.position)).float() + hits.depth[drawn, None] * directions[drawn]
    own = grid.colour_at(points).clamp(0, 1)
    seen, trust = key.colours_at(points, own)
    change = torch.log((seen + BLACK) / (own + BLACK))
    groups = groups_of(points, grid.label_at(points))
    chosen = (trust > SURE) & (change.abs().amax(1) < torch.tensor(MOST)[groups])
    return points[chosen], change[chosen], seen[chosen], groups[chosen]
