"""What the parser reads in an aligned photo: which part of a head each pixel shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.mask import PARTS
from core.perception.face_mesh import LEFT_BROW, RIGHT_BROW
from core.resizing import sized

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.align import Alignment

PARSER = Path(__file__).resolve().parents[2] / "resources" / "weights" / "parser.safetensors"
PARSED_PX = 256


def brow_height(landmarks: NDArray[np.float64], side_px: int) -> float:
    """Where in a crop the brows end upwards, 0 at its top .. 1, by the face mesh's points [468, 2] in it."""
    return float(landmarks[[*RIGHT_BROW, *LEFT_BROW], 1].min()) / side_px


def part_chances(rgb: Tensor, brows: float = 0.0) -> Tensor:
    """What the parser makes of a picture on white [1, 3, px, px]: chances of `PARTS` [1, parts, px, px].

    Zeros without the parser's weights.

    Args:
        rgb: the picture.
        brows: above that height, as `brow_height` gives it, what is cloth is a hat. No generator knows hats, and hair
            is what comes closest: skin there would make heads bald behind what the photo shows.
    """
    if not PARSER.is_file():
        return rgb.new_zeros(1, len(PARTS), *rgb.shape[2:])
    from core.segmenters.parser import parse_logits

    with torch.no_grad():
        small = sized(rgb, PARSED_PX)
        chance = (parse_logits(small) + parse_logits(small.flip(3)).flip(3)).div(2).softmax(dim=1)
        hair, cloth, rows = PARTS.index("hair"), PARTS.index("cloth"), round(brows * PARSED_PX)
        chance[:, hair, :rows] += chance[:, cloth, :rows]
        chance[:, cloth, :rows] = 0
        return F.interpolate(chance, rgb.shape[2:], mode="bilinear", align_corners=False)


@dataclass(frozen=True, eq=False)
class _Read:
    """An alignment as far as its parts depend on it: what is said about it makes no difference."""

    alignment: Alignment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Read) and all(map(np.array_equal, self._pictures, other._pictures))

    @property
    def _pictures(self) -> tuple[NDArray[np.generic], ...]:
        one = self.alignment
        return one.crop, one.mask, one.landmarks, one.crop_from_photo

    def __hash__(self) -> int:
        return hash(self.alignment.camera)


def photo_parts(alignment: Alignment) -> NDArray[np.float32]:
    """Chances of `core.mask.PARTS` in a photo's crop, float32 [parts, S, S]; zeros where nothing can tell.

    Who searches, dresses and puts glasses on asks for the same photo's.
    """
    return _photo_parts(_Read(alignment))


@lru_cache(maxsize=2)
def _photo_parts(read: _Read) -> NDArray[np.float32]:
    alignment = read.alignment
    person = torch.from_numpy(np.asarray(alignment.mask, np.float32).clip(0, 1))[None, None]
    rgb = torch.from_numpy(np.ascontiguousarray(alignment.crop)).movedim(-1, 0)[None].float() / 255
    brows = brow_height(alignment.landmarks_in_crop, len(alignment.crop))
    return part_chances(rgb * person + 1 - person, brows)[0].numpy()
