"""Which of several maps is the highest at each pixel of a larger picture."""

import cv2
import numpy as np
from numpy.typing import NDArray


def likeliest(logits: NDArray[np.float32], height: int, width: int) -> NDArray[np.uint8]:
    """The number of the highest of maps [C, h, w], each enlarged smoothly, at every pixel: uint8 [height, width].

    One map at a time, for all of them in a large picture are more than a processor keeps at hand.
    """
    best = np.full((height, width), -np.inf, np.float32)
    number = np.zeros((height, width), np.uint8)
    for index, small in enumerate(logits):
        level = cv2.resize(np.ascontiguousarray(small), (width, height), interpolation=cv2.INTER_LINEAR)
        number[level > best] = index
        np.maximum(best, level, out=best)
    return number
