"""Which cells of a trigrid hold a part: a gradient becomes a mask, and a mask grows, shrinks and softens.

Steps, sizes and thresholds are those of the published reference-based editing (triplane_edit). Its small blurs draw
their sigma at random for every channel; here the sigma is the middle of that range unless the drawn ones are handed in,
so the same part gives the same mask. Pictures that are filtered are the slices of planes: [..., H, W].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor

PUBLISHED_PX, PUBLISHED_BOX_SIDE = 256, 1.0
"""Side of the planes, in cells and in world units, that the published sizes are meant for."""
SMOOTHING_PX = 3
SMOOTHING_SIGMAS = (0.1, 2.0)
"""Between these the published code draws the sigma of each small blur."""
ONE_PASS_UP_TO_PX = 5
"""Kernels up to this side blur in one pass, as published: a threshold follows them, and rounding would move it."""


@dataclass(frozen=True)
class GradientMasking:
    """How a gradient becomes a mask.

    Attributes:
        drop_mean: cells near the channel's mean are where the part is not. Without it the published code inverts the
            values, and so finds what the part is not: kept, because ablations are compared with it.
        mean_range: what counts as near, in multiples of the mean; both ends excluded.
        blurs: small blurs of each channel; 0 for parts with thin rims, such as glasses.
        binarise: cells above the mean belong to the part; False keeps a value for each channel.
        alone: each plane has a mask of its own. The published code takes the first plane's for all three, and so an
            (x, y) outline for planes that are no (x, y).
    """

    drop_mean: bool = True
    mean_range: tuple[float, float] = (0.9, 1.1)
    blurs: int = 3
    binarise: bool = True
    alone: bool = False


@dataclass(frozen=True)
class MaskEdges:
    """How a mask grows and shrinks, in cells of a published plane.

    Attributes:
        reach_px: side of the window that grows or shrinks the mask, odd.
        blur_px: side of the blur that follows, odd.
        blur_sigma: its sigma.
    """

    reach_px: int
    blur_px: int
    blur_sigma: float

    def scaled(self, factor: float) -> MaskEdges:
        """For planes with `factor` times as many cells in a world unit; sides stay odd."""
        return MaskEdges(_odd(self.reach_px * factor), _odd(self.blur_px * factor), self.blur_sigma * factor)


EDGES: dict[str, MaskEdges] = {
    "hair": MaskEdges(11, 21, 11.0),
    "glasses": MaskEdges(3, 31, 9.0),
    "eyes": MaskEdges(11, 9, 2.0),
    "mouth": MaskEdges(11, 21, 2.0),
    "nose": MaskEdges(11, 21, 9.0),
}
"""The published sizes of the parts."""
DEFAULT_EDGES = EDGES["nose"]
"""For parts that the publication does not edit."""


def mask_from_gradient(
    gradient: Tensor, masking: GradientMasking | None = None, sigmas: Iterable[float] | None = None
) -> Tensor:
    """The cells that a gradient points at.

    Args:
        gradient: [3, C, D, H, W] of a part's pixels with respect to the planes.
        masking: how; None is as published.
        sigmas: of the small blurs, in the order in which the published code draws them: for every plane, channel and
            slice as many as there are blurs, then one for the mask of the whole; None takes the middle.

    Returns:
        [3, C, D, H, W]; [3, 1, D, H, W] when binarised. 0..1, float32.
    """
    masking = masking or GradientMasking()
    drawn: Iterator[float] | None = None if sigmas is None else iter(sigmas)
    values = gradient.float() - gradient.float().amin((-2, -1), keepdim=True)
    # a channel that nothing moves stays 0
    most = values.amax((-2, -1), keepdim=True)
    values = values / most.clamp(min=torch.finfo(values.dtype).tiny)
    if masking.drop_mean:
        mean = values.mean((-2, -1), keepdim=True)
        low, high = masking.mean_range
        values = ((values > low * mean) & (values < high * mean)).to(values.dtype)
    # a channel that nothing moves belongs to no part
    values = _smoothed((1 - values) * (most > 0), masking.blurs, drawn)
    if not masking.binarise:
        return values
    planes = values.mean(1, keepdim=True)
    planes = planes if masking.alone else planes[:1]
    mask = (planes > planes.mean((-2, -1), keepdim=True)).to(values.dtype)
    if masking.blurs:
        mask = _smoothed(mask, 1, drawn)
    return mask.expand(3, -1, -1, -1, -1)


def sized(mask: Tensor, side: int) -> Tensor:
    """A mask [..., h, w] on planes of another side in cells."""
    if mask.shape[-1] == side:
        return mask
    flat = mask.reshape(-1, 1, *mask.shape[-2:])
    return F.interpolate(flat, (side, side), mode="bilinear", align_corners=False).view(*mask.shape[:-2], side, side)


def grown_and_shrunk(mask: Tensor, edges: MaskEdges) -> tuple[Tensor, Tensor]:
    """A mask [..., H, W] grown, and the same shrunk; both blurred."""
    soften = partial(blurred, size_px=edges.blur_px, sigma=edges.blur_sigma)
    return soften(_widest(mask, edges.reach_px)), soften(1 - _widest(1 - mask, edges.reach_px))


def edges_of(part: str, plane_px: int = PUBLISHED_PX, box_side: float = PUBLISHED_BOX_SIDE) -> MaskEdges:
    """The edges of a part on planes of some side, in cells and in world units."""
    edges = EDGES.get(part, DEFAULT_EDGES)
    factor = plane_px / PUBLISHED_PX * PUBLISHED_BOX_SIDE / box_side
    return edges if factor == 1 else edges.scaled(factor)


def blurred(picture: Tensor, size_px: int, sigma: float) -> Tensor:
    """Gaussian blur of a picture [..., H, W]; its rim is mirrored.

    Args:
        picture: float32.
        size_px: side of the kernel, odd, less than twice the picture's.
        sigma: in pixels.
    """
    if size_px == 1:
        return picture
    half = (size_px - 1) / 2
    at = torch.linspace(-half, half, size_px, dtype=picture.dtype, device=picture.device)
    bell = torch.exp(-0.5 * (at / sigma).square())
    bell = bell / bell.sum()
    kernels = [torch.outer(bell, bell)] if size_px <= ONE_PASS_UP_TO_PX else [bell[:, None], bell[None]]
    padded = F.pad(picture.reshape(-1, 1, *picture.shape[-2:]), [size_px // 2] * 4, mode="reflect")
    for kernel in kernels:
        padded = F.conv2d(padded, kernel[None, None])
    return padded.view(picture.shape)


def _smoothed(values: Tensor, times: int, sigmas: Iterator[float] | None) -> Tensor:
    """Small blurs of every slice [..., H, W]; all of a slice's before the next one's."""
    if sigmas is None:
        for _ in range(times):
            values = blurred(values, SMOOTHING_PX, sum(SMOOTHING_SIGMAS) / 2)
        return values
    slices = values.reshape(-1, *values.shape[-2:]).unbind()
    done = []
    for smooth in slices:
        for _ in range(times):
            smooth = blurred(smooth, SMOOTHING_PX, next(sigmas))
        done.append(smooth)
    return torch.stack(done).view(values.shape)


def _widest(mask: Tensor, size_px: int) -> Tensor:
    """The greatest value in a window of odd side around every cell; beyond the rim is nothing."""
    flat = mask.reshape(-1, 1, *mask.shape[-2:])
    half = size_px // 2
    across = F.max_pool2d(flat, (1, size_px), 1, (0, half))
    return F.max_pool2d(across, (size_px, 1), 1, (half, 0)).view(mask.shape)


def _odd(size: float) -> int:
    """The odd number, at least 1, nearest to a size."""
    return max(1, 2 * round((size - 1) / 2) + 1)
