"""What a photo shows of a face behind glasses that are worn as shapes.

Frames were photographed onto the skin. The shapes are drawn over the head themselves, so the photo gives up theirs: the
skin beside goes on under them (Telea 2004), and what dark glass hides the photo says nothing about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.eyewear import GlassesPhoto
from core.mask import PARTS
from core.nearest_pixel import nearest_known
from core.rendering.eyewear import silhouettes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.eyewear import Eyewear
    from core.photo_layer import PhotoLayer

AROUND = 1 / 170
"""How far beside a drawn frame its own picture and shadow reach, in picture sides."""
STRAY = 1 / 40
"""How far from drawn glasses what the photo calls glasses belongs to them."""
RADIUS = 1 / 100
"""Width of what goes on, in picture sides."""
SOFT_PX = 5
"""Width of the edge of what dark glass hides."""
FACE = ("skin", "nose", "brows", "eyes", "ears")
"""Parts that glasses lie on."""


def behind_glasses(layer: PhotoLayer, eyewear: Eyewear) -> tuple[PhotoLayer, Eyewear]:
    """A photo as it were without the glasses that it shows, and the glasses as it showed them.

    Args:
        layer: a photo, with labels.
        eyewear: drawn over the head in their place.
    """
    side = len(layer.picture)
    frame, glass = silhouettes(layer.camera, eyewear, side)
    worn = np.zeros(frame.shape, np.bool_)
    labels = layer.labels
    if labels is not None:
        called = cv2.resize((labels == PARTS.index("glasses")).astype(np.uint8), (side, side)) > 0
        worn = called & _widened(frame | glass, STRAY)
    around = _widened(frame, AROUND)
    rims = around | (worn & ~(glass & ~around))
    known = layer.cover_from_here > 0
    picture = cv2.inpaint(layer.picture, (rims & known).astype(np.uint8), side * RADIUS, cv2.INPAINT_TELEA)
    kept = np.ones(frame.shape, np.float32)
    if eyewear.form.lens_opacity:
        kept = 1 - cv2.blur(_widened(glass, AROUND).astype(np.float32), (SOFT_PX, SOFT_PX))
    if labels is not None:
        labels = _without_glasses(labels)
    seen = _widened(frame | glass, AROUND) | worn
    soft = cv2.GaussianBlur(_widened(seen, AROUND).astype(np.float32), (0, 0), side * AROUND)
    photo = GlassesPhoto(
        picture=layer.picture, cover=(soft * layer.cover_from_here).astype(np.uint8), camera=layer.camera
    )
    clean = replace(
        layer,
        picture=np.asarray(picture, np.uint8),
        cover=(layer.cover * kept).astype(np.uint8),
        cover_from_here=(layer.cover_from_here * kept).astype(np.uint8),
        labels=labels,
    )
    return clean, replace(eyewear, photo=photo)


def _widened(mask: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """A mask [S, S] and what lies within a reach of it, in picture sides."""
    size = 2 * round(reach * len(mask)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)


def _without_glasses(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels whose glasses have those of the face around them."""
    glasses = labels == PARTS.index("glasses")
    known = np.isin(labels, [PARTS.index(part) for part in FACE])
    return np.where(glasses, labels.ravel()[nearest_known(known)], labels).astype(np.uint8)
