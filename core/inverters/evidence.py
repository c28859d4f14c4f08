"""What an aligned photo says about a head, in the form that optimisations compare renders with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.errors import InversionError
from core.inverters.covering import person_seen
from core.inverters.part_reading import photo_parts
from core.mask import PARTS
from core.perception.face_mesh import LEFT_BROW, LEFT_EYE, LIPS, MOUTH, OVAL, RIGHT_BROW, RIGHT_EYE
from core.resizing import sized

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.align import Alignment

DRAWN = ("eyes", "brows", "lips", "mouth")
"""Parts whose outline the face mesh gives."""
GROUPS = (("hair",), ("skin", "nose", "ears", "eyes", "brows", "lips", "mouth"), ("neck",), ("cloth",))
"""Parts that the parser tells apart well enough to be asked for."""
LEAST_SHARE = 0.004
"""Mean chance of a part over a photo's crop below which the photo shows none of it."""
SURELY = 0.99
"""Share of a pixel before which nothing stands, from which it shows the person."""
BODY_WEIGHT, FACE_WEIGHT = 0.4, 2.0
"""Weight of a pixel below the chin and of one in the face; hair and background have 1."""


@dataclass(frozen=True, eq=False)
class View:
    """The evidence at one resolution; [1, channels, px, px] each.

    Attributes:
        rgb: the person on white.
        mask: the person, 0..1.
        weight: how much each pixel counts.
        parts: share of each pixel that belongs to the parts of `DRAWN`, and, last, to the rest of the face.
        groups: share of each pixel that the parser gives to each of `GROUPS`; all 0 where there is no parser.
    """

    rgb: Tensor
    mask: Tensor
    weight: Tensor
    parts: Tensor
    groups: Tensor

    def cut(self, row: int, column: int, side: int) -> View:
        """A square of it."""
        rows, columns = slice(row, row + side), slice(column, column + side)
        return View(*(t[:, :, rows, columns] for t in (self.rgb, self.mask, self.weight, self.parts, self.groups)))


class Evidence:
    """The aligned photo at every resolution that is asked for.

    Attributes:
        landmarks: float64 [468, 2] of the face mesh, crop pixels.
        chip_from_crop: where the identity net finds the face, for `core.losses`.
        face_centre: float64 [2] column and row of the face's middle, 0..1.
        at: `at(size_px) -> View`, the evidence at a resolution.
    """

    def __init__(self, alignment: Alignment) -> None:
        crop, mask = np.asarray(alignment.crop), np.asarray(alignment.mask, dtype=np.float32)
        if not np.isfinite(mask).all() or mask.mean() < 0.01:
            raise InversionError(
                "The person could not be told from the background.", "Try a photo with a plainer background."
            )
        self.landmarks = alignment.landmarks_in_crop
        self.chip_from_crop = alignment.chip_from_crop
        self.face_centre = self.landmarks[list(OVAL)].mean(axis=0) / len(crop)
        seen = person_seen(alignment)
        person = torch.from_numpy(seen.person.clip(0, 1))[None, None]
        rgb = torch.from_numpy(crop.astype(np.float32) / 255).permute(2, 0, 1)[None]
        parts, face = _drawn_parts(self.landmarks, len(crop))
        chin = self.landmarks[152, 1]
        rows = np.arange(len(crop), dtype=np.float32)[:, None]
        # the shoulders count little: clothes differ without end and nobody looks at them
        weight = 1 - (1 - BODY_WEIGHT) * np.clip((rows - chin) / (0.06 * len(crop)), 0, 1) + (FACE_WEIGHT - 1) * face
        # beyond the photo's border and behind a hand nothing is known
        weight = weight * alignment.inside_photo * (seen.clear > SURELY)
        counts = torch.from_numpy(weight.astype(np.float32))[None, None]
        on_white = rgb * person + 1 - person
        chances = torch.from_numpy(photo_parts(alignment))[None]
        self._shares = chances.mean(dim=(0, 2, 3))
        whole = View(on_white, person, counts, parts, _grouped(chances) * person)
        self.at = cache(lambda size_px: _scaled(whole, size_px))

    def lacks(self, part: str) -> bool:
        """Whether the photo shows none of a part; False where nothing can tell."""
        return bool(self._shares.any()) and float(self._shares[PARTS.index(part)]) < LEAST_SHARE


def _scaled(view: View, size_px: int) -> View:
    return View(*(sized(t, size_px) for t in (view.rgb, view.mask, view.weight, view.parts, view.groups)))


def _grouped(chances: Tensor) -> Tensor:
    """Chances of `PARTS` [1, parts, px, px] summed to those of `GROUPS`, [1, groups, px, px]."""
    return torch.stack([chances[:, [PARTS.index(part) for part in group]].sum(dim=1) for group in GROUPS], dim=1)


def _drawn_parts(landmarks: NDArray[np.float64], side_px: int) -> tuple[Tensor, NDArray[np.float32]]:
    """Pictures [1, parts + 1, px, px] of the parts and of the rest of the face, and the face [px, px]."""

    def filled(*outlines: tuple[int, ...]) -> NDArray[np.float32]:
        canvas = np.zeros((side_px, side_px), np.uint8)
        # one call each: outlines that overlap must not cancel
        for outline in outlines:
            cv2.fillPoly(canvas, [np.round(landmarks[list(outline)] * 16).astype(np.int32)], 1, shift=4)
        return canvas.astype(np.float32)

    face, mouth = filled(OVAL), filled(MOUTH)
    eyes, brows = filled(RIGHT_EYE, LEFT_EYE), filled(RIGHT_BROW, LEFT_BROW)
    lips = filled(LIPS) * (1 - mouth)
    drawn = [eyes, brows, lips, mouth]
    # pixels near an outline are left to the picture itself: the mesh is a pixel or two off
    near = cv2.dilate(np.maximum.reduce(drawn), np.ones((9, 9), np.uint8))
    return torch.from_numpy(np.stack([*drawn, face * (1 - near)]))[None], face


def _chances(logits: Tensor, parts: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Chances of the parts [1, parts, px, px] and of glasses [1, px, px], which may hide any other part."""
    chance = logits.softmax(dim=1)
    return chance, chance[:, parts.index("glasses")] if "glasses" in parts else torch.zeros(())


def part_loss(logits: Tensor, view: View, parts: tuple[str, ...] = PARTS) -> Tensor:
    """How badly rendered part labels agree with the outlines of the photo's face mesh.

    Args:
        logits: [1, parts, px, px].
        view: evidence at that resolution.
        parts: names of the labels.
    """
    chance, glasses = _chances(logits, parts)
    columns = [chance[:, parts.index(name)] for name in DRAWN if name in parts]
    wanted = [view.parts[:, i] for i, name in enumerate(DRAWN) if name in parts]
    loss = torch.zeros(())
    for column, want in zip(columns, wanted, strict=True):
        # glasses may hide what the mesh guesses behind them
        loss = loss - (want * torch.log((column + glasses).clamp(1e-4, 1))).sum()
    anything = torch.stack(columns).sum(dim=0)
    loss = loss - (view.parts[:, -1] * torch.log((1 - anything).clamp(1e-4, 1))).sum()
    return loss / view.parts.sum().clamp(min=1)


def group_loss(logits: Tensor, view: View, parts: tuple[str, ...] = PARTS) -> Tensor:
    """How badly rendered part labels agree with what the parser sees in the photo; 0 where it saw nothing.

    Args:
        logits: [1, parts, px, px].
        view: evidence at that resolution.
        parts: names of the labels.
    """
    chance, glasses = _chances(logits, parts)
    loss = torch.zeros(())
    for number, group in enumerate(GROUPS):
        columns = [parts.index(part) for part in group if part in parts]
        if columns:
            found = chance[:, columns].sum(dim=1) + glasses
            loss = loss - (view.groups[:, number] * view.weight[:, 0] * torch.log(found.clamp(1e-3, 1))).sum()
    return loss / (view.groups * view.weight).sum().clamp(min=1)
