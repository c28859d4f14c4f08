"""Parts drawn in another tone: what a photo says of skin, hair and cloth holds for all of them."""

import cv2
import numpy as np
from numpy.typing import NDArray


def in_tones(
    rgb: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    labels: NDArray[np.uint8],
    gains: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """A picture whose parts are lighter, darker or of another hue.

    Args:
        rgb: uint8 [S, S, 3], on white.
        alpha: float32 [S, S]; the white behind keeps its colour.
        labels: uint8 [h, h], indices into `core.mask.PARTS`.
        gains: float32 [parts, 3], factors of red, green and blue.
    """
    side = rgb.shape[0]
    change = cv2.resize(cv2.blur(gains[labels] - 1, (3, 3)), (side, side), interpolation=cv2.INTER_LINEAR)
    own = rgb.astype(np.float32) - 255 * (1 - alpha[..., None])
    toned: NDArray[np.uint8] = np.clip(rgb + change * own.clip(min=0) + 0.5, 0, 255).astype(np.uint8)
    return toned
