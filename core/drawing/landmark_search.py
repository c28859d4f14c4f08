"""Landmarks read off a labelled frontal view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.drawing.landmarks import Landmarks
from core.drawing.subject import BROWS, EARS, EYES, GLASSES, LIPS, NOSE, SKIN

if TYPE_CHECKING:
    from core.drawing.subject import Bits, Subject, Values

EYE_LEVEL, EYE_REACH = 0.02, 0.06
"""Height where eyes are, and how far from it, in world units: those behind glasses are looked for there."""
STRAY = 0.004
"""Share of a face's pixels that may lie below its chin, for their labels are wrong."""


def landmarks_of_view(front: Subject) -> Landmarks:
    """Where eyes, mouth, nose and ears of a head are, by the labels of its frontal view (landmarks are unread)."""
    labels, points = front.labels, front.points

    def mean(mask: Bits, otherwise: tuple[float, float, float]) -> Values:
        return points[mask].mean(0) if mask.sum() > 3 else np.array(otherwise, np.float32)

    # a moustache has been taken for an eye
    eyes, lips, bare = (
        (labels == EYES) & (points[..., 1] > EYE_LEVEL - EYE_REACH),
        labels == LIPS,
        np.isin(labels, (SKIN, NOSE, LIPS, EYES, BROWS)),
    )
    sides = (points[..., 0] > 0, points[..., 0] <= 0)
    found = []
    for side, x in zip(sides, (0.065, -0.065), strict=True):
        behind = (labels == GLASSES) & side & (np.abs(points[..., 1] - EYE_LEVEL) < EYE_REACH)
        lens = mean(behind, (x, EYE_LEVEL, 0.21))
        found.append(mean(eyes & side, (x, float(lens[1]), float(lens[2]))))
    both = np.stack(found)
    lip_points = points[lips] if lips.sum() > 8 else both - np.array([0, 0.15, 0], np.float32)
    corners = np.stack([lip_points[lip_points[:, 0].argmax()], lip_points[lip_points[:, 0].argmin()]])
    nose = points[labels == NOSE]
    tip = nose[nose[:, 2].argmax()] if len(nose) else both.mean(0) + np.array([0, -0.08, 0.08], np.float32)
    level = np.abs(points[..., 1] - both[:, 1].mean()) < 0.02
    half = float(np.abs(points[bare & level][:, 0]).max()) if (bare & level).any() else 0.18
    ears = []
    for side, sign in zip(sides, (1, -1), strict=True):
        seen = (labels == EARS) & side
        supposed = (sign * (half + 0.012), float(both[:, 1].mean()) - 0.03, float(both[:, 2].mean()) - 0.2)
        ears.append(mean(seen, supposed) if seen.sum() > 20 else np.array(supposed, np.float32))
    brows, face = labels == BROWS, np.isin(labels, (SKIN, LIPS))
    brow = float(points[brows][:, 1].mean()) if brows.any() else float(both[:, 1].mean()) + 0.05
    chin = float(np.quantile(points[face][:, 1], STRAY)) if face.any() else float(corners[:, 1].mean()) - 0.1
    return Landmarks(
        both, corners, tip, np.stack(ears), brow, chin, float(points[labels > 0][:, 1].max()) if labels.any() else 0.4
    )
