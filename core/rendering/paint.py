"""Photos and paint that stick to a head: looked up for every pixel of a finished picture by the place that it shows.

A layer was seen or painted from one camera, whose depth tells which surface it lies on. A pixel's own depth gives its
point in the world, that point's place in the layer's picture gives the colour, and the layer's depth there whether
the point was seen. Nothing about the head changes, so a layer is as sharp as it was and costs no fitting.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from core.photo_detail import SHARPER
from core.photo_layer import PhotoLayer
from core.rendering.places import at_size, places_of, remapped, solid, unspeckled
from core.rendering.two_surfaces import two_surfaces

if TYPE_CHECKING:
    from core.camera import Camera
    from core.edit import Paint
    from core.warped_field import Warp

SKIN_DEEP = 0.02
"""How far a point may lie from the surface that was seen, world units: the depth is coarse, and edits move skin."""
HERE, ELSEWHERE = math.cos(math.radians(4)), math.cos(math.radians(14))
"""Cosines of the angle between two views of a point: above the first it is seen as from the photo, below the second
not at all."""

Floats = NDArray[np.float32]


def painted(
    rgb: NDArray[np.uint8],
    alpha: Floats,
    depth: Floats,
    camera: Camera,
    layers: tuple[PhotoLayer | Paint, ...],
) -> NDArray[np.uint8]:
    """A picture with photos and paint on.

    Args:
        rgb: uint8 [S, S, 3], on white.
        alpha: float32 [S, S].
        depth: float32 [h, w], along the camera's z; 0 where there is nothing. May be smaller than the picture.
        camera: of the picture.
        layers: first to last.
    """
    if not layers:
        return rgb
    surfaces = two_surfaces(depth, rgb.shape[0])
    shown = _laid(rgb, alpha, surfaces.near, camera, layers)
    beyond = surfaces.beyond
    if beyond.any():
        behind = _laid(rgb, alpha * (beyond > 0), surfaces.far, camera, layers)
        shown = shown + beyond[..., None] * (behind - shown)
    return np.asarray(np.clip(shown * 255 + 0.5, 0, 255), np.uint8)


def finer_depth(depth: Floats, finer: Floats) -> Floats:
    """A depth [h, w] with more pixels [S, S] where they show a surface that it shows there, too.

    What was tidied in the coarse one, such as specks that float before the face, stays so.
    """
    size = (len(finer),) * 2
    whole, near = unspeckled(depth), np.ones((3, 3), np.uint8)
    low = cv2.erode(np.where(whole > 0, whole, np.float32(np.inf)), near)
    low, high = (cv2.resize(one, size, interpolation=cv2.INTER_NEAREST) for one in (low, cv2.dilate(whole, near)))
    same = (finer > low - SKIN_DEEP) & (finer < high + SKIN_DEEP)
    return np.where(same, finer, at_size(depth, len(finer)))


def _laid(
    rgb: NDArray[np.uint8], alpha: Floats, surface: Floats, camera: Camera, layers: tuple[PhotoLayer | Paint, ...]
) -> Floats:
    """A picture with layers on one surface, float32 [S, S, 3], 0..1; depth [S, S] of that is as large."""
    size = rgb.shape[0]
    picture = rgb.reshape(-1, 3).astype(np.float32) / np.float32(255)
    chosen = np.flatnonzero((alpha > 0) & (surface > 0))
    if not len(chosen):
        return picture.reshape(rgb.shape)
    points, directions = places_of(camera, surface, chosen)
    share = alpha.ravel()[chosen, None]
    behind = 1 - share
    seen = picture[chosen]
    known: dict[tuple[Warp, ...], NDArray[np.float64]] = {(): points}
    for layer in layers:
        if layer.way not in known:
            known[layer.way] = _brought_back(points, layer.way)
        there = known[layer.way]
        if isinstance(layer, PhotoLayer):
            photo = layer.fine if is_closer(camera, size, layer.camera, len(layer.picture)) else layer.picture
            colour, cover = _photographed(layer, photo, there, directions)
        else:
            colour, cover = _brushed(layer, there)
        seen = seen + cover * (colour * share + behind - seen)
    picture[chosen] = seen
    return picture.reshape(rgb.shape)


def _brought_back(points: NDArray[np.float64], way: tuple[Warp, ...]) -> NDArray[np.float64]:
    """Points [N, 3] of a bent face where they were when a layer was laid on it."""
    import torch

    with torch.no_grad():
        moved = torch.from_numpy(points).float()
        for warp in way:
            moved = warp.back(moved.to(warp.shift.device)).cpu()
    return np.asarray(moved.numpy(), np.float64)


def is_closer(camera: Camera, size_px: int, other: Camera, other_px: int) -> bool:
    """Whether a picture by one camera shows a head in clearly more pixels than another one by another camera."""
    density, known = (
        pixels * one.focal / float(np.linalg.norm(one.position))
        for one, pixels in ((camera, size_px), (other, other_px))
    )
    return density > SHARPER * known


def _photographed(
    layer: PhotoLayer, picture: NDArray[np.uint8], points: NDArray[np.float64], directions: NDArray[np.float64]
) -> tuple[Floats, Floats]:
    """Colours [N, 3], 0..1, and cover [N, 1] of a photo at points [N, 3] that are looked at along `directions`."""
    there = points - layer.camera.position
    there = there / np.linalg.norm(there, axis=1, keepdims=True)
    cosine = (there * directions).sum(axis=1, keepdims=True)
    alike = seen_alike(cosine)
    uv, distance = layer.camera.project(points)
    covers = _read(np.dstack([layer.cover, layer.cover_from_here]), uv)
    cover = covers[:, :1] + (covers[:, 1:] - covers[:, :1]) * alike
    visible = _visible(layer, uv, distance)
    # at the edge of a chin the coarse depths disagree, but what a camera sees it sees
    return _read(picture, uv), cover * np.maximum(visible, alike * (covers[:, 1:] > 0))


def seen_alike(cosine: NDArray[np.float64]) -> Floats:
    """How far two views of a point are one, 0..1, by the cosine of the angle between them."""
    alike = np.clip((cosine - ELSEWHERE) / (HERE - ELSEWHERE), 0, 1).astype(np.float32)
    return np.asarray(alike * alike * (3 - 2 * alike), np.float32)


def _brushed(layer: Paint, points: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """The same of paint, which looks alike from everywhere."""
    thick = layer.picture[..., 3:].astype(np.float32) / 255
    # colours of unpainted pixels must not bleed into the rim of a stroke
    premultiplied = np.concatenate([layer.picture[..., :3] * thick, 255 * thick], axis=2)
    uv, distance = layer.camera.project(points)
    found = _read(premultiplied, uv)
    colour = found[:, :3] / np.maximum(found[:, 3:], 1e-6)
    return np.asarray(colour, np.float32), found[:, 3:] * _visible(layer, uv, distance) * np.float32(layer.strength)


def _read(picture: NDArray[np.uint8] | Floats, uv: NDArray[np.float64]) -> Floats:
    """A picture [S, S, K] of bytes at places [N, 2] in it, 0..1 [N, K]."""
    at = np.nan_to_num(uv, nan=-1.0).astype(np.float32) * len(picture) - np.float32(0.5)
    return remapped(picture.astype(np.float32), at) / np.float32(255)


def _visible(layer: PhotoLayer | Paint, uv: NDArray[np.float64], distance: NDArray[np.float64]) -> Floats:
    """Whether a layer's camera saw points, 0..1 [N, 1], which it has at places [N, 2] and distances [N]."""
    rows, columns = layer.depth.shape
    at = np.nan_to_num(uv, nan=-1.0).astype(np.float32) * np.array([columns, rows], np.float32) - np.float32(0.5)
    depth = remapped(solid(layer.depth), at)
    # a rim of the same colour would show where the two depths happen to cross
    near = np.clip(3 - 2 * np.abs(distance - depth) / SKIN_DEEP, 0, 1)
    visible = np.where((depth > 0) & (distance > 0), near, 0)
    return np.asarray(visible[:, None], np.float32)
