"""What an identity distance after an edit can be at least, because the part itself is part of how a face is known.

An embedding of a face sees its fringe and its glasses. Two figures tell how much: the wearer with nothing but the
part's own pixels changed, and, for glasses, the reference with and without the pair that it wore from the start.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.evaluation.edited_views import PICTURE_PX, PITCH_DEGREES, shown
from core.evaluation.pictures import at_degrees, identity_between, identity_of
from core.frame import Quality
from core.grafted_field import Fit
from core.rendering.renderer import HeadRenderer

if TYPE_CHECKING:
    from core.frame import Frame
    from core.head import Head
    from core.protocols import Generator

ALONE, OWN = "the part's pixels alone", "the reference's own, on and off"
MARGIN_PX, SOFT_PX = 5, 5
"""By which the part's pixels are widened, at the pictures' size, and over which they fade."""


def floors(generator: Generator, before: Frame, after: Frame, reference: Head, part: str) -> dict[str, float]:
    """Identity distances by name.

    Args:
        generator: of the reference.
        before: the wearer from the front.
        after: the same view with the edit.
        reference: who lends the part.
        part: which was taken.
    """
    found = {ALONE: identity_between(identity_of(before.rgb), identity_of(_part_alone(before, after, part)))}
    if part == "glasses" and reference.eyewear is not None:
        pictures = [
            HeadRenderer(generator, head).render(at_degrees(0, PITCH_DEGREES), Quality.NEAR, size_px=PICTURE_PX).rgb
            for head in (reference, replace(reference, eyewear=None))
        ]
        found[OWN] = identity_between(*(identity_of(picture) for picture in pictures))
    return found


def _part_alone(before: Frame, after: Frame, part: str) -> np.typing.NDArray[np.uint8]:
    """The view before an edit with the pixels after it where either shows the part, or no head."""
    assert before.labels is not None
    assert after.labels is not None
    changed = shown(before, part) | shown(after, part) | (before.labels == 0) | (after.labels == 0)
    side = len(before.rgb)
    large = cv2.resize(changed.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR) > 1 / 2
    wide = cv2.dilate(large.astype(np.float32), np.ones((MARGIN_PX, MARGIN_PX), np.uint8))
    share = cv2.GaussianBlur(wide, (SOFT_PX, SOFT_PX), 0)[..., None]
    return np.asarray(before.rgb * (1 - share) + after.rgb * share + 0.5, np.uint8)


def seat_of(fit: Fit, reference: Head, edited: Head) -> Fit:
    """Where points of the reference's glasses lie on the wearer: as far before the face as they stand on his nose.

    Args:
        fit: of the faces.
        reference: who lends them; where they are no shapes, the fit of the faces is all that is known.
        edited: who wears them.
    """
    if reference.eyewear is None or edited.eyewear is None:
        return fit
    theirs, ours = reference.eyewear.form, edited.eyewear.form
    pairs = (
        (theirs.middle_x, ours.middle_x),
        (theirs.centre[1], ours.centre[1]),
        (theirs.front_z, ours.front_z),
    )
    x, y, z = (there - fit.scale * here for here, there in pairs)
    return Fit(fit.scale, (x, y, z))
