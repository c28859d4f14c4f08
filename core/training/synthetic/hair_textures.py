"""Textures of card hair: MakeHuman's without their colour, straight strands made up, and waved ones."""

import cv2
import numpy as np

from core.training.synthetic.arrays import Bytes, Floats
from core.training.synthetic.pictures import GAMMA, blur, smoothstep

GREY = 0.42  # linear light of a colourless texture's mean
CONTRAST, DEEP_CONTRAST = 0.75, 1.25  # of strands; the second in version 3
_LUMINANCE = np.array([0.3, 0.59, 0.11], np.float32)
_SIZE = 1024
_LIMP_ROWS, _FREE_ROWS = 0.16, 0.4  # between them waves grow to their full swing, in parts of a texture's height


def colourless(image: Bytes, contrast: float = CONTRAST) -> Bytes:
    """A hair texture RGBA uint8 [H,W,4] without its colour and broad shading; the part's tint is the hair colour."""
    values = image.astype(np.float32) / 255
    alpha = values[..., 3]
    light = values[..., :3] ** GAMMA @ _LUMINANCE
    around = blur(light * alpha, 6.0) / (blur(alpha, 6.0) + 1e-3)
    log_light = np.log(np.maximum(np.where(alpha > 0.2, light, around), 2e-3))
    weight = alpha + 1e-3
    coarse = blur(log_light * weight, 14.0) / blur(weight, 14.0)
    shading = coarse - (coarse * weight).sum() / weight.sum()
    return _grey_picture(np.exp(np.clip(contrast * (log_light - coarse) + 0.18 * shading, -1.1, 0.8)), alpha)


def straight_strands(contrast: float = CONTRAST) -> Bytes:
    """Opaque straight strands for a mesh that came without a texture: RGBA uint8 [1024,1024,4]."""
    rng = np.random.RandomState(5)
    thick, thin = (
        cv2.resize(rng.rand(*shape).astype(np.float32), (_SIZE, _SIZE), interpolation=cv2.INTER_CUBIC)
        for shape in ((4, 256), (8, 700))
    )
    light = 0.825 - contrast / 2 + contrast * (thick + 0.6 * thin) / 1.1
    return _grey_picture(light, np.ones_like(light))


def _grey_picture(light: Floats, alpha: Floats) -> Bytes:
    grey = np.clip(np.clip(light, 0.05, 3.2) * GREY, 0, 1) ** (1 / GAMMA)
    return (np.stack([grey, grey, grey, alpha], -1) * 255).astype(np.uint8)


def wavy_strands(image: Bytes, swing_px: float, waves: float) -> Bytes:
    """A hair texture whose strands, which run down the picture, are waved `waves` times over its height."""
    size = image.shape[0]
    row, column = np.mgrid[:size, : image.shape[1]].astype(np.float32)
    lock = 2.2 * np.sin(column * (2 * np.pi / 97)) + 1.3 * np.sin(column * (2 * np.pi / 41))
    turn = row * np.float32(2 * np.pi * waves / size) + lock
    free = smoothstep(_LIMP_ROWS, _FREE_ROWS, row / size)  # the hairline stays as it is
    shifted = (column + swing_px * free * np.sin(turn)).astype(np.float32)
    moved: Bytes = np.asarray(cv2.remap(image, shifted, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    shade = (1 + 0.16 * free * np.cos(turn))[..., None]
    moved[..., :3] = np.clip(moved[..., :3] * shade, 0, 255).astype(np.uint8)
    return moved
