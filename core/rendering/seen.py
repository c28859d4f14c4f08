"""Seen or guessed: how well photos show each point of a head's surface.

A photo shows a point that lies on the first surface its camera meets, where it shows the person, and the better the
more squarely the surface faces it (depth test times facing, as for the photo's own colours). What no photo shows, the
model made up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from core.frame import Quality
from core.ramp import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.align import Alignment
    from core.camera import Camera
    from core.frame import Frame
    from core.head import Head
    from core.mesh import Mesh
    from core.protocols import Renderer

LEAST_FACING, MOST_FACING = 0.15, 0.65
"""Cosines between the surface's normal and the view: below the first a photo smears, above the second it is clear."""
SAME_SURFACE, OTHER_SURFACE = 0.012, 0.035
"""Differences in depth, world units, up to which a point lies on the surface that was seen, and from which it does not.
The test has two sides: an edit may have put something before what the photo showed."""
DARKEST = 0.66
"""Brightness of the heat map on black matter; light and shade stay in what is brighter."""
FIRST_COLOUR = 0.18
"""Where the heat map's colours begin on viridis, whose first ones are nearly black."""
SMOOTHING = 1 / 120
"""Width, in picture widths, over which a depth map's normals are smoothed: its single pixels are rough."""


@dataclass(frozen=True, eq=False)
class Witness:
    """A photo, as far as it tells what it shows. Arrays are never written in place.

    Attributes:
        camera: the photo's.
        depth: float32 [h, w] of the head's surface along the camera's z, world units; 0 where there is none.
        shows: float32 [S, S], 0..1, where the photo shows the person; None is everywhere.
    """

    camera: Camera
    depth: NDArray[np.float32]
    shows: NDArray[np.float32] | None = None


def witnesses_of(
    head: Head, alignment: Alignment | None, renderer: Renderer, further: Sequence[Alignment] = ()
) -> tuple[Witness, ...]:
    """The photos that a head was made from: the first one, those that were added, and what else is laid on it.

    Args:
        head: as it was made, without edits: what an edit puts elsewhere no photo has shown.
        alignment: of the first photo; None where the head was made without one, so that nothing was seen.
        renderer: of that head; draws once for each photo.
        further: of photos from other sides.
    """
    if alignment is None:
        return ()

    def taken(photo: Alignment, camera: Camera) -> Witness:
        shows: NDArray[np.float32] = photo.mask * photo.inside_photo
        return Witness(camera, renderer.render(camera, Quality.NEAR).depth, shows)

    added = [one for one in head.photos if one.camera != head.camera and not one.is_guess]
    return (
        taken(alignment, head.camera),
        *(taken(one, one.camera) for one in further),
        *(Witness(one.camera, one.depth, (one.cover_from_here / 255).astype(np.float32)) for one in added),
    )


def seen(
    points: NDArray[np.floating], normals: NDArray[np.floating], witnesses: Sequence[Witness]
) -> NDArray[np.float32]:
    """How well the best of the photos shows surface points, float32 [N], 0 guessed .. 1 seen squarely.

    Args:
        points: [N, 3], world.
        normals: [N, 3], unit length, outwards.
        witnesses: the photos; none have seen nothing.
    """
    best = np.zeros(len(points), np.float32)
    for witness in witnesses:
        uv, distance = witness.camera.project(points)
        towards = witness.camera.position - points
        towards /= np.linalg.norm(towards, axis=1, keepdims=True).clip(1e-9)
        facing = smooth(LEAST_FACING, MOST_FACING, (normals * towards).sum(1))
        depth = _looked_up(_calmed(witness.depth), uv)
        on_it = 1 - smooth(SAME_SURFACE, OTHER_SURFACE, np.abs(distance - depth))
        shown = facing * on_it * (depth > 0) * (distance > 0)
        if witness.shows is not None:
            shown = shown * _looked_up(witness.shows, uv)
        best = np.maximum(best, shown.astype(np.float32))
    return best


def seen_in(frame: Frame, witnesses: Sequence[Witness]) -> NDArray[np.float32]:
    """The same for what a frame shows, float32 [h, w] as its depth; 0 where it shows nothing."""
    points, normals, solid = _surface_of(frame)
    shown = np.zeros(frame.depth.shape, np.float32)
    shown[solid] = seen(points[solid], normals[solid], witnesses)
    return shown


def seen_on(mesh: Mesh, witnesses: Sequence[Witness]) -> NDArray[np.float32]:
    """The same at each vertex of a mesh in world units, float32 [V]."""
    return seen(mesh.vertices, mesh.normals, witnesses)


def heat_map(frame: Frame, witnesses: Sequence[Witness]) -> Frame:
    """The frame in colours that tell what was seen (yellow) from what was guessed (violet); light and shade stay."""
    side = frame.rgb.shape[0]
    size = (side, side)
    solid = (frame.depth > 0).astype(np.float32)
    # the rim takes the values inside of it
    amount = cv2.resize(cv2.blur(seen_in(frame, witnesses), (3, 3)), size, interpolation=cv2.INTER_LINEAR)
    share = cv2.resize(cv2.blur(solid, (3, 3)), size, interpolation=cv2.INTER_LINEAR)
    colour = heat_colours(amount / np.maximum(share, 1e-3))
    alpha = frame.alpha[..., None]
    luma = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None] / 255
    light = np.clip((luma - (1 - alpha)) / np.maximum(alpha, np.float32(0.05)), 0, 1)
    tinted = colour * (DARKEST + (1 - DARKEST) * light) * alpha + (1 - alpha)
    return replace(frame, rgb=np.clip(tinted * 255 + 0.5, 0, 255).astype(np.uint8))


def heat_colours(amounts: NDArray[np.floating]) -> NDArray[np.float32]:
    """RGB float32 [..., 3], 0..1, of amounts [...]; viridis, which the colour-blind read too."""
    steps = ((FIRST_COLOUR + (1 - FIRST_COLOUR) * np.clip(amounts, 0, 1)) * 255 + 0.5).astype(np.uint8)
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
    return np.asarray(table[steps] / np.float32(255), np.float32)


def _surface_of(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Points [h, w, 3] and outward normals [h, w, 3] of what a frame shows, and where it shows something [h, w]."""
    height, width = frame.depth.shape
    solid = frame.depth > 0
    depth = cv2.GaussianBlur(_calmed(frame.depth), (0, 0), SMOOTHING * width).astype(np.float64)
    camera = frame.camera
    u, v = np.meshgrid((np.arange(width) + 0.5) / width - 0.5, (np.arange(height) + 0.5) / height - 0.5)
    in_camera = np.stack([u / camera.focal * depth, v / camera.focal * depth, depth], axis=2)
    # the smoothed depth tells the slope, the depth itself the place
    across, down = np.gradient(in_camera, axis=(1, 0))
    in_camera *= (_calmed(frame.depth) / np.maximum(depth, 1e-9))[..., None]
    normals = np.cross(down, across)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True).clip(1e-12)
    rotation = camera.world_from_camera[:3, :3]
    return in_camera @ rotation.T + camera.position, normals @ rotation.T, solid


def _calmed(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Depth without single pixels that stick out, and a little wider than the head."""
    return np.asarray(cv2.medianBlur(_grown(depth), 3), np.float32)


def _grown(depth: NDArray[np.float32], rings: int = 3) -> NDArray[np.float32]:
    """Depth whose empty pixels next to the head take its depth, so that interpolation at the rim stays on it."""
    grown = depth
    for _ in range(rings):
        near, total = cv2.blur((grown > 0).astype(np.float32), (3, 3)), cv2.blur(grown, (3, 3))
        grown = np.where((grown == 0) & (near > 0), total / np.maximum(near, 1e-6), grown).astype(np.float32)
    return grown


def _looked_up(picture: NDArray[np.float32], uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """A picture [H, W] at places [N, 2], 0..1 from the left and the top; 0 outside."""
    at = torch.from_numpy(np.nan_to_num(uv, nan=-1.0).astype(np.float32) * 2 - 1)[None, None]
    found = F.grid_sample(torch.from_numpy(picture)[None, None], at, align_corners=False)
    return np.asarray(found[0, 0, 0].numpy(), np.float64)
