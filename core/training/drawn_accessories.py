"""Hats and glasses drawn onto labelled renders that have none, labels included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.drawing.noise import smooth_noise
from core.mask import PARTS
from core.training.picture_scenes import fabric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

SKIN, HAIR, EYES, BROWS, EARS, GLASSES, CLOTH = (
    PARTS.index(name) for name in ("skin", "hair", "eyes", "brows", "ears", "glasses", "cloth")
)


def with_lenses(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels [S,S] in which what is seen through a closed frame belongs to the glasses.

    Data of recipe version 1 label clear lenses as what is behind them; version 3 does so only before the background.
    """
    frame = (labels == GLASSES).astype(np.uint8)
    if not frame.any():
        return labels
    outlines, tree = cv2.findContours(frame, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    holes = [outline for outline, link in zip(outlines, tree[0], strict=True) if link[3] >= 0]
    filled = frame.copy()
    cv2.drawContours(filled, holes, -1, 1, cv2.FILLED)
    return np.where((filled > 0) & (labels > 0), np.uint8(GLASSES), labels)


def with_hat(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Values, NDArray[np.uint8]]:
    """Cloth over the top of the head, from somewhere above the brows, with or without a brim."""
    head = np.isin(labels, (SKIN, HAIR, EARS)).astype(np.uint8)
    rows, columns = np.nonzero(labels == BROWS)
    if len(rows) < 20 or not head.any():
        return rgb, labels
    size = rgb.shape[0]
    top = int(np.nonzero(head.any(1))[0][0])
    line = rows.min() - float(rng.uniform(0.02, 0.6)) * max(rows.min() - top, 1)
    swell = int(rng.integers(3, 15)) * 2 + 1
    above = cv2.dilate(head, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (swell, swell)))
    bend = (np.arange(size) - columns.mean()) ** 2 * float(rng.normal(0, 0.0012))
    above[np.arange(size)[:, None] > line + bend[None]] = 0
    hat = above.astype(np.float32)
    if rng.random() < 0.5:  # brim
        spread = float(rng.uniform(0.16, 0.3)) * size
        centre = (int(columns.mean()), int(line))
        axes = (int(spread), int(rng.uniform(0.03, 0.09) * size))
        cv2.ellipse(hat, centre, axes, float(rng.normal(0, 5)), 0, 360, 1.0, -1)
    hat = cv2.GaussianBlur(hat, (0, 0), 0.7)
    shade = np.exp(smooth_noise(rng, size, 3) * np.float32(0.25))[..., None]
    cloth = fabric(rng, size)
    if rng.random() < 0.4:  # two colours, one above the other
        upper = np.arange(size)[:, None, None] < line - rng.uniform(0.02, 0.15) * size
        cloth = np.where(upper, rng.random(3).astype(np.float32), cloth)
    mixed = rgb + (cloth * shade - rgb) * hat[..., None]
    return mixed, np.where(hat > 0.5, np.uint8(CLOTH), labels)


def with_glasses(rgb: Values, labels: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Values, NDArray[np.uint8]]:
    """Drawn glasses before two open eyes: rims of any shape, clear, tinted or dark lenses, temples."""
    _, _, boxes, centres = cv2.connectedComponentsWithStats((labels == EYES).astype(np.uint8))
    eyes = sorted(tuple(centres[i]) for i in range(1, len(boxes)) if boxes[i, cv2.CC_STAT_AREA] > 14)
    size = rgb.shape[0]
    if len(eyes) != 2 or (labels == GLASSES).any() or eyes[1][0] - eyes[0][0] < 0.1 * size:
        return rgb, labels
    middle = (np.array(eyes[0]) + np.array(eyes[1])) / 2
    along = np.array(eyes[1]) - np.array(eyes[0])
    across = np.array([-along[1], along[0]])
    half = rng.uniform(0.3, 0.46)
    height, apart = half * rng.uniform(0.5, 1), rng.uniform(0.48, 0.54)
    drop, lift, power = rng.uniform(-0.02, 0.12), max(0.0, rng.normal(0, 0.25)), rng.uniform(0.35, 1)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    # a superellipse whose outer upper corner is drawn up, as in cat-eye frames
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power * half
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * height
    y = y - lift * np.maximum(x, 0) * (y < 0) + drop

    def on_face(side: float, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        points = middle + np.outer(side * (apart + x), along) + np.outer(y, across)
        return np.asarray(np.round(points * 8), np.int32)

    lens, frame = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    top, rim = int(rng.integers(1, 6)), int(rng.integers(0, 4))
    level = np.array([drop - height * rng.uniform(0.1, 0.8)] * 2)
    for side in (-1.0, 1.0):
        outline = on_face(side, x, y)
        cv2.fillPoly(lens, [outline], 1.0, cv2.LINE_AA, 3)
        cv2.polylines(frame, [on_face(side, x[y < drop], y[y < drop])], False, 1.0, top, cv2.LINE_AA, 3)
        if rim:
            cv2.polylines(frame, [outline], True, 1.0, rim, cv2.LINE_AA, 3)
        temple = on_face(side, np.array([half * 0.95, half + rng.uniform(0.05, 0.5)]), level)
        cv2.polylines(frame, [temple], False, 1.0, max(1, rim), cv2.LINE_AA, 3)
    bridge = np.stack([on_face(side, np.array([-half]), level[:1])[0] for side in (-1.0, 1.0)])
    cv2.polylines(frame, [bridge], False, 1.0, max(1, top - 1), cv2.LINE_AA, 3)
    figure = (labels > 0).astype(np.float32)
    lens, frame = lens * figure, frame * figure
    dark = rng.random() < 0.2
    tint = rng.random(3).astype(np.float32) * np.float32(0.4 if dark else 1)
    tinted = lens[..., None] * np.float32(rng.uniform(0.6, 0.97) if dark else rng.uniform(0, 0.15))
    glare = np.clip(smooth_noise(rng, size, 8) - np.float32(0.8), 0, 1) * np.float32(rng.uniform(0, 0.6))
    mixed = rgb + (tint - rgb) * tinted + (lens * glare)[..., None]
    shade = np.exp(np.float32(0.3) * smooth_noise(rng, size, 20))[..., None]
    paint = (rng.random(3) ** 2).astype(np.float32) if rng.random() < 0.7 else np.full(3, 0.04, np.float32)
    mixed = mixed + (paint * shade - mixed) * frame[..., None]
    return mixed, np.where(np.maximum(lens, frame) > 0.5, np.uint8(GLASSES), labels)
