"""Where a warped picture is trusted: masks that shrink away from rims, soften, and blend.

Sizes are those of the published pseudo-views (HFGI3D), for pictures of `PUBLISHED_PX`; smaller pictures take smaller
ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]

PUBLISHED_PX = 512


@dataclass(frozen=True)
class MaskSizes:
    """How masks shrink and soften, in pixels, all odd.

    Attributes:
        warp_px: side of the window that shrinks the warped region: splats at its rim are thin.
        contour_px: side of the window that shrinks the head's outline: at the rim the photo smears.
        blur_px: side of the blur; its sigma follows from it (3.5 pixels for 21).
    """

    warp_px: int = 3
    contour_px: int = 51
    blur_px: int = 21

    def scaled(self, picture_px: int) -> MaskSizes:
        """For pictures of another side."""
        factor = picture_px / PUBLISHED_PX
        return MaskSizes(*(_odd(size * factor) for size in (self.warp_px, self.contour_px, self.blur_px)))


def trusted_region(warped: Picture, contour: Picture, sizes: MaskSizes | None = None) -> Picture:
    """Where a warped picture is trusted, float32 as given, 0..1.

    Args:
        warped: [H, W] or [H, W, K], where there are splats, 0..1.
        contour: the same shape, the head's outline in the target's view, 0..1.
        sizes: None is as published.
    """
    sizes = sizes or MaskSizes()
    product = _shrunk(warped, sizes.warp_px) * _shrunk(contour, sizes.contour_px)
    blurred = cv2.GaussianBlur(product.astype(np.float32), (sizes.blur_px, sizes.blur_px), 0)
    return np.asarray(blurred, dtype=np.float32).clip(0, 1)


def blended(warped: Picture, generated: Picture, trusted: Picture) -> Picture:
    """The warped picture [H, W, K] where it is trusted [H, W], the generated one elsewhere."""
    share = trusted[..., None] if trusted.ndim < warped.ndim else trusted
    return (warped * share + generated * (1 - share)).astype(np.float32)


def _shrunk(mask: Picture, size_px: int) -> Picture:
    """The least value in a window around each pixel; beyond the picture's rim is nothing that would lower it."""
    return np.asarray(cv2.erode(mask, np.ones((size_px, size_px), np.uint8)), dtype=np.float32)


def _odd(size: float) -> int:
    """The nearest odd number that still makes a window, 3 or more."""
    return max(3, 2 * round((size - 1) / 2) + 1)
