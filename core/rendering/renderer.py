"""Draws one head at three qualities through one door."""

from collections import deque
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from core.camera import Camera
from core.frame import Frame, Quality
from core.head import Head
from core.mask import PARTS
from core.protocols import Generator
from core.rendering.marching import Composite, march, never_stale
from core.rendering.matte import fine_alpha
from core.rendering.near import march_near
from core.rendering.occupancy import FieldGrid, field_grid
from core.rendering.preview import KeyView, preview
from core.rendering.rays import camera_rays

SEEN = 0.5
"""Alpha from which a pixel belongs to the head: it then has a depth and a label."""
COARSE, FINE = 48, 48
KEYS_KEPT = 24
"""Finished frames kept for previews to take colours from; the oldest goes first."""


class HeadRenderer:
    """Implements `core.protocols.Renderer`.

    Prepares what a quality needs on its first use and keeps it: make one for each head. Nothing is drawn from random
    numbers: the same head and camera give the same near and exact frames. A preview is as good as the frames finished
    before it.
    """

    def __init__(self, generator: Generator, head: Head) -> None:
        self.generator = generator.tuned(head.delta) if head.delta else generator
        self.head = head
        self._grid: FieldGrid | None = None
        self._keys: deque[KeyView] = deque(maxlen=KEYS_KEPT)

    def render(
        self,
        camera: Camera,
        quality: Quality,
        *,
        size_px: int | None = None,
        stale: Callable[[], None] = never_stale,
    ) -> Frame:
        """See `core.protocols.Renderer.render`."""
        generator, trigrid, neural_px = self.generator, self.head.trigrid, self.generator.info.neural_px
        with torch.no_grad():
            stale()
            if quality is Quality.PREVIEW:
                grid = self.grid(stale).on_processor
                return preview(grid, list(self._keys), camera, size_px or generator.info.picture_px)
            if quality is Quality.NEAR:
                composite = march_near(generator, trigrid, camera, neural_px, self.grid(stale), stale=stale)
            else:
                composite = march(generator, trigrid, camera, neural_px, COARSE, FINE, stale=stale)
            stale()
            frame = self._finished(composite, camera, quality, size_px)
            self._remember(frame)
            return frame

    def grid(self, stale: Callable[[], None] = never_stale) -> FieldGrid:
        """The head on a grid, made when it is first asked for."""
        if self._grid is None:
            with torch.no_grad():
                self._grid = field_grid(self.generator, self.head.trigrid, part_labels, stale=stale)
        return self._grid

    def _remember(self, frame: Frame) -> None:
        """Keep a frame for previews, unless a better one from the same place is kept already."""
        same = [key for key in self._keys if key.camera == frame.camera]
        if any(key.quality > frame.quality for key in same):
            return
        for key in same:
            self._keys.remove(key)
        self._keys.append(KeyView.from_frame(frame))

    def _finished(self, composite: Composite, camera: Camera, quality: Quality, size_px: int | None) -> Frame:
        generator = self.generator
        picture = generator.picture(composite.features, composite.alpha, self.head.latents[None])
        rgb = as_rgb(resized(picture, size_px or picture.shape[-1])[0])
        opacity = composite.alpha.cpu()
        alpha = fine_alpha(rgb, resized(opacity, rgb.shape[0])[0, 0].clamp(0, 1).numpy())
        seen = opacity[0, 0] >= SEEN
        along_z = camera_rays(camera, seen.shape[0])[2].view_as(seen)
        depth = torch.where(seen, composite.depth[0, 0].cpu() * along_z, torch.zeros(()))
        labels = part_labels(generator, composite.features[0].movedim(0, -1))
        if labels is not None:
            labels = torch.where(seen, labels.cpu(), torch.zeros((), dtype=torch.uint8))
        return Frame(
            rgb=rgb,
            alpha=alpha,
            depth=depth.numpy(),
            labels=None if labels is None else labels.numpy(),
            camera=camera,
            quality=quality,
        )


def part_labels(generator: Generator, features: torch.Tensor) -> torch.Tensor | None:
    """Indices into `core.mask.PARTS`, uint8 [...], of decoded features [..., F]; None when none are decoded."""
    logits = generator.label_logits(features)
    if logits is None or not generator.info.parts:
        return None
    index = torch.tensor([PARTS.index(part) for part in generator.info.parts], dtype=torch.uint8, device=logits.device)
    return index[logits.argmax(-1)]


def resized(picture: torch.Tensor, size_px: int) -> torch.Tensor:
    """Picture [B, C, H, W] at another size, antialiased."""
    if picture.shape[-1] == size_px:
        return picture
    return F.interpolate(picture, size=(size_px, size_px), mode="bilinear", align_corners=False, antialias=True)


def as_rgb(picture: torch.Tensor) -> NDArray[np.uint8]:
    """Picture [3, H, W], 0..1, as uint8 [H, W, 3]."""
    rgb = (picture.clamp(0, 1) * 255).round().to(torch.uint8).movedim(0, -1).contiguous()
    return rgb.cpu().numpy()
