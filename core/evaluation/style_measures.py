"""What a style does to a picture: measures of a view of a head with it against the same view without."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.align import find_meshes
from core.evaluation.pictures import as_tensor
from core.losses import identity_embedding
from core.perception import identity
from core.segmenters.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from core.frame import Frame

    Pixels = NDArray[np.uint8]

SIZE_PX, PARSED_PX = 512, 256
"""Sides of pictures that are compared, and in which parts are looked for."""
LEAST_SHARE = 0.004
"""Of the picture, below which a part is not there."""
WHITE = 250


def face_chip(pixels: Pixels) -> NDArray[np.float64] | None:
    """Where the face is cut out of a picture [`SIZE_PX`, `SIZE_PX`, 3]; None where none is seen."""
    found = find_meshes(pixels)
    return identity.chip_from_mesh(found[0][1].points[:, :2], SIZE_PX, SIZE_PX) if found else None


def face_embedding(pixels: Pixels, chip: NDArray[np.float64] | None) -> Tensor | None:
    """[1, 128] of the face that is where it is without the style: a detector need not see one in a drawing."""
    if chip is None:
        return None
    with torch.no_grad():
        return identity_embedding(as_tensor(pixels, SIZE_PX), chip)


def identity_between(a: Tensor | None, b: Tensor | None) -> float:
    """Distance of dlib's embeddings; NaN where there is no face."""
    return math.nan if a is None or b is None else float((a - b).norm())


def depth_between(a: Frame, b: Frame) -> float:
    """Mean difference of depth, world units, where both show the head."""
    both = (a.depth > 0) & (b.depth > 0)
    return float(np.abs(a.depth - b.depth)[both].mean()) if both.any() else math.nan


def outline_overlap(a: Pixels, b: Pixels) -> float:
    """IoU of what is not white.

    Holes are filled, such as paper within a drawing, also where the picture's lower edge is what ends them: a white
    shirt. Paper around a head reaches its sides or its top.
    """

    def figure(pixels: Pixels) -> NDArray[np.bool_]:
        white = (pixels.min(-1) >= WHITE).astype(np.uint8)
        _, numbers = cv2.connectedComponents(white, connectivity=4)
        around = np.unique(np.concatenate([numbers[0], numbers[:, 0], numbers[:, -1]]))
        return np.asarray(~(np.isin(numbers, around) & (white > 0)), np.bool_)

    one, other = figure(a), figure(b)
    return float((one & other).sum() / max(1, int((one | other).sum())))


def parsed(frame: Frame) -> Pixels:
    """The parts that our parser sees in a frame, uint8 [`PARSED_PX`, `PARSED_PX`]."""
    return parse(cv2.resize(frame.rgb, (PARSED_PX, PARSED_PX), interpolation=cv2.INTER_AREA))


def part_overlap(plain: Sequence[Pixels], styled: Sequence[Pixels], part: int) -> Iterator[float]:
    """IoU of a part in each view where it is seen without the style."""
    for a, b in zip(plain, styled, strict=True):
        one, other = a == part, b == part
        if one.mean() > LEAST_SHARE:
            yield float((one & other).sum() / (one | other).sum())
