"""What a photo shows of a face behind glasses that are worn as shapes.

Frames were photographed onto the skin. The shapes are drawn over the head themselves, so the photo gives up theirs: the
skin beside goes on under them (`core.inverters.skin_quilt`), where light shines back from clear glass, and behind dark
glass, of which the photo says nothing, but for eyes and brows: those are the head's own there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.eyewear import GlassesPhoto
from core.inverters.skin_quilt import filled
from core.mask import PARTS
from core.nearest_pixel import nearest_known
from core.perception.face_mesh import LEFT_EYE, RIGHT_EYE
from core.photo_detail import scaled_detail
from core.rendering.glasses_seen import silhouettes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.eyewear import Eyewear
    from core.photo_layer import PhotoLayer

    Bits = NDArray[np.bool_]

AROUND = 1 / 170
"""How far beside a drawn frame its own picture reaches, in picture sides."""
SHADE = 1 / 100
"""The same for its shadow on the skin, and for what lenses of photos mix of it into the pixels beside."""
STRAY = 1 / 40
"""How far from drawn glasses what the photo calls glasses belongs to them."""
LIDS = 1 / 170
"""How far around the eyes lids and lashes are kept as they are."""
SOFT_PX = 5
"""Width of the edge of what dark glass hides."""
WHITER, SKIN = 0.08, 0.995
"""By how much light that glass throws back is whiter than nearly all skin is, darkest by brightest colour; and that
share of skin."""
GLARE = 1 / 200
"""How far around such light it has spoilt what is behind it."""
SURE = 128
"""Cover from which a photo shows the person and nothing else."""
FEWEST = 200
"""Pixels of skin that tell how white skin is, at least."""
FACE = ("skin", "nose", "brows", "eyes", "ears")
"""Parts that glasses lie on."""
BARE = ("skin", "nose", "brows", "ears", "hair")
"""Parts whose detail may go on under a frame."""


def behind_glasses(
    layer: PhotoLayer,
    eyewear: Eyewear,
    landmarks: NDArray[np.float64] | None = None,
    features: NDArray[np.float32] | None = None,
) -> tuple[PhotoLayer, Eyewear]:
    """A photo as it were without the glasses that it shows, and the glasses as it showed them.

    Args:
        layer: a photo, with labels.
        eyewear: drawn over the head in their place.
        landmarks: the face mesh's points in the photo [468, 2], pixels; without them eyes are not known from glare.
        features: chances [h, h] of the head's own eyes and brows, as the photo's camera would see them; without them
            nothing of what dark glass hides is made up.
    """
    side = len(layer.picture)
    frame, glass = silhouettes(layer.camera, eyewear, side)
    worn = np.zeros(frame.shape, np.bool_)
    labels = layer.labels
    if labels is not None:
        called = cv2.resize((labels == PARTS.index("glasses")).astype(np.uint8), (side, side)) > 0
        worn = called & _widened(frame | glass, STRAY)
    seen = _widened(frame | glass, AROUND) | worn
    soft = cv2.GaussianBlur(_widened(seen, AROUND).astype(np.float32), (0, 0), side * AROUND)
    photo = GlassesPhoto(
        picture=layer.picture,
        cover=(soft * layer.cover_from_here).astype(np.uint8),
        camera=layer.camera,
        detail=layer.detail,
    )
    kept = np.ones(frame.shape, np.float32)
    if eyewear.form.lens_opacity:
        hidden = _widened(glass, AROUND)
        if features is not None:
            own = cv2.resize(features, hidden.shape, interpolation=cv2.INTER_LINEAR) > 1 / 2
            hidden = _widened(own & _widened(frame | glass, AROUND), AROUND)
        kept = 1 - cv2.blur(hidden.astype(np.float32), (SOFT_PX, SOFT_PX))
    picture, detail = _bare(layer, eyewear, worn, landmarks), layer.detail
    if detail is not None:
        mended = _widened((picture != layer.picture).any(axis=2), AROUND)
        detail = scaled_detail(detail, 1 - mended.astype(np.float32))
    clean = replace(
        layer,
        picture=picture,
        detail=detail,
        cover=(layer.cover * kept).astype(np.uint8),
        cover_from_here=(layer.cover_from_here * kept).astype(np.uint8),
        labels=None if labels is None else _without_glasses(labels),
    )
    return clean, replace(eyewear, photo=photo)


def _bare(layer: PhotoLayer, eyewear: Eyewear, worn: Bits, landmarks: NDArray[np.float64] | None) -> NDArray[np.uint8]:
    """A photo's picture [S, S, 3] with skin in the place of frames, of glare and of dark glass.

    Args:
        layer: the photo.
        eyewear: drawn.
        worn: which pixels are called glasses, [S, S].
        landmarks: of the face, pixels, or None.
    """
    picture, side = layer.picture, len(layer.picture)
    frame, glass = silhouettes(layer.camera, eyewear, side)
    dark = eyewear.form.lens_opacity > 0
    # through dark glass nobody can tell where eyes are
    lids = _widened(_eyes(None if dark else landmarks, side), LIDS)
    around = _widened(silhouettes(layer.camera, eyewear, side, layer.depth)[0], SHADE)
    rims = around | (_widened(worn, AROUND) & ~(glass & ~around))
    person = layer.cover_from_here > 0
    named = np.full(worn.shape, PARTS.index("skin"), np.uint8)
    if layer.labels is not None:
        named = cv2.resize(layer.labels, worn.shape, interpolation=cv2.INTER_NEAREST)
        rims &= worn | (named != PARTS.index("hair"))  # temples that run under hair
    spoilt = np.zeros_like(glass)
    if dark:
        spoilt = _widened(glass, AROUND)
    elif landmarks is not None:
        away = ~_widened(frame | glass, STRAY) & person
        skin = np.isin(named, [PARTS.index("skin"), PARTS.index("nose")]) & away
        spoilt = _glare(picture, glass & ~lids, skin)
    gap = (rims & ~lids | spoilt) & person
    told = (layer.cover_from_here > SURE) & ~gap & ~lids
    bare = np.isin(named, [PARTS.index(part) for part in BARE]) | (worn & glass)
    return filled(picture, gap, told, told & bare)


def _eyes(landmarks: NDArray[np.float64] | None, side: int) -> Bits:
    """Between the lids of both eyes, bool [S, S]; nothing where no landmarks [468, 2] tell."""
    found = np.zeros((side, side), np.uint8)
    if landmarks is not None:
        for eye in (LEFT_EYE, RIGHT_EYE):
            cv2.fillPoly(found, [np.round(landmarks[list(eye)]).astype(np.int32)], 1)
    return found > 0


def _glare(picture: NDArray[np.uint8], glass: Bits, skin: Bits) -> Bits:
    """Where glass [S, S] throws light back: lighter than most skin [S, S] of a picture [S, S, 3], and whiter."""
    if skin.sum() < FEWEST:
        return np.zeros_like(glass)
    light = picture.mean(axis=2)
    white = picture.min(axis=2) / np.maximum(picture.max(axis=2), 1).astype(np.float32)
    shines = (white > np.quantile(white[skin], SKIN) + WHITER) & (light > np.median(light[skin]))
    return _widened(shines & glass, GLARE) & glass


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
