"""Items made ready to learn from: planes averaged down, and all that a branch is told about them.

None of it changes while a branch learns, and to find it takes as long as the branch's own pass. It is kept beside the
item, 10 MB, so that a step is spent on what teaches.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from core.errors import CheckpointError
from core.inverters.lifting import SeenSurface, Splat
from core.inverters.offset_encoder import Lifted, lifted, splat_surface
from core.tensor_file import write_tensors
from core.training.dual_items import item_of, read_file, read_item

if TYPE_CHECKING:
    from pathlib import Path

    from core.generators.mini import Mini
    from core.training.dual_items import DualItem

TOLD = ("seen", "change", "colour", "density", "coarse", "carried", "hidden")
SURFACE = ("points", "normals", "facing", "alpha")
SUFFIX = ".ready"
PRECISE = ("surface.points", "latents")
"""What needs more than half the bits."""
LARGEST_HALF = 6e4


def averaged(item: DualItem, side_px: int) -> DualItem:
    """The item on planes of fewer cells, each the mean of what it replaces."""
    planes = item.trigrid.planes
    small = F.adaptive_avg_pool2d(planes.flatten(0, 2), side_px).view(*planes.shape[:3], side_px, side_px)
    return item.with_trigrid(item.trigrid.with_planes(small))


def ready_item(path: Path, generator: Mini, side_px: int, coarse_px: int) -> tuple[DualItem, Lifted]:
    """An item on planes `side_px` wide and what its branch is told, from the file beside it or made and kept there.

    Raises:
        CheckpointError: the item is damaged.
    """
    kept = path.with_suffix(SUFFIX)
    if kept.exists():
        try:
            described, tensors = read_file(kept)
            if described["sizes"] == [side_px, coarse_px]:
                return _from_tensors(described, tensors, generator)
        except CheckpointError:
            kept.unlink(missing_ok=True)
    item = averaged(read_item(path, generator), side_px)
    known = lifted(generator, item.trigrid, item.camera, item.look, coarse_px)
    described, tensors = read_file(path)
    tensors |= {"planes": item.trigrid.planes}
    tensors |= {f"told.{name}": getattr(known, name) for name in TOLD}
    tensors |= {f"surface.{name}": getattr(known.surface, name) for name in SURFACE}
    packed = {
        name: (value if name in PRECISE or not value.is_floating_point() else _halved(value)).contiguous()
        for name, value in tensors.items()
    }
    write_tensors(kept, packed, {"item": json.dumps(described | {"sizes": [side_px, coarse_px]})})
    # the rounded numbers, as every later step reads them
    return _from_tensors(described, packed, generator)


def _halved(value: torch.Tensor) -> torch.Tensor:
    return value.detach().clamp(-LARGEST_HALF, LARGEST_HALF).half()


def _from_tensors(
    described: dict[str, object], tensors: dict[str, torch.Tensor], generator: Mini
) -> tuple[DualItem, Lifted]:
    item = item_of(described, tensors, generator)
    surface = SeenSurface(*(tensors[f"surface.{name}"].float() for name in SURFACE))
    splat = Splat.of(item.trigrid, splat_surface(surface, item.trigrid.planes.shape[-1]))
    told = {name: tensors[f"told.{name}"].float() for name in TOLD}
    return item, Lifted(splat=splat, filling=splat.filling(), surface=surface, **told)
