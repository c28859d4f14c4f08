"""Colours that the photo shows of hair and skin, asked for on the side that it does not show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from core.camera import Camera
from core.inverters.glimpse import Glimpse
from core.inverters.pose import RefinedCamera

if TYPE_CHECKING:
    from torch import Tensor

    from core.inverters.evidence import View
    from core.inverters.glimpse import Seen
    from core.protocols import Generator
    from core.trigrid import Trigrid

PARTS = ("hair", "skin")
SIDE_PX, SAMPLES = 24, 6
LOOK_EVERY = 8
YAWS_RADIANS = (math.pi, math.pi / 2, -math.pi / 2)
LEAST_SHARE = 0.02
"""Share of a picture that a part must fill to be compared."""
TOLERANCE = 0.04
"""Difference of mean colours, 0..1, that light from another side explains."""


class CarryOver:
    """Compares mean colours of the photo's parts with those of small views of the back and the sides, in turn."""

    def __init__(self, generator: Generator, view: View, camera: Camera) -> None:
        self._generator, self._view = generator, view
        self._sides = [RefinedCamera(Camera.orbit(camera.yaw_radians + yaw, 0.1)).frozen() for yaw in YAWS_RADIANS]
        self._glimpse: Glimpse | None = None
        self._asked = 0
        names = generator.info.parts
        self._columns = [names.index(part) for part in PARTS if part in names]

    def loss(self, trigrid: Trigrid, front: Seen) -> Tensor:
        """How far the back's colours are from the photo's; `front` is a render by the photo's camera."""
        logits = self._generator.label_logits(front.features.permute(1, 2, 0))
        if logits is None or not self._columns:
            return torch.zeros(())
        side = self._sides[self._asked // LOOK_EVERY % len(self._sides)]
        if self._glimpse is None or self._asked % LOOK_EVERY == 0:
            still = trigrid.with_planes(trigrid.planes.detach())
            self._glimpse = Glimpse(self._generator, still, side)
        self._asked += 1
        back = self._glimpse.see(self._generator, trigrid, side, (0, 0, SIDE_PX, SIDE_PX), SAMPLES)
        back_logits = self._generator.label_logits(back.features.permute(1, 2, 0))
        assert back_logits is not None
        in_front = logits.detach().softmax(dim=-1) * (front.alpha.detach() * self._view.mask[0, 0])[..., None]
        behind = back_logits.detach().softmax(dim=-1) * back.alpha.detach()[..., None]
        loss = torch.zeros(())
        for column in self._columns:
            here, there = in_front[..., column], behind[..., column]
            if min(float(here.mean()), float(there.mean())) < LEAST_SHARE:
                continue
            wanted = (self._view.rgb[0] * here).sum((1, 2)) / here.sum()
            # premultiplied colours on white would be paler at the rim
            found = (back.colours * there).sum((1, 2)) / (there * back.alpha.detach()).sum()
            loss = loss + torch.nn.functional.relu((found - wanted).abs() - TOLERANCE).mean()
        return loss
