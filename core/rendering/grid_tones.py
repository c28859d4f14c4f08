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
from core.rendering.tone_volume import CELLS, HALF_SIDE, spread
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
MOST = (1.0, 2.0, 0.6)
"""Natural logarithms of the largest factors, by group; what differs more is no tone but another thing, as a collar
where the head has a neck."""


@dataclass(frozen=True)
class GridTones:
    """Factors of a grid's colours.

    Attributes:
        volumes: float32 [G, 3, C, C, C] by x, y and z in the box of `tone_volume`: natural logarithms of the factors
            of red, green and blue, for each part of `APART` and for all others.
    """

    volumes: Tensor

    @staticmethod
    def of(grid: FieldGrid, keys: Sequence[KeyView | LentView]) -> GridTones | None:
        """From finished frames of the grid's head, or of one like it; None where they show nothing of it."""
        found = [_compared(grid, key) for key in keys]
        points, changes, groups = (torch.cat(parts) for parts in zip(*found, strict=True)) if found else (None,) * 3
        if points is None or changes is None or groups is None or len(points) < LEAST:
            return None
        volumes = torch.zeros(len(APART) + 1, 3, CELLS, CELLS, CELLS)
        for group in groups.unique().tolist():
            own = groups == group
            if int(own.sum()) >= LEAST:
                volume = spread(points[own].numpy().astype(np.float64), changes[own].numpy())
                volumes[group] = torch.from_numpy(volume).permute(3, 0, 1, 2)
        return GridTones(volumes)

    def toned(self, colour: Tensor, points: Tensor, labels: Tensor | None) -> Tensor:
        """Colours [R, 3] that the grid has at points [R, 3] of parts uint8 [R], as finished frames have them."""
        # grid_sample counts the last axis first
        at = (points / HALF_SIDE).flip(1)[None, None, None]
        flat = self.volumes.flatten(0, 1)[None]
        found = F.grid_sample(flat, at, mode="bilinear", padding_mode="border", align_corners=False)
        change = found[0, :, 0, 0].view(len(self.volumes), 3, -1)
        chosen = groups_of(points, labels)[None, None].expand(1, 3, -1)
        return ((colour + BLACK) * change.gather(0, chosen)[0].T.exp() - BLACK).clamp(0, 1)


def groups_of(points: Tensor, labels: Tensor | None) -> Tensor:
    """Which of the volumes holds for points [R, 3] of parts uint8 [R], int64 [R]."""
    groups = torch.full((len(points),), len(APART))
    if labels is not None:
        for number, part in enumerate(APART):
            groups[labels == PARTS.index(part)] = number
    return groups


def _compared(grid: FieldGrid, key: KeyView | LentView) -> tuple[Tensor, Tensor, Tensor]:
    """Points [N, 3] that a frame shows, by how much its colours differ there [N, 3], and their group [N]."""
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
    return points[chosen], change[chosen], groups[chosen]
