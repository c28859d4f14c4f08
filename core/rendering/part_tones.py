"""Parts drawn in another tone: what a photo says of skin, hair and cloth holds for all of them."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Frame


def in_tones(frame: Frame, gains: NDArray[np.float32]) -> Frame:
    """A frame whose parts are lighter, darker or of another hue; the white behind them keeps its colour.

    Args:
        frame: with labels; the very same one comes back where it has none.
        gains: float32 [parts of `core.mask.PARTS`, 3], factors of red, green and blue.
    """
    if frame.labels is None:
        return frame
    rgb, side = frame.rgb, len(frame.rgb)
    change = cv2.resize(cv2.blur(gains[frame.labels] - 1, (3, 3)), (side, side), interpolation=cv2.INTER_LINEAR)
    own = rgb.astype(np.float32) - 255 * (1 - frame.alpha[..., None])
    toned: NDArray[np.uint8] = np.clip(rgb + change * own.clip(min=0) + 0.5, 0, 255).astype(np.uint8)
    return replace(frame, rgb=toned)
