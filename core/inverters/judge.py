"""How far a head is from its photo, and its picture through the photo's camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.inverters.glimpse import Glimpse, enlarged
from core.inverters.pose import RefinedCamera
from core.losses import PerceptualTarget, masked_l1

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.camera import Camera
    from core.field import Field
    from core.inverters.evidence import Evidence
    from core.protocols import Generator

SAMPLES = 14
"""Samples a ray in the picture of a rung."""


class Judge:
    """Draws a head as the photo's camera sees it and says how far it is from the photo."""

    def __init__(self, generator: Generator, evidence: Evidence) -> None:
        info = generator.info
        self._neural_px, self._view = info.neural_px, evidence.at(info.picture_px)
        self._target = PerceptualTarget.of(self._view.rgb, self._view.weight, backbone="alex", size_px=128)

    def look(
        self, generator: Generator, latents: Tensor, camera: Camera, trigrid: Field
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], float]:
        """Picture [H, W, 3], what of the photo shows the head [h, w] 0..1, and the score: lower is better."""
        refined = RefinedCamera(camera)
        with torch.no_grad():
            glimpse = Glimpse(generator, trigrid, refined)
            seen = glimpse.see(generator, trigrid, refined, (0, 0, self._neural_px, self._neural_px), SAMPLES)
            picture = enlarged(generator, seen, latents)
            view = self._view
            score = self._target.distance(picture) + 3 * masked_l1(picture, view.rgb, view.weight)
            rgb = (picture[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
            shown = torch.nn.functional.interpolate(view.mask, seen.alpha.shape, mode="area")[0, 0] * seen.alpha
        return rgb, shown.clamp(0, 1).numpy().astype(np.float32), float(score)
