"""Which part of a head each pixel shows: a small U-Net on EfficientNet-Lite0, trained on our labelled renders.

Made by `core.training.parser`; what it can and cannot do is told in `resources/docs/parser.md`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.likeliest import likeliest
from core.mask import PARTS
from core.perception import weights
from core.perception.efficientnet import SCALE, SHIFT, STAGE_CHANNELS, EfficientNetLite0

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.segmenters import Segmenter

NAME = "parser"
SIZE_PX = 256
"""Side of the pictures that the net was trained on."""
STEP_PX = 32
"""Sides must be a multiple of this."""
WIDTHS = (32, 48, 64, 128)
"""Channels of the decoder at strides 2, 4, 8 and 16."""
FINE_CHANNELS = 16


class Merge(nn.Module):
    """One step up: what is coarse, enlarged, joins what the trunk saw at the finer resolution."""

    def __init__(self, coarse: int, skip: int, width: int, *, dense: bool) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(coarse, width, 1)
        self.lateral = nn.Conv2d(skip, width, 1)
        self.filter = nn.Conv2d(width, width, 3, padding=1, groups=1 if dense else width)
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """[B,coarse,h,w] and [B,skip,2h,2w] to [B,width,2h,2w]."""
        larger = F.interpolate(self.narrow(coarse), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = F.relu(larger + self.lateral(skip))
        return F.relu(x + self.mix(F.relu(self.filter(x))))


class PartNet(nn.Module):
    """Trunk and decoder; the decoder works at half resolution, its last layer deals channels out to 2 x 2 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = EfficientNetLite0()
        del self.trunk.head  # pooled features are not needed
        self.top = nn.Conv2d(STAGE_CHANNELS[-1], WIDTHS[-1], 1)
        coarse, merges = WIDTHS[-1], []
        for width, skip, dense in zip(WIDTHS[::-1], STAGE_CHANNELS[-2::-1], (False, False, True, False), strict=True):
            merges.append(Merge(coarse, skip, width, dense=dense))
            coarse = width
        self.merges = nn.ModuleList(merges)
        self.fine = nn.Conv2d(3 * 4, FINE_CHANNELS, 3, padding=1)
        self.join = nn.Conv2d(coarse + FINE_CHANNELS, WIDTHS[0], 3, padding=1)
        self.last = nn.Conv2d(WIDTHS[0], len(PARTS) * 4, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits [B,12,H,W] of pictures [B,3,H,W] RGB 0..1; H and W are multiples of 32."""
        if any(side % STEP_PX for side in pictures.shape[-2:]):
            raise ValueError(f"Pictures must have sides that are multiples of {STEP_PX}, got {tuple(pictures.shape)}")
        *skips, deepest = self.trunk.stages(pictures)
        x = F.relu(self.top(deepest))
        for merge, skip in zip(self.merges, reversed(skips), strict=True):
            x = merge(x, skip)
        fine = F.relu(self.fine(F.pixel_unshuffle((pictures - SHIFT) / SCALE, 2)))
        x = F.relu(self.join(torch.cat([x, fine], 1)))
        return F.pixel_shuffle(self.last(x), 2)


@cache
def part_net(device: torch.device | str = "cpu") -> PartNet:
    """The frozen net for a device, loaded once per process.

    Raises:
        CheckpointError: the bundled weights are missing.
    """
    tensors, _ = weights.read(NAME)
    net = PartNet()
    net.load_state_dict(tensors)
    return net.requires_grad_(requires_grad=False).eval().to(device)


def parse_logits(pictures: Tensor) -> Tensor:
    """Logits of the parts; gradients reach the pictures.

    Args:
        pictures: [B,3,256,256] RGB 0..1 of heads as `core.align` frames them, photos or renders.

    Returns:
        [B,12,256,256], the parts in the order of `core.mask.PARTS`.
    """
    logits: Tensor = part_net(pictures.device)(pictures)
    return logits


def parse(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part that each pixel shows.

    The picture and its mirror image are both read and their answers averaged, so mirrored pictures give mirrored parts.

    Args:
        rgb: uint8 [H,W,3], a head as `core.align` frames it, photo or render.

    Returns:
        uint8 [H,W], indices into `core.mask.PARTS`.
    """
    return parser_of(part_net())(rgb)


def parser_of(net: PartNet) -> Segmenter:
    """`parse` with another net."""

    def parse_with(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = rgb.shape[:2]
        shrinks = min(height, width) > SIZE_PX
        small = cv2.resize(rgb, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        picture = torch.from_numpy(small.astype(np.float32) / 255).permute(2, 0, 1)
        both = torch.stack([picture, picture.flip(2)]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            seen, mirrored = net(both)
            return likeliest(((seen + mirrored.flip(2)) / 2).numpy(), height, width)

    return parse_with
