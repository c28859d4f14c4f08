"""Stylise and lift: views of a head are redrawn by a prior alone and laid on it as paint, with no distillation.

Minutes instead of hours, but each view is drawn for itself: they agree where the prior keeps to its guide, and are
faded into each other where they do not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.edit import Paint
from core.frame import Quality
from core.progress import Progress
from core.rendering.relief import relief
from core.resizing import sized
from core.stylizers.restyled_picture import STRENGTH, restyled
from core.stylizers.view_grid import FARTHEST, nearness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from core.frame import Frame
    from core.progress import Report
    from core.protocols import Renderer
    from core.stylizers.prior import DiffusionPrior

YAWS_DEGREES = (180.0, 110.0, -110.0, 55.0, -55.0, 0.0)
"""From the back to the front: what is laid on last covers what was before."""
FACING = 2
"""Channel of the relief that tells how squarely a surface is seen."""
LEAST_FACING, MOST_FACING = 0.25, 0.6
RIM = 1 / 60
"""Width of the outline that is left out, in picture sides."""


def lifted(
    renderer: Renderer,
    prior: DiffusionPrior,
    prompt: str,
    new_key: Callable[[], str],
    report: Report,
    *,
    strength: float = STRENGTH,
    yaws_degrees: Sequence[float] = YAWS_DEGREES,
    seed: int = 0,
) -> tuple[Paint, ...]:
    """Paint that makes a head what a prompt says, seen from all sides.

    Args:
        renderer: of the head.
        prior: who draws.
        prompt: what it becomes.
        new_key: a key for each layer of paint.
        report: told after each view; may raise `Cancelled`.
        strength: 0..1, how much is left to the prior; 0 lays the head's own pictures on it.
        yaws_degrees: of the views.
        seed: of the noise, the same for all views.

    Raises:
        VoltefaceError: the prompt says nothing to the prior, or what it drew is no picture.
    """
    layers = []
    for number, yaw in enumerate(yaws_degrees):
        report(Progress(number, len(yaws_degrees), "Drawing views"))
        frame = renderer.render(Camera.orbit(math.radians(yaw)), Quality.NEAR)
        picture = _redrawn(frame, prior, prompt, strength, seed)
        cover = np.asarray(np.clip(_cover(frame) * 255 + 0.5, 0, 255), np.uint8)
        layers.append(Paint(key=new_key(), picture=np.dstack([picture, cover]), camera=frame.camera, depth=frame.depth))
    report(Progress(len(yaws_degrees), len(yaws_degrees), "Drawing views"))
    return tuple(layers)


def _redrawn(frame: Frame, prior: DiffusionPrior, prompt: str, strength: float, seed: int) -> NDArray[np.uint8]:
    """A view as the prior draws it, at the view's own size."""
    side = prior.info.picture_px
    picture = torch.from_numpy(frame.rgb.astype(np.float32) / 255).movedim(-1, 0)[None].to(prior.device)
    depth = torch.from_numpy(np.where(frame.depth > 0, frame.depth, FARTHEST))[None, None].float().to(prior.device)
    drawn = restyled(prior, sized(picture, side), prompt, nearness(sized(depth, side)), strength, seed=seed)
    large = F.interpolate(drawn, frame.rgb.shape[:2], mode="bicubic", align_corners=False).clamp(0, 1)
    rgb: NDArray[np.uint8] = (large[0] * 255).round().to(torch.uint8).movedim(0, -1).cpu().numpy()
    return rgb


def _cover(frame: Frame) -> NDArray[np.float32]:
    """How thickly a view is laid on, float32 [S, S]: where the surface faces it, away from the outline."""
    size = len(frame.rgb)
    small = len(frame.depth)
    solid = np.asarray(frame.depth > 0, np.float32)
    directions = frame.camera.rays(small, small)[1]
    along = np.asarray(frame.depth / (directions @ frame.camera.forward).reshape(small, small), np.float32)
    facing = relief(along, solid, frame.camera)[..., FACING]
    squarely = np.clip((facing - LEAST_FACING) / (MOST_FACING - LEAST_FACING), 0, 1)
    rim = max(3, round(size * RIM)) | 1
    inner = cv2.erode(np.asarray(frame.alpha, np.float32), np.ones((rim, rim), np.uint8))
    return np.asarray(cv2.resize(squarely, (size, size)) * cv2.GaussianBlur(inner, (0, 0), rim / 3), np.float32)
