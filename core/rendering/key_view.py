"""Finished frames as previews use them: by the place that each pixel shows."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.camera import Camera
from core.frame import Frame, Quality
from core.photo_layer import PhotoLayer

AGREE = 0.015
"""Difference in depth, world units, beyond which a finished frame saw something else."""
MOST_PX = 512
"""Side of the largest picture that is kept."""
COVERED = 128
"""Cover of a photo, of 255, from which a pixel shows the head as it looks."""


@dataclass(frozen=True, eq=False)
class KeyView:
    """A finished frame, ready to lend its colours.

    Attributes:
        camera: where it was seen from.
        quality: the work that went into it.
        rgb: uint8 [3, H, W].
        depth: float32 [h, w] along the camera's z; 0 where there is nothing, or the edge of something.
    """

    camera: Camera
    quality: Quality
    rgb: Tensor
    depth: Tensor

    @staticmethod
    def from_frame(frame: Frame) -> "KeyView":
        """The frame as tensors, no larger than previews need it."""
        rgb = frame.rgb
        if len(rgb) > MOST_PX:
            rgb = cv2.resize(rgb, (MOST_PX, MOST_PX), interpolation=cv2.INTER_AREA)
        return KeyView(frame.camera, frame.quality, torch.from_numpy(rgb).movedim(-1, 0), _inner(frame.depth))

    @staticmethod
    def from_photo(photo: PhotoLayer) -> "KeyView":
        """A photo as if it were a frame, where it is laid on."""
        cover = cv2.resize(photo.cover_from_here, photo.depth.shape[::-1], interpolation=cv2.INTER_AREA)
        depth = np.where(cover >= COVERED, photo.depth, np.float32(0))
        return KeyView(photo.camera, Quality.PREVIEW, torch.from_numpy(photo.picture).movedim(-1, 0), _inner(depth))

    def angle_to(self, camera: Camera) -> float:
        """Angle between the two viewing directions."""
        return math.acos(max(-1.0, min(1.0, float(self.camera.forward @ camera.forward))))

    def colours_at(self, points: Tensor, own: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """RGB [R, 3] of world points [R, 3], and how far to trust it, [R]: 0 where the frame did not see the point.

        What the head's grid has there, `own` [R, 3], does not matter: the frame is of this very head.
        """
        del own
        pose = torch.from_numpy(self.camera.camera_from_world).float()
        seen = points @ pose[:3, :3].T + pose[:3, 3]
        at = (seen[:, :2] * (2 * self.camera.focal) / seen[:, 2:].clamp(min=1e-3))[None, None]
        picture = self.rgb[None].float() / 255
        rgb = F.grid_sample(picture, at, mode="bilinear", padding_mode="border", align_corners=False)
        # the nearest depth, not a mean of two surfaces
        depth = F.grid_sample(self.depth[None, None], at, mode="nearest", padding_mode="zeros", align_corners=False)
        off = (seen[:, 2] - depth[0, 0, 0]).abs()
        return rgb[0, :, 0].T, (2 - 2 * off / AGREE).clamp(0, 1)


def _inner(depth: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Tensor:
    """A depth [h, w] without its edges, where the colours of what lies before and behind mix."""
    seen = torch.from_numpy(depth)[None, None]
    farthest, nearest = F.max_pool2d(seen, 3, 1, padding=1), -F.max_pool2d(-seen, 3, 1, padding=1)
    return torch.where(farthest - nearest < AGREE * 2, seen, torch.zeros(()))[0, 0]
