"""The doll as artists see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.drawing.landmark_search import landmarks_of_view
from core.drawing.landmarks import NOWHERE
from core.drawing.subject import Subject
from core.training.dataset import HeadViews

if TYPE_CHECKING:
    from pathlib import Path


def doll_seen(folder: Path) -> Subject:
    """The frontal view of a doll that `write_doll` wrote, with its landmarks."""
    views = HeadViews(folder)
    front = Subject(
        np.asarray(views.rgb[0] / np.float32(255), np.float32),
        np.ascontiguousarray(views.label[0]),
        np.asarray(views.depth[0], np.float32),
        np.asarray(views.world_from_camera[0], np.float32),
        NOWHERE,
    )
    return replace(front, landmarks=landmarks_of_view(front))
