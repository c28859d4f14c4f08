"""How much a finished head resembles its photo, in the two figures that the head panel and the summaries quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.frame import Quality

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from core.align import Alignment
    from core.head import Head
    from core.protocols import Renderer

COMPARED_PX = 256
LPIPS, WORN_LPIPS = "LPIPS over the person", "LPIPS, wearing the photo"
IDENTITY, WORN_IDENTITY = "Identity distance (dlib)", "Identity (dlib), wearing it"
"""A head that wears its photo resembles it in front whatever its model has found, so the figures say which they are."""


def likeness(head: Head, alignment: Alignment, renderer: Renderer) -> dict[str, float]:
    """Compare the head's exact render by the photo's camera with the photo's crop.

    Returns:
        LPIPS (VGG16, version 0.1) averaged over the person's mask, and the distance of dlib's identity embeddings:
        0 is the same picture, and below 0.6 dlib calls it the same person. Their names say whether the photo was on.
    """
    import torch

    from core.metrics import identity_distance, lpips

    frame = renderer.render(head.camera, Quality.EXACT, size_px=COMPARED_PX)
    with torch.no_grad():
        mask = _sized(torch.from_numpy(alignment.mask)[None, None])
        photo = _sized(_picture(alignment.crop)) * mask + (1 - mask)
        render = _picture(frame.rgb)
        alike, identity = (WORN_LPIPS, WORN_IDENTITY) if head.photos else (LPIPS, IDENTITY)
        return {
            alike: float(lpips(render, photo, mask)),
            identity: float(identity_distance(render, photo, alignment.chip_from_crop)),
        }


def _picture(pixels: NDArray[np.uint8]) -> Tensor:
    """Uint8 [H, W, 3] as float32 [1, 3, H, W], 0..1."""
    import torch

    return torch.from_numpy(pixels.copy()).movedim(-1, 0)[None].float() / 255


def _sized(picture: Tensor) -> Tensor:
    """[1, C, H, W] at the size of the comparison, antialiased."""
    import torch.nn.functional as F

    size = (COMPARED_PX, COMPARED_PX)
    return F.interpolate(picture, size=size, mode="bilinear", antialias=True, align_corners=False)
