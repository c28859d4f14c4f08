"""Who is in the picture: a 128-number embedding of a face, from dlib's face recognition ResNet.

Two photos of a person are usually less than 0.6 apart. The net sees *chips*: 150 px pictures in which the eyes and
the nose stand at fixed places. Everything is differentiable with respect to the picture.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.perception import weights
from core.perception.similarity import fit_similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHIP_PX = 150
EMBEDDING_SIZE = 128
# Where a chip has the mesh points EYE_CORNERS_AND_NOSE, 0..1 from its top left; dlib's mean shape with padding 0.25.
EYE_CORNERS_AND_NOSE = (33, 133, 362, 263, 2)
CHIP_POINTS = (
    np.array(
        [
            (0.1205751, 0.2137275),
            (0.3340851, 0.2290642),
            (0.6460605, 0.2289674),
            (0.8595675, 0.2134982),
            (0.4901123, 0.6277975),
        ]
    )
    + 0.25
) / 1.5
MEAN_RGB = (122.782, 117.001, 104.298)
# Width, and whether the resolution halves, of the fourteen residual blocks.
BLOCKS = (
    *[(32, False)] * 3,
    (64, True),
    *[(64, False)] * 3,
    (128, True),
    *[(128, False)] * 2,
    (256, True),
    *[(256, False)] * 2,
    (256, True),
)


class Residual(nn.Module):
    """Two convolutions beside a shortcut, which is averaged down and padded with zero channels where needed."""

    def __init__(self, inputs: int, width: int, *, halves: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, width, 3, 2 if halves else 1, 0 if halves else 1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.halves = halves

    def forward(self, x: Tensor) -> Tensor:
        """[B,inputs,h,w] to [B,width,h',w']."""
        y = self.second(F.relu(self.first(x)))
        if self.halves:
            x = F.avg_pool2d(x, 2)
        height, width = (max(x.shape[axis], y.shape[axis]) for axis in (2, 3))
        channels = max(x.shape[1], y.shape[1])
        x, y = (F.pad(z, (0, width - z.shape[3], 0, height - z.shape[2], 0, channels - z.shape[1])) for z in (x, y))
        return F.relu(x + y)


class IdentityNet(nn.Module):
    """dlib's ResNet with its affine layers folded into the convolutions. Frozen; gradients reach the chips."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, 2)
        inputs, blocks = 32, []
        for width, halves in BLOCKS:
            blocks.append(Residual(inputs, width, halves=halves))
            inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inputs, EMBEDDING_SIZE, bias=False)
        self.register_buffer("mean", torch.tensor(MEAN_RGB).view(1, 3, 1, 1), persistent=False)
        tensors, _ = weights.read("identity")
        self.load_state_dict(tensors)
        self.requires_grad_(requires_grad=False).eval()

    def forward(self, chips: Tensor) -> Tensor:
        """Embeddings [B,128] of chips [B,3,150,150], 0..1."""
        x = (chips * 255 - self.mean) / 256
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)
        embedding: Tensor = self.head(self.blocks(x).mean((2, 3)))
        return embedding


def cut_chips(pictures: Tensor, chip_from_picture: NDArray[np.float64], chip_px: int = CHIP_PX) -> Tensor:
    """Warps pictures into chips, differentiably; borders are repeated.

    Args:
        pictures: [B,3,H,W].
        chip_from_picture: [3,3] similarity from picture coordinates to chip coordinates, both 0..1 over the image
            (so that it holds for renders of every size).
        chip_px: Side of the chips.

    Returns:
        [B,3,chip_px,chip_px].
    """
    picture_from_chip = np.linalg.inv(chip_from_picture)
    # A warp that shrinks skips pixels; so shrink the picture by whole averages first.
    step = np.sqrt(abs(np.linalg.det(picture_from_chip[:2, :2]))) * pictures.shape[-1] / chip_px
    if step > 1.5:
        size = [max(1, round(side / step)) for side in pictures.shape[-2:]]
        pictures = F.interpolate(pictures, size, mode="bilinear", antialias=True, align_corners=False)
    # grid_sample counts -1..1 on both sides.
    unit = np.array([[0.5, 0, 0.5], [0, 0.5, 0.5], [0, 0, 1]])
    theta = (np.linalg.inv(unit) @ picture_from_chip @ unit)[:2]
    batched = torch.tensor(theta, dtype=pictures.dtype, device=pictures.device).expand(len(pictures), 2, 3)
    grid = F.affine_grid(batched, [len(pictures), 3, chip_px, chip_px], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def chip_from_mesh(mesh: NDArray[np.floating[Any]], width_px: int, height_px: int) -> NDArray[np.float64]:
    """The similarity that takes a picture to its chip, as `cut_chips` wants it.

    Args:
        mesh: [468,2] points in pixels of the picture.
        width_px: Width of the picture.
        height_px: Height of the picture.
    """
    points = np.asarray(mesh, dtype=np.float64)[list(EYE_CORNERS_AND_NOSE), :2]
    return fit_similarity(points, CHIP_POINTS) @ np.diag([width_px, height_px, 1.0])


@cache
def identity_net(device: torch.device | str = "cpu") -> IdentityNet:
    """The net for a device, loaded once per process."""
    return IdentityNet().to(device)
