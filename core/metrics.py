"""Measures that reports quote. Pictures are [B,3,H,W], 0..1, RGB; every function answers one number a picture, [B].

LPIPS is `core.losses.lpips` (VGG16, version 0.1). Identity is measured by dlib's ResNet and named so.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from core.losses import identity_distance, lpips

__all__ = ["identity_distance", "lpips", "ms_ssim", "psnr", "ssim"]

WINDOW_PX, WINDOW_SIGMA = 11, 1.5
# Wang, Simoncelli and Bovik 2003: weights of the five scales, and the constants that steady the quotients.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
STEADY_LUMINANCE, STEADY_CONTRAST = 0.01**2, 0.03**2
MOST_DECIBEL = 100.0


def psnr(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in decibel, at most 100; with a mask [B,1,H,W] over its pixels."""
    squared = (a - b).square().mean(1, keepdim=True)
    weight = torch.ones_like(squared) if mask is None else mask.expand_as(squared)
    error = (squared * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-6)
    return (-10 * torch.log10(error.clamp(min=1e-10))).clamp(max=MOST_DECIBEL)


def ssim(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """Structural similarity with a Gaussian window, mean over channels and whole windows.

    With a mask [B,1,H,W] it is the mean over windows whose middles lie in it.
    """
    full, _ = _similarity(a, b)
    if mask is None:
        return full.mean((1, 2, 3))
    rim = WINDOW_PX // 2
    weight = mask[..., rim:-rim, rim:-rim].expand_as(full)
    return (full * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-6)


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """Multi-scale structural similarity.

    Pictures below 176 px have fewer scales than five; the weights of those that remain are scaled to the sum of one.
    """
    smaller = min(a.shape[-2:])
    if smaller < WINDOW_PX:
        raise ValueError(f"pictures need at least {WINDOW_PX} px, got {tuple(a.shape)}")
    count = sum(smaller >> scale >= WINDOW_PX for scale in range(len(SCALE_WEIGHTS)))
    weights = torch.tensor(SCALE_WEIGHTS[:count], dtype=a.dtype, device=a.device)
    terms = []
    for scale in range(count):
        full, contrast = (similarity.mean((1, 2, 3)) for similarity in _similarity(a, b))
        terms.append((full if scale == count - 1 else contrast).clamp(min=0))
        if scale < count - 1:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return (torch.stack(terms, 1) ** (weights / weights.sum())).prod(1)


def _similarity(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM, and its contrast-and-structure part, at every window [B,3,h,w] each."""
    offset = torch.arange(WINDOW_PX, dtype=a.dtype, device=a.device) - WINDOW_PX // 2
    line = torch.exp(-offset.square() / (2 * WINDOW_SIGMA**2))
    line = line / line.sum()
    channels = a.shape[1]

    def blurred(x: Tensor) -> Tensor:
        rows = F.conv2d(x, line.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
        return F.conv2d(rows, line.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)

    mean_a, mean_b = blurred(a), blurred(b)
    variance_a, variance_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    contrast = (2 * covariance + STEADY_CONTRAST) / (variance_a + variance_b + STEADY_CONTRAST)
    luminance = (2 * mean_a * mean_b + STEADY_LUMINANCE) / (mean_a**2 + mean_b**2 + STEADY_LUMINANCE)
    return luminance * contrast, contrast
