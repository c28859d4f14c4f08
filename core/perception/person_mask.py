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


@cache
def _net() -> GraphNet:
    return GraphNet("person_mask")


def raw_outputs(pictures: torch.Tensor) -> torch.Tensor:
    """The net on pictures [B,3,256,256], 0..1: the person's probability [B,256,256]."""
    (mask,) = _net()(pictures)
    return torch.squeeze(mask, 1)


def find_person(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Weights [H,W], 0..1, of a picture [H,W,3] RGB that shows a person, head and shoulders best."""
    height, width = pixels.shape[:2]
    size = _net().size_px
    shrinks = size < min(height, width)
    small = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    mask = raw_outputs(torch.from_numpy(small.astype(np.float32) / 255).permute(2, 0, 1)[None])[0].numpy()
    large = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    guide = (pixels / 255).astype(np.float32)
    return _guided(large, guide, max(1, round(RADIUS * max(height, width))))


def _guided(mask: NDArray[np.float32], guide: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """He's guided filter with a grey guide: in each neighbourhood the mask becomes linear in the guide."""
    grey = guide @ np.array([0.299, 0.587, 0.114], np.float32)

    def mean(values: NDArray[Any]) -> NDArray[Any]:
        blurred: NDArray[Any] = cv2.blur(values, (2 * radius + 1, 2 * radius + 1))
        return blurred

    grey_mean, mask_mean = mean(grey), mean(mask)
    slope = (mean(grey * mask) - grey_mean * mask_mean) / (mean(grey * grey) - grey_mean**2 + EDGE_VARIANCE)
    offset = mask_mean - slope * grey_mean
    smooth = mean(slope) * grey + mean(offset)
    return np.asarray(np.clip((smooth - HAZE) / (1 - 2 * HAZE), 0, 1), np.float32)
