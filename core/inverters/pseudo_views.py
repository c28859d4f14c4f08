"""Pseudo-views: what other cameras would see of the photographed surface, carried there by a head's geometry.

The photo's depth, from a coarse inversion, becomes a surface that wears the photo's colours; seen from another camera,
its unhidden points are the part of that view which the photo vouches for, and the generator fills in the rest (HFGI3D).
The published cameras stay in front. Here they may go anywhere: the head's own depth from the target's camera hides what
the far side of the face would show through the back of the head, and surface that the photo saw edge-on is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.camera import Camera
from core.generators.conditioning import look_at_pose
from core.inverters.pseudo_view_masks import MaskSizes, blended, trusted_region
from core.inverters.pseudo_view_mesh import (
    MOST_COSINE,
    at_points,
    in_world,
    scattered_points,
    triangles_of_depth,
    vertices_of_depth,
)
from core.inverters.pseudo_view_warp import SLACK, Splats, seen_points, splatted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]

PUBLISHED_COUNT = 30
PUBLISHED_TARGET = (0.0, 0.0, 0.2)
PUBLISHED_YAW, PUBLISHED_PITCH = 0.35, 0.25
"""Half ranges of the published ellipse of cameras, radians."""
PUBLISHED_TILT = -0.05
_ROUNDED_PI = 3.14
EDGE_WEIGHT = 1e-2
"""Of the colours around a pixel against its own."""


@dataclass(frozen=True)
class WarpSettings:
    """How a photo is carried to another view.

    Attributes:
        points: scattered over the surface; the published million is for depth pictures of 1024 pixels.
        slack: of the z-buffer, world units.
        most_cosine: of the mesh's triangles.
        least_facing: cosine between the surface and the photo's view below which the photo smears; 0 keeps all, as
            published.
        splats, masks: for pictures of 512 pixels; scaled to the picture.
        seed: of the scattering.
    """

    points: int = 250_000
    slack: float = SLACK
    most_cosine: float = MOST_COSINE
    least_facing: float = 0.15
    splats: Splats = field(default_factory=Splats)
    masks: MaskSizes = field(default_factory=MaskSizes)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class PhotoSurface:
    """The surface that a photo shows, as points that wear its colours.

    Attributes:
        points: float64 [N, 3] world.
        colours: float64 [N, 3], 0..1.
    """

    points: NDArray[np.float64]
    colours: NDArray[np.float64]

    @staticmethod
    def of(
        photo: Picture, depth: NDArray[np.floating], camera: Camera, settings: WarpSettings | None = None
    ) -> PhotoSurface:
        """The surface in a photo.

        Args:
            photo: [H, W, 3], 0..1, square.
            depth: [h, w] of a head that fits it, along the camera's z; 0 where there is nothing.
            camera: the photo's.
            settings: how.
        """
        settings = settings or WarpSettings()
        vertices = vertices_of_depth(depth, camera)
        triangles = triangles_of_depth(depth, camera, settings.most_cosine)
        triangles = triangles[_facing(vertices, triangles) >= settings.least_facing]
        if not len(triangles):
            return PhotoSurface(np.zeros((0, 3)), np.zeros((0, 3)))
        corners, shares = scattered_points(vertices, triangles, settings.points, settings.seed)
        points = in_world(at_points(vertices, corners, shares), camera)
        uv, _ = camera.project(points)
        return PhotoSurface(points, _read(photo, uv))


@dataclass(frozen=True, eq=False)
class PseudoView:
    """What the photo tells about another view.

    Attributes:
        camera: of the view.
        picture: float32 [H, W, 3], 0..1: the photo's colours where they are trusted, the generator's elsewhere.
        trusted: float32 [H, W], 0..1.
    """

    camera: Camera
    picture: Picture
    trusted: Picture


def pseudo_view(
    surface: PhotoSurface,
    camera: Camera,
    generated: Picture,
    depth: NDArray[np.floating],
    settings: WarpSettings | None = None,
) -> PseudoView:
    """The view of another camera.

    Args:
        surface: from the photo.
        camera: of the view.
        generated: [H, W, 3], 0..1, the head from that camera.
        depth: [h, w], its depth there; 0 where there is nothing.
        settings: how.
    """
    settings = settings or WarpSettings()
    side = generated.shape[0]
    if len(surface.points):
        uv, along = camera.project(surface.points)
        _, seen = seen_points(uv, along, depth.shape[0], _slack(settings, depth, camera), before=depth)
        colours, opacity = splatted(uv[seen], along[seen], surface.colours[seen], side, settings.splats.scaled(side))
    else:
        colours, opacity = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    sizes = settings.masks.scaled(side)
    outline = cv2.resize((depth > 0).astype(np.float32), (side, side), interpolation=cv2.INTER_NEAREST)
    trusted = trusted_region((opacity > 0.5).astype(np.float32), outline, sizes)
    warped, near = _carried_on(colours, opacity, sizes.blur_px)
    trusted = trusted * near
    return PseudoView(camera, blended(warped, generated, trusted), trusted)


def published_cameras(count: int = PUBLISHED_COUNT) -> tuple[Camera, ...]:
    """The published ellipse of cameras, with its rounded pi."""
    turns = [2 * _ROUNDED_PI * number / count for number in range(count)]
    return tuple(
        Camera(
            look_at_pose(
                _ROUNDED_PI / 2 + PUBLISHED_YAW * math.sin(turn),
                _ROUNDED_PI / 2 + PUBLISHED_TILT + PUBLISHED_PITCH * math.cos(turn),
                PUBLISHED_TARGET,
            )
        )
        for turn in turns
    )


def all_round_cameras(count: int = PUBLISHED_COUNT, pitch_radians: float = PUBLISHED_PITCH) -> tuple[Camera, ...]:
    """Cameras all around the head that rise and sink twice on the way."""
    turns = [2 * math.pi * number / count for number in range(count)]
    return tuple(Camera.orbit(turn, pitch_radians * math.sin(2 * turn)) for turn in turns)


def _carried_on(colours: Picture, opacity: Picture, reach_px: int) -> tuple[Picture, Picture]:
    """Colours without their opacity, carried on a little beyond the splats, where the soft edge of a mask reads them.

    Args:
        colours: [H, W, 3], premultiplied.
        opacity: [H, W].
        reach_px: side of the blur that carries them, odd.

    Returns:
        Colours [H, W, 3], and where there are any, float32 [H, W], 0 or 1.
    """
    size = (reach_px, reach_px)
    around, weight = cv2.GaussianBlur(colours, size, 0), cv2.GaussianBlur(opacity, size, 0)
    # a splat's own colour outweighs those around it
    weight = opacity + EDGE_WEIGHT * weight
    near = weight > EDGE_WEIGHT**2
    whole = (colours + EDGE_WEIGHT * around) / np.where(near, weight, 1)[..., None]
    return whole.astype(np.float32), near.astype(np.float32)


def _slack(settings: WarpSettings, depth: NDArray[np.floating], camera: Camera) -> float:
    """The z-buffer's slack, at least what a slope of 45 degrees rises within a pixel of the depth picture."""
    there = depth[depth > 0]
    pixel = float(there.mean()) / (camera.focal * depth.shape[0]) if there.size else 0.0
    return max(settings.slack, 2 * pixel)


def _facing(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    """Cosine [T] between triangles, in the axes of the camera that saw them, and the way to that camera."""
    first, second, third = np.moveaxis(vertices[triangles], 1, 0)
    normals = np.cross(second - first, third - first)
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(first, axis=1)
    return np.asarray(-(normals * first).sum(axis=1) / np.maximum(lengths, 1e-12))


def _read(picture: Picture, uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours [N, 3] of a picture at uv [N, 2], bilinear."""
    side = picture.shape[0]
    at = (uv * side - 0.5).astype(np.float32)
    # remap takes pictures of at most 32767 columns
    rows = np.array_split(at, max(1, math.ceil(len(at) / 16384)))
    read = [cv2.remap(picture, row[None], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0] for row in rows]
    return np.concatenate(read).astype(np.float64)
