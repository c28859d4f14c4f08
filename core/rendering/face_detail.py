"""A face drawn with its fine detail, over what the generator draws and under photos and paint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.rendering.face_brows import with_brows
from core.rendering.face_ears import with_ear
from core.rendering.face_eyes import with_eyes
from core.rendering.face_lips import with_lips
from core.rendering.face_marks import with_marks
from core.rendering.face_skin import with_skin
from core.rendering.face_window import BEHIND, FaceWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.face_detail import FaceDetail
    from core.frame import Frame
    from core.rendering.face_place import FacePlace

    Floats = NDArray[np.float64]

PROFILE = 0.3
"""How far a camera may look the way that a face with a light of its own does: its profile is drawn as well."""


def with_face_detail(frame: Frame, face: FaceDetail, at: FacePlace) -> Frame:
    """A frame whose face has crisp eyes, hairs in its brows, an edge to its lips, and pores.

    Args:
        frame: with labels; the very same one comes back where it shows no face, or none is to be drawn.
        face: what is drawn.
        at: where the face is.
    """
    if not face.strength:
        return frame
    at = replace(at, long=max(at.long, face.made_up))
    if face.light:
        for ear in at.ears:
            cut = FaceWindow.of(frame, at, ear=ear)
            if cut is not None:
                frame = _laid(frame, cut, with_ear(cut, face, ear))
    window = FaceWindow.of(frame, at, behind=PROFILE if face.light else BEHIND)
    if window is None:
        return frame
    drawn = window.rgb
    for finish in (with_skin, with_marks, with_lips, with_eyes, with_brows):
        drawn = finish(window, drawn, face, at)
    return _laid(frame, window, drawn)


def _laid(frame: Frame, window: FaceWindow, drawn: Floats) -> Frame:
    """A frame with other colours [h, w, 3] in a window of it."""
    share = window.alpha[..., None]
    result = frame.rgb.copy()
    whole = (drawn * share + 1 - share) * 255 + 0.5
    result[window.rows, window.columns] = np.where(share > 0.3, whole.clip(0, 255), result[window.rows, window.columns])
    return replace(frame, rgb=result)
