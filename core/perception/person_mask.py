"""Which pixels belong to the person (MediaPipe selfie segmentation), sharpened along the picture's edges."""

from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.perception.graph import GraphNet

# Guided filter: radius in sides of the picture, and how much contrast makes an edge (variance of values 0..1).
RADIUS = 0.012
EDGE_VARIANCE = 2e-4
HAZE = 0.12  # weights this close to 0 and 1 count as such
LEAST_LIGHTNESS = 0.35
"""Mean of a picture below which it is made lighter to be read: the net was taught on well lit people."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
MOST_HOLE = 0.004
"""Share of the picture up to which what the person surrounds is the person's: an emblem, a button, a catchlight."""


@cache
def _net() -> GraphNet:
    return GraphNet("person_mask")


def raw_outputs(pictures: torch.Tensor) -> torch.Tensor:
    """The net on pictures [B,3,256,256], 0..1: the person's probability [B,256,256]."""
    (mask,) = _net()(pictures)
    return torch.squeeze(mask, 1)


def find_person(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Weights [H,W], 0..1, of a picture [H,W,3] RGB that shows a person, head and shoulders best.

    The mean of the picture and of its mirror image, so that mirrored pictures give mirrored masks.
    """
    height, width = pixels.shape[:2]
    size = _net().size_px
    lit = _lightened((pixels / 255).astype(np.float32))
    shrinks = size < min(height, width)
    small = cv2.resize(lit, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    picture = torch.from_numpy(small).permute(2, 0, 1)
    straight, mirrored = raw_outputs(torch.stack([picture, picture.flip(2)]))
    mask = ((straight + mirrored.flip(1)) / 2).numpy()
    large = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    return _without_holes(_guided(large, lit, max(1, round(RADIUS * max(height, width)))))


def _lightened(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture [H,W,3], 0..1, made as light as the net expects where it is dark."""
    mean = float((picture @ LUMA).mean())
    if mean >= LEAST_LIGHTNESS:
        return picture
    return np.asarray(picture ** (np.log(LEAST_LIGHTNESS) / np.log(max(mean, 0.01))), np.float32)


def _without_holes(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """A mask whose small holes are filled."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats((mask < 0.5).astype(np.uint8), connectivity=4)
    height, width = mask.shape
    x, y, across, down, area = facts.T
    inner = (x > 0) & (y > 0) & (x + across < width) & (y + down < height) & (area <= MOST_HOLE * mask.size)
    inner[0] = False
    if count < 2 or not inner.any():
        return mask
    holes = inner[labels].astype(np.uint8)
    soft = np.ones((2 * max(1, round(RADIUS * max(height, width) / 2)) + 1,) * 2, np.uint8)
    # the haze around a hole goes with it, but nothing beyond the person's outline comes
    within = cv2.erode(np.maximum(holes, mask >= 0.5).astype(np.uint8), soft)
    filled = np.maximum(holes, cv2.dilate(holes, soft) & within)
    return np.asarray(np.maximum(mask, filled), np.float32)


def _guided(mask: NDArray[np.float32], guide: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """He's guided filter with a grey guide: in each neighbourhood the mask becomes linear in the guide."""
    grey = guide @ LUMA

    def mean(values: NDArray[Any]) -> NDArray[Any]:
        blurred: NDArray[Any] = cv2.blur(values, (2 * radius + 1, 2 * radius + 1))
        return blurred

    grey_mean, mask_mean = mean(grey), mean(mask)
    slope = (mean(grey * mask) - grey_mean * mask_mean) / (mean(grey * grey) - grey_mean**2 + EDGE_VARIANCE)
    offset = mask_mean - slope * grey_mean
    smooth = mean(slope) * grey + mean(offset)
    return np.asarray(np.clip((smooth - HAZE) / (1 - 2 * HAZE), 0, 1), np.float32)
