"""Pictures at another size."""

import torch
import torch.nn.functional as F


def sized(picture: torch.Tensor, side_px: int) -> torch.Tensor:
    """A picture [B, C, H, W] as [B, C, side_px, side_px], antialiased; the very same one where it has that size."""
    if picture.shape[-2:] == (side_px, side_px):
        return picture
    return F.interpolate(picture, (side_px, side_px), mode="bilinear", antialias=True, align_corners=False)
