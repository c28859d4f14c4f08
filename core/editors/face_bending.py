"""A head with a bent face: its field, and the photos and the paint that lie on it, go along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.grafted_field import GraftedField, RemappedField
from core.mask import PARTS
from core.warped_field import WarpedField
from core.worn_style import WornStyle

if TYPE_CHECKING:
    from core.editors.face_warp import FaceWarper
    from core.field import Field
    from core.head import Head
    from core.warped_field import Warp

SKIN = PARTS.index("skin")
LIGHT, BRIGHT = 0.88, 250.0
"""Brightness inside the mouths of heads without photos, and that of the brightest skin in a photo in full light."""
Shape = tuple[tuple[str, float], ...]
"""Name and strength of sliders, as `core.edit.shape_of` gives them."""


def bent(head: Head, warper: FaceWarper, shape: Shape, stiff: GraftedField | None = None) -> Head:
    """A head with another expression or another shape of its face.

    Photos lie on the face as it was before it was bent, paint on the face that was painted: each learns the way back.

    Args:
        head: with all other edits.
        warper: of its face.
        shape: how it is bent.
        stiff: a layer of its field that does not bend, such as glasses that were put on.
    """
    found = warper.warp(dict(shape))
    now = None if found is None else found.to(head.trigrid.device)
    back = () if now is None else (now,)

    def way(then: Shape) -> tuple[Warp, ...]:
        if then == shape:
            return ()
        forth = warper.forth(dict(then))
        return back if forth is None else (*back, forth)

    return replace(
        head,
        trigrid=head.trigrid if now is None else _bent(head.trigrid, now, stiff),
        photos=tuple(replace(photo, way=(*back, *photo.way)) for photo in head.photos),
        styles=tuple(replace(one, way=(*back, *one.way)) if isinstance(one, WornStyle) else one for one in head.styles),
        paint=tuple(replace(layer, way=(*way(layer.shape), *layer.way)) for layer in head.paint),
        mouth=warper.mouth(dict(shape), _light_of(head)),
    )


def _light_of(head: Head) -> float:
    """How bright what is white would be on a face, 0..1: photos are taken in all lights."""
    found = [
        float(
            np.quantile(photo.picture[cv2.resize(photo.labels, photo.picture.shape[:2], interpolation=0) == SKIN], 0.9)
        )
        for photo in head.photos
        if photo.labels is not None and (photo.labels == SKIN).any()
    ]
    return min(max(found[0] / BRIGHT, 0.4), 1.0) if found else LIGHT


def _bent(field: Field, warp: Warp, stiff: GraftedField | None) -> Field:
    """A field in bent space; the stiff layer, and colours that were laid over it, are laid on afterwards."""
    if stiff is None:
        return WarpedField(field, warp)
    over: list[GraftedField | RemappedField] = []
    while field is not stiff and isinstance(field, GraftedField | RemappedField):
        over.append(field)
        field = field.base
    under = stiff.base
    kept: list[GraftedField | RemappedField] = [stiff]
    for layer in reversed(over):
        if isinstance(layer, RemappedField):
            kept.append(layer)
        else:
            under = replace(layer, base=under)
    bent: Field = WarpedField(under, warp)
    for layer in kept:
        bent = replace(layer, base=bent)
    return bent
