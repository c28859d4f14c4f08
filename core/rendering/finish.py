"""What is laid over a random head last: whole hair, clean outlines, a collar, single hairs where hair begins, light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.rendering.clothing import with_clothing
from core.rendering.dark_rims import without_dark_rims
from core.rendering.hairline import with_hairline
from core.rendering.head_light import with_head_light
from core.rendering.opaque import with_whole_hair

if TYPE_CHECKING:
    from core.frame import Frame
    from core.hair_strands import HairStrands
    from core.rendering.face_place import FacePlace
    from core.rendering.head_light import HeadLight


def with_finish(
    frame: Frame, strands: HairStrands | None, light: HeadLight, strength: float, face: FacePlace | None = None
) -> Frame:
    """A frame with all of it.

    Args:
        frame: with hair and face drawn finely.
        strands: of the hair; without them its border stays as it is.
        light: of the same head.
        strength: of the light, 0..1.
        face: where the head's face is.
    """
    frame = with_clothing(without_dark_rims(with_whole_hair(frame)))
    if strands is not None:
        frame = with_hairline(frame, strands)
    return with_head_light(frame, light, strength, face)
