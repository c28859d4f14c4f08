"""Glasses drawn over a finished picture, each pixel where it is nearer than the head: edges as sharp as the picture.

From where a photo of them was taken they are the photo itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.frame import Frame, Quality
from core.mask import PARTS
from core.rendering.eyewear_shapes import DrawnEyewear, Hidden, drawn
from core.rendering.eyewear_window import EyewearWindow
from core.rendering.glasses_seen import wall_of
from core.rendering.paint import is_closer, seen_alike

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.eyewear import Eyewear, GlassesPhoto

    Floats = NDArray[np.float32]

FINE, QUICK, MANY_PX = 3, 2, 420
"""Samples along the side of a pixel, in finished pictures and in previews, and pixels from which few do."""
STRAND_PX, STRAND_LIGHT = 4.0, 0.2
"""How wide strands of hair are in a picture of 512 pixels, and how much lighter than their neighbours, in natural
logarithms, those are that lie before them for sure."""
SHADOW, SHADOW_DOWN, SHADOW_SOFT = 0.22, 0.007, 0.0045
"""How dark the frame's shadow on the skin is, how far below and how soft, world units."""
UNDER = 0.02
"""Share of a pixel from which a frame covers it, so that its shadow is not seen there."""
LEAST_FRAME, LEAST_LENS = 0.34, 0.5
"""Share of a pixel that must be frame, or glass, for it to be called glasses."""


def with_eyewear(frame: Frame, eyewear: Eyewear) -> Frame:
    """A frame of a head, with glasses on.

    Depth and labels learn of them too: of the frame, of dark glass, and of clear glass that is known as glasses.

    Args:
        frame: of the head without them.
        eyewear: what it wears.
    """
    size = frame.rgb.shape[0]
    window = EyewearWindow.of(frame.camera, eyewear, size)
    if window is None or not eyewear.strength:
        return frame
    side = window.side
    fine = QUICK if frame.quality is Quality.PREVIEW or side > MANY_PX else FINE
    window = replace(window, fine=fine)
    surface = window.cut(wall_of(frame.depth, size))
    worn = drawn(eyewear, window, Hidden(surface, *_hair(frame, window)))
    strength = np.float32(min(eyewear.strength, 1.0))

    def small(values: Floats) -> Floats:
        return np.asarray(cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA), np.float32)

    colour, opacity = small(worn.colour) * strength, small(worn.opacity) * strength
    wire = small(worn.frame)
    shadow = _shadow(wire, np.where(wire > UNDER, 0, surface), eyewear, window) * strength
    here, inside = window.of_picture, window.in_picture
    rgb, alpha = frame.rgb.copy(), frame.alpha.copy()
    before, there = rgb[here].astype(np.float32) / 255, alpha[here]
    # the picture is on white, which throws no shadow
    shaded = before - (before - (1 - there[..., None])) * shadow[inside][..., None]
    finished = shaded * (1 - opacity[inside][..., None]) + colour[inside]
    if eyewear.photo is not None:
        shown, share = _photographed(eyewear.form.front_z, eyewear.photo, window)
        finished = finished + share[inside] * strength * there[..., None] * (shown[inside] - finished)
    rgb[here] = np.clip(finished * 255 + 0.5, 0, 255).astype(np.uint8)
    alpha[here] = 1 - (1 - there) * (1 - opacity[inside])
    depth, labels = _known(frame, eyewear, worn, window)
    return replace(frame, rgb=rgb, alpha=alpha, depth=depth, labels=labels)


def _photographed(z: float, photo: GlassesPhoto, window: EyewearWindow) -> tuple[Floats, Floats]:
    """A photo of the glasses as a window sees the sheet at some z, [S, S, 3], and how far it is right, [S, S, 1]."""
    camera, side = window.camera, window.side
    nothing = np.zeros((side, side, 3), np.float32), np.zeros((side, side, 1), np.float32)
    if not seen_alike(np.array([camera.forward @ photo.camera.forward])).any():
        return nothing
    u, v = np.meshgrid(*((at + np.arange(side) + 0.5) / window.size - 0.5 for at in (window.left, window.top)))
    ways = np.stack([u.ravel(), v.ravel(), np.full(u.size, camera.focal)], axis=1) @ camera.world_from_camera[:3, :3].T
    points = camera.position + ways * ((z - camera.position[2]) / ways[:, 2])[:, None]
    uv, _ = photo.camera.project(points)
    at = np.nan_to_num(uv, nan=-1.0).astype(np.float32).reshape(side, side, 2)
    closer = is_closer(camera, window.size, photo.camera, len(photo.picture))

    def read(picture: NDArray[np.uint8]) -> Floats:
        here = at * len(picture) - np.float32(0.5)
        found = cv2.remap(picture.astype(np.float32), here[..., 0], here[..., 1], cv2.INTER_LINEAR, borderValue=0)
        return np.asarray(found / np.float32(255), np.float32)

    there = points - photo.camera.position
    lengths = np.linalg.norm(there, axis=1) * np.linalg.norm(ways, axis=1)
    alike = seen_alike((there * ways).sum(axis=1) / lengths).reshape(side, side, 1)
    share = read(photo.cover)[..., None] * alike
    return read(photo.fine if closer else photo.picture), np.asarray(share, np.float32)


def _hair(frame: Frame, window: EyewearWindow) -> tuple[Floats, Floats]:
    """How much of each pixel of a window is hair, and how far its strands lie before their neighbours, [S, S] each."""
    size = len(frame.rgb)
    if frame.labels is None:
        nothing = np.zeros((window.side,) * 2, np.float32)
        return nothing, nothing
    hair = (frame.labels == PARTS.index("hair")).astype(np.float32)
    share = window.cut(cv2.resize(hair, (size, size), interpolation=cv2.INTER_LINEAR))
    light = np.log(frame.rgb.mean(axis=2).astype(np.float32).clip(min=8))
    fine = light - cv2.GaussianBlur(light, (0, 0), STRAND_PX * size / 512)
    return share, window.cut(np.clip(fine / STRAND_LIGHT, -1, 1)) * share


def _shadow(wire: Floats, surface: Floats, eyewear: Eyewear, window: EyewearWindow) -> Floats:
    """How much of the light the frame keeps from what is right behind it, in the pixels of a window [S, S].

    Args:
        wire: share of each pixel that is frame.
        surface: depth of what the shadow falls on, 0 where there is nothing.
        eyewear: the glasses.
        window: where they are seen.
    """
    camera, depth = window.camera, float(window.camera.project(eyewear.lens_points)[1].mean())
    pixel = camera.focal / max(depth, 1e-3) * window.size
    fall = -float(camera.world_from_camera[1, 1]) * SHADOW_DOWN * pixel
    moved = cv2.warpAffine(wire, np.array([[1, 0, 0], [0, 1, fall]], np.float32), wire.shape)
    soft = cv2.GaussianBlur(moved, (0, 0), max(0.5, SHADOW_SOFT * pixel))
    return np.where(surface > 0, SHADOW * soft, 0).astype(np.float32)


def _known(
    frame: Frame, eyewear: Eyewear, worn: DrawnEyewear, window: EyewearWindow
) -> tuple[Floats, NDArray[np.uint8] | None]:
    """Depth and labels [h, w] of the frame with the glasses."""
    rows = len(frame.depth)
    ratio = rows / window.size

    def coarse(values: Floats) -> Floats:
        few = max(1, round(window.side * ratio))
        scale = few / (window.side * ratio)
        less = cv2.resize(values, (few, few), interpolation=cv2.INTER_AREA)
        centre = (1 / scale - 1) / 2
        left, top = window.left * ratio + centre, window.top * ratio + centre
        shift = np.array([[1 / scale, 0, left], [0, 1 / scale, top]], np.float32)
        return np.asarray(cv2.warpAffine(less, shift, (rows, rows), flags=cv2.INTER_LINEAR), np.float32)

    dark = eyewear.form.lens_opacity > 0
    solid = np.maximum(worn.frame, worn.glass if dark else 0) * (worn.depth > 0)
    share = coarse(solid)
    nearest = coarse(solid * worn.depth) / np.maximum(share, 1e-6)
    wire, glass = coarse(worn.frame), coarse(np.maximum(worn.frame, worn.glass))
    there = eyewear.strength > 1 / 2
    called = ((wire > LEAST_FRAME) | ((glass > LEAST_LENS) & (dark or eyewear.form.veiled))) & there
    moved = (share > LEAST_FRAME) & there
    depth = np.where(moved, nearest, frame.depth).astype(np.float32)
    if frame.labels is None:
        return depth, None
    return depth, np.where(called, np.uint8(PARTS.index("glasses")), frame.labels).astype(np.uint8)
