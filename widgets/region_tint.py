"""What was drawn once over a head, as one more part that the viewer can tint."""

from dataclasses import replace

import cv2
import numpy as np

from core.frame import Frame
from core.mask import PARTS
from core.region import Region

REGION_LABEL = len(PARTS)
"""Stands in a frame's labels for what was drawn."""


def with_region(frame: Frame | None, region: Region | None) -> Frame | None:
    """The frame whose labels tell the region too; the very same one where there is none of both."""
    if frame is None or region is None:
        return frame
    held = region.weights_over(frame) > 1 / 2
    labels = np.zeros(held.shape, np.uint8) if frame.labels is None else frame.labels
    if labels.shape != held.shape:
        held = cv2.resize(held.astype(np.uint8), labels.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return replace(frame, labels=np.where(held, np.uint8(REGION_LABEL), labels))
