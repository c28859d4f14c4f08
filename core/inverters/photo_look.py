"""What a camera sees of a head that a photo is laid on: its depth, and which part is where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.inverters.glimpse import Glimpse, Seen
from core.inverters.photo_cover import SOLID
from core.inverters.pose import RefinedCamera
from core.mask import PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.head import Head
    from core.protocols import Generator

DEPTH_PX, SAMPLES = 192, 14
"""Side of the picture of depths, and samples a ray."""


def surface_depth(generator: Generator, head: Head) -> NDArray[np.float32]:
    """Where the head's camera meets its surface: float32 [h, h] along the camera's z, world units, 0 beside it."""
    return look(generator, head)[1]


def look(generator: Generator, head: Head) -> tuple[Seen, NDArray[np.float32]]:
    """What the head's camera sees, and how deep."""
    camera = RefinedCamera(head.camera)
    with torch.no_grad():
        glimpse = Glimpse(generator, head.trigrid, camera)
        seen = glimpse.see(generator, head.trigrid, camera, (0, 0, DEPTH_PX, DEPTH_PX), SAMPLES)
        _, directions = head.camera.rays(DEPTH_PX, DEPTH_PX)
        along_z = torch.from_numpy(directions @ head.camera.forward).view(DEPTH_PX, DEPTH_PX)
        depth = seen.depth / seen.alpha.clamp(min=1e-6) * along_z
        return seen, torch.where(seen.alpha >= SOLID, depth, 0.0).float().numpy()


def part_chances_of(generator: Generator, seen: Seen) -> NDArray[np.float32] | None:
    """Chances of `core.mask.PARTS` of what the head's camera sees, [parts, h, h]; None where none are decoded."""
    share = seen.alpha.clamp(min=1e-3)
    with torch.no_grad():
        logits = generator.label_logits((seen.features / share).flatten(1).T)
    if logits is None or not generator.info.parts:
        return None
    known = logits.softmax(dim=1).T.view(-1, DEPTH_PX, DEPTH_PX).numpy()
    chances = np.zeros((len(PARTS), DEPTH_PX, DEPTH_PX), np.float32)
    for part, chance in zip(generator.info.parts, known, strict=True):
        chances[PARTS.index(part)] = chance
    return chances
