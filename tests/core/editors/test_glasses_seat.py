"""Temples run along the head to the ears, and behind those that are seen."""

import numpy as np

from core.editors.glasses_seat import Surface, temple_line
from core.mask import PARTS
from tests.core.glasses import CLEAR

HALF_WIDTH, EAR_Z = 0.13, 0.02
EYE_Y, EYE_Z = 0.03, 0.17


def _surface(*, ears: bool) -> Surface:
    """A head that is a block with flat sides, and ears that stand out a little or hair in their place."""
    y, z = (at.ravel() for at in np.meshgrid(np.linspace(-0.1, 0.15, 60), np.linspace(-0.1, 0.2, 70)))
    points = np.concatenate([np.stack([side * np.full(y.size, HALF_WIDTH), y, z], axis=1) for side in (-1, 1)])
    auricle = np.hypot((points[:, 1] - 0.02) / 0.055, (points[:, 2] - EAR_Z) / 0.03) < 1
    labels = np.where(auricle, PARTS.index("ears" if ears else "hair"), PARTS.index("skin")).astype(np.uint8)
    points[auricle, 0] *= 1.05
    return Surface(points, labels)


def test_a_temple_lies_beside_the_head_and_behind_an_ear_that_is_seen() -> None:
    for ears in (True, False):
        line = temple_line(CLEAR, _surface(ears=ears), EYE_Y, EYE_Z)
        before = line[(line[:, 2] > EAR_Z + 0.04) & (line[:, 2] < 0.15), 0]
        behind = line[line[:, 2] < EAR_Z - 0.03, 0]
        assert before.min() > HALF_WIDTH
        assert (behind < HALF_WIDTH).all() == ears
        assert (np.diff(line[:, 2]) < 1e-3).all()
