"""Islands of one part within another go, whatever their colours; what is large or lies between two others stays."""

from dataclasses import replace

import numpy as np

from core.camera import Camera
from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.islands import without_islands

SIDE, SIZE = 64, 128
CLOTH, HAIR, NECK = (PARTS.index(part) for part in ("cloth", "hair", "neck"))


def _frame(size_px: int, row: int) -> Frame:
    """Dark hair on light clothes below a neck."""
    labels = np.full((SIDE, SIDE), CLOTH, np.uint8)
    labels[: SIDE // 2] = NECK
    labels[row : row + size_px, 20 : 20 + size_px] = HAIR
    rgb = np.where(np.kron(labels == HAIR, np.ones((2, 2), np.bool_))[..., None], 40, 200).repeat(3, 2)
    depth = np.full((SIDE, SIDE), 2.7, np.float32)
    return Frame(rgb.astype(np.uint8), np.ones((SIZE, SIZE), np.float32), depth, labels, Camera.orbit(), Quality.NEAR)


def test_a_patch_of_hair_on_clothes_becomes_clothes() -> None:
    frame = _frame(4, 46)
    cleaned = without_islands(frame)
    assert cleaned.labels is not None
    assert (cleaned.labels[SIDE // 2 :] == CLOTH).all()
    assert cleaned.rgb.min() > 190
    assert np.array_equal(cleaned.labels[: SIDE // 2], np.full((SIDE // 2, SIDE), NECK))


def test_locks_and_what_hangs_over_a_border_stay() -> None:
    for frame in (_frame(16, 40), _frame(4, SIDE // 2 - 2), replace(_frame(4, 46), labels=None)):
        assert without_islands(frame) is frame
