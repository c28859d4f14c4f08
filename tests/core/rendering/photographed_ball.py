"""A ball that wears a photo, and frames of it: what photos say of what they do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.frame import Frame, Quality
from core.mask import PARTS
from core.photo_layer import PhotoLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.camera import Camera

SIDE = 256
RADIUS = 0.2


def depth_of(camera: Camera, side: int = SIDE) -> NDArray[np.float32]:
    """Depth of a ball about the origin."""
    origins, directions = camera.rays(side, side)
    towards = (origins * directions).sum(axis=1)
    inside = towards**2 - (origins**2).sum(axis=1) + RADIUS**2
    along = -towards - np.sqrt(inside.clip(min=0))
    depth = np.where(inside > 0, along * (directions @ camera.forward), 0)
    return np.asarray(depth.reshape(side, side), np.float32)


def photo_of(camera: Camera, picture: NDArray[np.uint8], part: str = "skin") -> PhotoLayer:
    """A photo that shows one part all over the ball."""
    depth = depth_of(camera)
    cover = (255 * (depth > 0)).astype(np.uint8)
    labels = np.where(depth > 0, PARTS.index(part), 0).astype(np.uint8)
    return PhotoLayer(picture=picture, cover=cover, cover_from_here=cover, camera=camera, depth=depth, labels=labels)


def plain(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A photo of one colour."""
    return np.full((SIDE, SIDE, 3), colour, np.uint8)


def frame_of(colour: tuple[int, int, int], part: str, camera: Camera) -> Frame:
    """The ball in one colour and part."""
    depth = depth_of(camera)
    rgb = np.where(depth[..., None] > 0, np.asarray(colour, np.uint8), np.uint8(255)).astype(np.uint8)
    labels = np.where(depth > 0, PARTS.index(part), 0).astype(np.uint8)
    return Frame(rgb, (depth > 0).astype(np.float32), depth, labels, camera, Quality.NEAR)


def middle_of(frame: Frame) -> NDArray[np.float64]:
    """Mean colour of the middle."""
    middle = slice(SIDE // 2 - 20, SIDE // 2 + 20)
    assert (frame.rgb[frame.depth == 0] == 255).all(), "the background stays"
    return np.asarray(frame.rgb[middle, middle].reshape(-1, 3).astype(float).mean(axis=0))


def assert_in_the_shade(found: NDArray[np.generic], colour: tuple[int, int, int]) -> None:
    """Behind, a colour is the photo's or a little darker, for lamps stand before people, and its hue stays."""
    ratios = np.asarray(found, np.float64) / colour
    assert 0.78 < ratios.mean() < 1.03
    np.testing.assert_allclose(ratios, ratios.mean(), rtol=0.06)
