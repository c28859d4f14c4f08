"""Small steps that all parts of the evaluation share: arrays to tensors, heads from latents, faces in pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.align import find_meshes
from core.camera import Camera
from core.head import Head
from core.losses import embedding_norm, identity_embedding
from core.perception import identity
from core.resizing import sized

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from core.protocols import Generator

COMPARED_PX = 256


def as_tensor(pixels: NDArray[np.uint8], size_px: int = COMPARED_PX) -> Tensor:
    """Uint8 [H, W, 3] as float32 [1, 3, size, size], 0..1, antialiased."""
    return sized(torch.from_numpy(np.ascontiguousarray(pixels)).movedim(-1, 0)[None].float() / 255, size_px)


def head_of(generator: Generator, latents: Tensor, seed: int = 0) -> Head:
    """The head of latents [L, W], seen from the front."""
    with torch.no_grad():
        trigrid = generator.trigrid(latents)
    return Head(generator=generator.info.name, latents=latents, camera=Camera.orbit(), trigrid=trigrid, seed=seed)


def at_degrees(yaw: float, pitch: float = 0.0) -> Camera:
    """The camera at a yaw and a pitch."""
    return Camera.orbit(math.radians(yaw), math.radians(pitch))


def identity_of(pixels: NDArray[np.uint8]) -> Tensor | None:
    """Dlib's embedding [1, 128] of the largest face in a picture [H, W, 3]; None where none is seen."""
    found = find_meshes(pixels)
    if not found:
        return None
    height, width = pixels.shape[:2]
    chip = identity.chip_from_mesh(found[0][1].points[:, :2], width, height)
    with torch.no_grad():
        return identity_embedding(as_tensor(pixels, height), chip)


def identity_between(a: Tensor | None, b: Tensor | None) -> float:
    """Distance of two embeddings; not a number where a face was not seen."""
    return math.nan if a is None or b is None else float(embedding_norm(a - b))
