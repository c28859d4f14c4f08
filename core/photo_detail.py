"""What a photo shows that is finer than the crop that heads are found with: one more band of its Laplacian pyramid.

Crops have 512 pixels, as the nets expect, and a photo of today has four times as many across the same head. The crop
enlarged and this band are the photo again (Burt and Adelson 1983), so what a head wears of a photo can be changed at
the crop's size, lightened or mended, and keeps its pores and single hairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Detail = NDArray[np.int8]

MOST_TIMES = 3
"""How many pixels of the photo are kept for each one of the crop across, at most."""
SHARPER = 1.4
"""How much finer than a picture what it is drawn in must be for detail to show; below, it would flicker."""


def times_finer(photo_px_per_crop_px: float) -> int:
    """How many pixels across there are to be for one of the crop; 1 where the photo has no more."""
    return int(np.clip(round(photo_px_per_crop_px), 1, MOST_TIMES))


def detail_from(fine: Pixels, picture: Pixels) -> Detail:
    """What makes `picture`, enlarged, `fine`.

    Args:
        fine: [F, F, 3].
        picture: [S, S, 3], the same at a smaller size.

    Returns:
        int8 [F, F, 3].
    """
    band = fine.astype(np.int16) - _enlarged(picture, len(fine))
    return band.clip(-128, 127).astype(np.int8)


def with_detail(picture: Pixels, detail: Detail) -> Pixels:
    """A picture [S, S, 3] at the size of its detail [F, F, 3], as fine as that tells."""
    return (_enlarged(picture, len(detail)) + detail.astype(np.int16)).clip(0, 255).astype(np.uint8)


def scaled_detail(detail: Detail, factors: NDArray[np.float32]) -> Detail:
    """The detail [F, F, 3] made stronger or weaker by factors [S, S] or [S, S, 3], as where its picture was changed."""
    wide = cv2.resize(factors, detail.shape[:2], interpolation=cv2.INTER_LINEAR)
    weighted = detail * (wide if wide.ndim == detail.ndim else wide[..., None])
    return np.asarray(weighted.round().clip(-128, 127), np.int8)


def _enlarged(picture: Pixels, side_px: int) -> NDArray[np.int16]:
    return np.asarray(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_CUBIC), np.int16)
