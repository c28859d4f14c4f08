"""The latents that an encoder finds in a portrait at once, without a search: enough to compare many portraits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.errors import VoltefaceError
from core.inverters.encoder import encode
from core.inverters.evidence import Evidence
from core.inverters.published_encoder import published_latents

if TYPE_CHECKING:
    from torch import Tensor

    from core.align import Alignment
    from core.protocols import Generator

PICTURE_PX = 256


def guessed_latents(alignment: Alignment, generator: Generator) -> Tensor:
    """Latents [L, W] of the head in an aligned photo.

    Raises:
        VoltefaceError: the generator has no encoder.
    """
    whole = Evidence(alignment).at(PICTURE_PX)
    camera = alignment.camera
    with torch.no_grad():
        guess = encode(whole.rgb, whole.mask, (camera.yaw_radians, camera.pitch_radians), generator)
        latents = guess.latents if guess.attributes else published_latents(whole.rgb, generator)
    if latents is None:
        raise VoltefaceError(
            f"{generator.info.title} has no encoder, so it cannot look at pictures.",
            "Install one that was published for it, or learn components with --pca.",
        )
    return latents
