"""Hair has no dark rim and skin no light one, whatever the model draws where they meet the white."""

import cv2
import numpy as np

from core.camera import Camera
from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.dark_rims import without_dark_rims

SIDE = 128


def test_hair_has_no_dark_rim_and_skin_keeps_its_shade() -> None:
    size = 4 * SIDE
    y, x = np.mgrid[:size, :size]
    off = np.hypot(x - size / 2, y - size / 2) / (0.35 * size)
    alpha = np.clip((1 - off) * 40 + 0.5, 0, 1).astype(np.float32)
    own = np.where(off > 0.97, 60.0, 200.0)[..., None]
    rgb = np.repeat(own * alpha[..., None] + 255 * (1 - alpha[..., None]), 3, 2).astype(np.uint8)
    depth = np.full((SIDE, SIDE), 2.7, np.float32)
    for part, lighter in (("hair", True), ("skin", False)):
        labels = np.where(cv2.resize(alpha, (SIDE, SIDE)) > 0.5, PARTS.index(part), 0).astype(np.uint8)
        frame = Frame(rgb, alpha, depth, labels, Camera.orbit(), Quality.NEAR)
        drawn = without_dark_rims(frame)
        rim = (off > 0.975) & (off < 0.99)
        assert (drawn.rgb[rim].mean() > 170) == lighter
        assert np.array_equal(drawn.rgb[off < 0.9], rgb[off < 0.9])


def test_white_does_not_shine_into_the_rim_of_dark_skin() -> None:
    size = 4 * SIDE
    y, x = np.mgrid[:size, :size]
    off = np.hypot(x - size / 2, y - size / 2) / (0.35 * size)
    alpha = np.clip((1 - off) * 40 + 0.5, 0, 1).astype(np.float32)
    own = np.where(off > 0.97, 130.0, 70.0)[..., None]
    rgb = np.repeat(own * alpha[..., None] + 255 * (1 - alpha[..., None]), 3, 2).astype(np.uint8)
    inside = cv2.resize(alpha, (SIDE, SIDE)) > 0.5
    labels = np.where(inside, PARTS.index("skin"), 0).astype(np.uint8)
    labels[: SIDE // 4] = np.where(inside[: SIDE // 4], PARTS.index("hair"), 0)
    depth = np.full((SIDE, SIDE), 2.7, np.float32)
    drawn = without_dark_rims(Frame(rgb, alpha, depth, labels, Camera.orbit(), Quality.NEAR)).rgb
    rim = (off > 0.972) & (off < 0.982) & (y > size / 2)
    assert rgb[rim].mean() > 125
    assert drawn[rim].mean() < 90
