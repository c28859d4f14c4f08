"""The nearest pixel of which something is known, for all those of which nothing is."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray


def nearest_known(known: NDArray[np.bool_], mask_px: Literal[3, 5] = 3) -> NDArray[np.intp]:
    """The number, row by row, of the known pixel nearest to each pixel [H, W]; each its own where none is known.

    Args:
        known: bool [H, W].
        mask_px: side of the mask by which distances are summed up (Borgefors 1986): 5 is exacter than 3, and slower.
    """
    numbers = np.flatnonzero(known)
    if not len(numbers):
        return np.arange(known.size, dtype=np.intp).reshape(known.shape)
    _, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, mask_px, labelType=cv2.DIST_LABEL_PIXEL
    )
    # labels count the known pixels in an order of OpenCV's own
    number_of = np.zeros(int(label.max()) + 1, np.intp)
    number_of[label.ravel()[numbers]] = numbers
    return np.asarray(number_of[label], np.intp)
