"""What a head's photos say about what it wears: they are better witnesses than labels that followed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base_planes import base_planes
from core.mask import PARTS

if TYPE_CHECKING:
    from core.head import Head

LEAST_SHARE = 5e-4
"""Of a photo; a part of fewer pixels is not seen in it."""
FACE_SHARE = 0.02
"""Of a photo that skin takes at least where a face is in it."""


def denies(head: Head, part: str) -> bool:
    """Whether every photo that a head wears shows its face without a part.

    Asked for glasses: where a photo was followed, what shines is taken for glass now and then. Only heads without edits
    are what their photos show.
    """
    if part != "glasses" or head.eyewear is not None or base_planes(head.trigrid) is None:
        return False
    seen = [photo.labels for photo in head.photos if photo.labels is not None]
    faces = [labels for labels in seen if (labels == PARTS.index("skin")).mean() >= FACE_SHARE]
    return bool(faces) and all((labels == PARTS.index(part)).mean() < LEAST_SHARE for labels in faces)
