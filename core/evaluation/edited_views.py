"""What an edit changed where it should not have, and how much of the part arrived, seen from five sides.

Views are compared in the wearer's world. A part is moved and scaled to fit its wearer, so the reference is looked at
through the camera that sees it where it is worn; a step that does not fit is compared with the reference unmoved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.editors.head_parts import labels_of
from core.evaluation.pictures import as_tensor, at_degrees
from core.frame import Quality
from core.mask import PARTS
from core.metrics import lpips, ssim
from core.rendering.eyewear import with_eyewear
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.eyewear import Eyewear
    from core.frame import Frame
    from core.grafted_field import Fit
    from core.head import Head
    from core.protocols import Generator

YAWS_DEGREES = (0, 45, -45, 90, 180)
PITCH_DEGREES = 4
PICTURE_PX = 256
DILATION_PX = 9
"""By which the mask of an edit is widened, at `PICTURE_PX`: the seam and what filters smear over it."""
LEAST_SHARE = 1e-3
"""Of a picture; a part of fewer pixels is not seen in it."""


@dataclass(frozen=True)
class Change:
    """What an edit did, each the mean over the views in which it can be told; not a number where in none.

    Attributes:
        ssim: outside the edit, over the whole picture.
        ssim_on_head: outside the edit, on the head alone, which white background does not flatter.
        squared: mean squared difference outside the edit, over the whole picture, colours 0..1.
        lpips: VGG16, version 0.1, to the reference where its part is, everything else cut away.
        iou: of the part with the reference's, the pixels of all views together; glasses have their lenses.
        plain_iou: of the labels as they are drawn, the mean over the views.
    """

    ssim: float
    ssim_on_head: float
    squared: float
    lpips: float
    iou: float
    plain_iou: float


Views = dict[int, "Frame"]
"""Frames by yaw in degrees."""


def views_of(generator: Generator, head: Head, fit: Fit | None = None, renderer: HeadRenderer | None = None) -> Views:
    """A head from all sides; with a fit as it looks where it is worn."""
    renderer = renderer or HeadRenderer(generator, head)
    cameras = {yaw: at_degrees(yaw, PITCH_DEGREES) for yaw in YAWS_DEGREES}
    return {
        yaw: renderer.render(camera if fit is None else where_worn(camera, fit), Quality.NEAR, size_px=PICTURE_PX)
        for yaw, camera in cameras.items()
    }


def where_worn(camera: Camera, fit: Fit) -> Camera:
    """The camera that sees a reference as `camera` sees it after the fit."""
    pose = camera.world_from_camera.copy()
    pose[:3, 3] = (pose[:3, 3] - np.array(fit.shift)) / fit.scale
    return replace(camera, world_from_camera=pose, near=camera.near / fit.scale, far=camera.far / fit.scale)


def shown(frame: Frame, part: str) -> NDArray[np.bool_]:
    """Where a frame shows a part, bool [h, w], at the size of its labels."""
    assert frame.labels is not None
    return np.isin(frame.labels, [PARTS.index(label) for label in labels_of(part)])


def compared(
    before: Views,
    after: Views,
    reference: Views | None,
    part: str,
    *,
    pairs: tuple[Eyewear | None, Eyewear | None] = (None, None),
) -> Change:
    """What an edit of a part did.

    Args:
        before: the wearer.
        after: the wearer with the edit.
        reference: from where it is worn; None for a part that was taken off.
        part: a name of `core.editors.head_parts.LABELS_OF`.
        pairs: glasses that the edited head and the reference wear as shapes.
    """
    found: list[Mapping[str, float]] = []
    both = either = 0
    for yaw, frame in after.items():
        theirs = None if reference is None else reference[yaw]
        view = _outside(before[yaw], frame, theirs, part)
        if theirs is not None:
            shapes = pairs if part == "glasses" else (None, None)
            ours, other = (Outline.of(one, worn, part) for one, worn in zip((frame, theirs), shapes, strict=True))
            view |= _inside(frame, theirs, part, other)
            # under hair of one of both nothing can be told of the other
            seen = ~((ours.whole & other.hair) | (other.whole & ours.hair))
            both += int((ours.whole & other.whole).sum())
            either += int(((ours.whole | other.whole) & seen).sum())
        found.append(view)
    means = {name: mean_of(view.get(name, math.nan) for view in found) for name in Change.__dataclass_fields__}
    return Change(**{**means, "iou": both / either if either else math.nan})


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a frame shows a part, bool [h, w] at the size of its labels.

    Attributes:
        whole: the part, glasses with their lenses.
        drawn: what of it has a look of its own: all but clear glass.
        hair: what is hidden by hair, if it is there.
    """

    whole: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    hair: NDArray[np.bool_]

    @staticmethod
    def of(frame: Frame, worn: Eyewear | None, part: str) -> Outline:
        """Of a frame.

        Args:
            frame: of a head.
            worn: glasses as shapes that are the part.
            part: a name of `core.editors.head_parts.LABELS_OF`.
        """
        plain = shown(frame, part)
        hair = shown(frame, "hair") if part == "glasses" else np.zeros_like(plain)
        if worn is None:
            return Outline(plain, plain, hair)
        assert frame.labels is not None
        unnamed = replace(frame, labels=np.zeros_like(frame.labels))

        def called(*, veiled: bool) -> NDArray[np.bool_]:
            return shown(with_eyewear(unnamed, replace(worn, form=replace(worn.form, veiled=veiled))), part)

        return Outline(called(veiled=True), called(veiled=False), hair)


def _outside(before: Frame, after: Frame, reference: Frame | None, part: str) -> dict[str, float]:
    edit = shown(before, part)
    if reference is not None:
        edit = edit | shown(reference, part)
    edit = cv2.dilate(_large(edit), np.ones((2 * DILATION_PX + 1,) * 2, np.uint8)) > 0
    head = (np.maximum(before.alpha, after.alpha) > 0.5) & ~edit
    a, b = as_tensor(before.rgb, PICTURE_PX), as_tensor(after.rgb, PICTURE_PX)
    outside = _mask(~edit)
    squared = ((a - b).square().mean(1, keepdim=True) * outside).sum() / outside.sum().clamp(min=1)
    return {
        "ssim": float(ssim(a, b, outside)) if outside.any() else math.nan,
        "ssim_on_head": float(ssim(a, b, _mask(head))) if head.mean() >= LEAST_SHARE else math.nan,
        "squared": float(squared) if outside.any() else math.nan,
    }


def _inside(after: Frame, reference: Frame, part: str, outline: Outline) -> dict[str, float]:
    ours, theirs = shown(after, part), shown(reference, part)
    if theirs.mean() < LEAST_SHARE:
        # what the reference does not show here, the wearer should not show either; the outside tells
        return {}
    mask = _mask(_large(outline.drawn) > 0)
    a, b = (as_tensor(frame.rgb, PICTURE_PX) * mask + (1 - mask) for frame in (after, reference))
    with torch.no_grad():
        distance = float(lpips(a, b, mask)) if mask.any() else math.nan
    return {"lpips": distance, "plain_iou": float((ours & theirs).sum() / (ours | theirs).sum())}


def left_of(before: Views, after: Views, part: str) -> float:
    """Share of a part's pixels that are still there after it was taken off."""
    counts = [sum(int(shown(frame, part).sum()) for frame in views.values()) for views in (before, after)]
    return counts[1] / counts[0] if counts[0] else math.nan


def mean_of(values: Iterable[float]) -> float:
    """Mean of the finite numbers; not a number where there is none."""
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else math.nan


def _large(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    size = (PICTURE_PX, PICTURE_PX)
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _mask(mask: NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(mask.astype(np.float32))[None, None]
