"""Further photos of the person while a head is being found: their cameras, and what they say at every resolution.

A search begins with the first photo alone. Once there is a head, each further photo's camera is matched to it: where
nobody knows the side that it was taken from, the best of a ring of cameras begins, and then size, place and turn follow
the outline and the colours downhill. From there on the photos count like the first one, and their cameras move on.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.descent import Adam
from core.inverters.evidence import BODY_WEIGHT, GROUPS, View
from core.inverters.further_views import FurtherView
from core.inverters.glimpse import Glimpse
from core.inverters.photo_layer import photo_layer
from core.inverters.photo_look import surface_depth
from core.inverters.pose import RefinedCamera
from core.losses import masked_l1
from core.resizing import sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.field import Field
    from core.further_photo import FurtherPhoto
    from core.head import Head
    from core.photo_layer import PhotoLayer
    from core.protocols import Generator

MATCHED_PX, SAMPLES = 40, 8
"""Side of the pictures in which cameras are matched, and samples a ray."""
RING_DEGREES = (180, 90, -90, 135, -135, 110, -110, 60, -60, 35, -35, 0)
"""Yaws that are tried where nobody knows the side."""
STEPS, RATE, LOOK_EVERY = 30, 0.25, 10
CHIN = (0.0, -0.19, 0.17)
"""Of a mean head, world units: below it are clothes, which count less."""
PENALTY = 0.01


class FurtherPhotos:
    """The photos of one search.

    Attributes:
        cameras: one for each, as they stand; `settle` puts better ones in their place.
    """

    def __init__(self, photos: Sequence[FurtherPhoto]) -> None:
        self._photos = tuple(photos)
        self.cameras = [RefinedCamera(photo.alignment.camera) for photo in self._photos]
        self._known = [photo.camera_is_known for photo in self._photos]
        self._settled = False

    def __len__(self) -> int:
        return len(self._photos)

    @cached_property
    def _whole(self) -> list[tuple[Tensor, Tensor, Tensor]]:
        """On white, mask and weight of each, [1, channels, 512, 512]."""
        found = []
        for photo in self._photos:
            alignment = photo.alignment
            rgb = torch.from_numpy(alignment.crop.astype(np.float32) / 255).permute(2, 0, 1)[None]
            person = torch.from_numpy(np.asarray(alignment.mask, np.float32).clip(0, 1))[None, None]
            uv, _ = alignment.camera.project(np.array([CHIN]))
            side = len(alignment.crop)
            rows = (torch.arange(side) / side - float(uv[0, 1]))[:, None]
            body = 1 - (1 - BODY_WEIGHT) * (rows / 0.06).clamp(0, 1)
            weight = body * torch.from_numpy(alignment.inside_photo)
            found.append((rgb * person + 1 - person, person, weight[None, None].float()))
        return found

    def at(self, number: int, px: int) -> tuple[Tensor, Tensor, Tensor]:
        """One photo at a resolution: on white, mask and weight, [1, channels, px, px]."""
        rgb, mask, weight = (sized(t, px) for t in self._whole[number])
        return rgb, mask, weight

    def views(self, px: int, *, frozen: bool = False) -> list[FurtherView]:
        """All of them as pictures to compare renders with; with their cameras, or with those as they stand."""
        views = []
        for number, camera in enumerate(self.cameras):
            rgb, mask, weight = self.at(number, px)
            views.append(FurtherView(camera.frozen() if frozen else camera, rgb, mask, weight, weight))
        return views

    def evidence(self, px: int) -> list[tuple[View, RefinedCamera]]:
        """All of them as a surface's colours are read from them. What part a point is, the head itself knows."""
        found = []
        for number, camera in enumerate(self.cameras):
            rgb, mask, weight = self.at(number, px)
            groups = mask.expand(1, len(GROUPS), px, px)
            found.append((View(rgb, mask, weight, mask[:, :0], groups), camera.frozen()))
        return found

    def settle(self, generator: Generator, field: Field) -> None:
        """Match the cameras to a head that the first photo has given."""
        for number, known in enumerate(self._known):
            if not known:
                self.cameras[number] = self._from_ring(number, generator, field)
            self.cameras[number] = self._matched(number, generator, field)
        self._known = [True] * len(self._known)
        self._settled = True

    @property
    def are_settled(self) -> bool:
        """Whether there are any, and their cameras were matched to a head."""
        return self._settled and len(self) > 0

    def difference(self, generator: Generator, field: Field) -> float:
        """How far a head is from the photos, on average; `generator` is the head's, tuned."""
        with torch.no_grad():
            found = [
                float(self._difference(number, generator, field, camera, Glimpse(generator, field, camera)))
                for number, camera in enumerate(self.cameras)
            ]
        return sum(found) / max(1, len(found))

    def layers(self, generator: Generator, head: Head) -> tuple[PhotoLayer, ...]:
        """The photos as they lie on a head; `generator` is the head's, tuned."""
        found = []
        for photo, refined in zip(self._photos, self.cameras, strict=True):
            camera = refined.camera()
            depth = surface_depth(generator, replace(head, camera=camera))
            found.append(photo_layer(photo.alignment, camera, depth))
        return tuple(found)

    def _from_ring(self, number: int, generator: Generator, field: Field) -> RefinedCamera:
        """The camera on a ring around the head from which it looks most like the photo."""
        ring = [RefinedCamera(Camera.orbit(math.radians(yaw), 0.0)).frozen() for yaw in RING_DEGREES]
        with torch.no_grad():
            found = [
                float(self._difference(number, generator, field, camera, Glimpse(generator, field, camera)))
                for camera in ring
            ]
        return RefinedCamera(ring[int(np.argmin(found))].base)

    def _matched(self, number: int, generator: Generator, field: Field) -> RefinedCamera:
        """The camera moved until a head agrees with the photo."""
        refined = RefinedCamera(self.cameras[number].camera())
        adam = Adam([refined.corrections], betas=(0.8, 0.98))
        best, least = refined.corrections.detach().clone(), math.inf
        glimpse = Glimpse(generator, field, refined)
        for step in range(STEPS):
            if step and step % LOOK_EVERY == 0:
                glimpse = Glimpse(generator, field, refined)
            loss = self._difference(number, generator, field, refined, glimpse) + PENALTY * refined.penalty()
            if float(loss.detach()) < least:
                best, least = refined.corrections.detach().clone(), float(loss.detach())
            adam.step(loss, [RATE * max(0.1, 1 - step / STEPS)])
        refined.corrections = best
        return RefinedCamera(refined.camera())

    def _difference(
        self, number: int, generator: Generator, field: Field, camera: RefinedCamera, glimpse: Glimpse
    ) -> Tensor:
        rgb, mask, weight = self.at(number, MATCHED_PX)
        seen = glimpse.see(generator, field, camera, (0, 0, MATCHED_PX, MATCHED_PX), SAMPLES)
        outline = ((seen.alpha - mask).square() * weight).sum() / weight.sum().clamp(min=1)
        return 4 * outline + masked_l1(seen.on_white(), rgb, weight * mask).mean()
