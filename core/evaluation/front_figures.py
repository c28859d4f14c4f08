"""How like its photo a head is from the photo's own camera: the measures of a report, in plain words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.evaluation.pictures import COMPARED_PX, as_tensor, identity_between, identity_of
from core.mask import PARTS
from core.metrics import lpips, ms_ssim, psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.frame import Frame

    Picture = NDArray[np.uint8]

MOST_DIFFERENCE = 0.35
"""Difference of brightness that the picture of differences shows brightest."""
_SIZE = f"{COMPARED_PX} px"
MEASURES: tuple[tuple[str, str, str, int], ...] = (
    (
        "lpips",
        f"LPIPS over the person (VGG16, version 0.1, {_SIZE})",
        "How different the two pictures look to a trained eye: 0 is the same picture, 0.1 takes a close look to "
        "tell apart, 0.3 is seen at once.",
        3,
    ),
    (
        "lpips_head",
        f"LPIPS over face, hair and neck (VGG16, version 0.1, {_SIZE})",
        "The same without clothes, which differ without end and which nobody looks at.",
        3,
    ),
    (
        "l2",
        f"L2 over the person (mean squared difference of 0..1 colours, {_SIZE})",
        "How far each pixel's colour is off: 0 is the same picture; 0.001 is three steps in a hundred.",
        4,
    ),
    (
        "psnr",
        f"PSNR over the person (decibel, {_SIZE})",
        "The same difference on the scale of picture engineers: 20 is rough, 30 is good, 40 can hardly be told "
        "from the photo.",
        1,
    ),
    (
        "psnr_head",
        f"PSNR over face, hair and neck (decibel, {_SIZE})",
        "The same without clothes.",
        1,
    ),
    (
        "ms_ssim",
        f"MS-SSIM over the whole crop (person on white, {_SIZE})",
        "Whether edges and textures are in place, coarse to fine: 1 is the same picture; the white ground is the "
        "same in both and lifts it.",
        3,
    ),
    (
        "identity",
        "Identity distance in front (dlib)",
        "How far apart a face recogniser finds the two faces: 0 is the same picture, below 0.6 it says the same "
        "person.",
        3,
    ),
)
"""Key, title, what it means, and digits that are shown, of each measure of the front."""


@dataclass(frozen=True)
class Figure:
    """One measure of the front.

    Attributes:
        key: short name, for JSON.
        title: with what was measured, for people.
        value: of the head as it is shown; not a number where it could not be measured.
        bare: of the model alone, without the photo that is laid on it; None where no photo is.
        meaning: in plain words.
        digits: after the point.
    """

    key: str
    title: str
    value: float
    bare: float | None
    meaning: str
    digits: int = 3

    @property
    def shown(self) -> str:
        """The value as it is printed."""
        return _number(self.value, self.digits)

    @property
    def shown_bare(self) -> str:
        """The model's own value as it is printed; empty where there is none."""
        return "" if self.bare is None else _number(self.bare, self.digits)


def difference_of(a: Picture, b: Picture) -> Picture:
    """Where two pictures [H, W, 3] differ: black is the same, bright is another brightness or hue."""
    amount = np.abs(a.astype(np.float32) - b.astype(np.float32)).mean(axis=2) / 255 / MOST_DIFFERENCE
    steps = (amount.clip(0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO)[..., ::-1])


def as_picture(tensor: torch.Tensor) -> Picture:
    """[1, 3, H, W], 0..1, as uint8 [H, W, 3]."""
    rgb = (tensor[0].clamp(0, 1) * 255).round().byte().movedim(0, -1)
    return np.ascontiguousarray(rgb.numpy())


def without_clothes(mask: torch.Tensor, front: Frame) -> torch.Tensor:
    """The part of the person's mask [1, 1, S, S] where the head shows no clothes; all of it where it names no parts."""
    if front.labels is None:
        return mask
    side = mask.shape[-1]
    labels = cv2.resize(front.labels, (side, side), interpolation=cv2.INTER_NEAREST)
    bare = torch.from_numpy((labels != PARTS.index("cloth")) & (labels > 0))
    return mask * bare if (mask * bare).sum() > 0 else mask


def front_figures(
    photo: torch.Tensor,
    mask: torch.Tensor,
    unclothed: torch.Tensor,
    own: torch.Tensor | None,
    shown: Picture,
    bare: Picture | None,
) -> tuple[Figure, ...]:
    """The measures of the front.

    Args:
        photo: [1, 3, S, S], 0..1, the photo's person on white.
        mask: [1, 1, S, S], 0..1, the person.
        unclothed: the same without clothes.
        own: dlib's embedding of the photo's face, or None.
        shown: uint8 [H, W, 3], the head from the photo's camera.
        bare: the same without the photo that is laid on it; None where none is.
    """
    rows: dict[str, list[float]] = {}

    def measured(pixels: Picture) -> dict[str, float]:
        drawn = as_tensor(pixels, photo.shape[-1])
        squared = (drawn - photo).square().mean(1, keepdim=True)
        return {
            "lpips": float(lpips(drawn, photo, mask)),
            "lpips_head": float(lpips(drawn, photo, unclothed)),
            "l2": float((squared * mask).sum() / mask.sum().clamp(min=1e-6)),
            "psnr": float(psnr(drawn, photo, mask)),
            "psnr_head": float(psnr(drawn, photo, unclothed)),
            "ms_ssim": float(ms_ssim(drawn, photo)),
            "identity": identity_between(own, identity_of(pixels)),
        }

    with torch.no_grad():
        for pixels in (shown, bare):
            for key, value in measured(pixels).items() if pixels is not None else ():
                rows.setdefault(key, []).append(value)

    return tuple(
        Figure(key, title, rows[key][0], rows[key][1] if len(rows[key]) > 1 else None, meaning, digits)
        for key, title, meaning, digits in MEASURES
    )


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "no face found"
