"""A photo carried to another view: what must hold of any head and any camera."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.camera import Camera
from core.inverters.pseudo_view_masks import MaskSizes, blended, trusted_region
from core.inverters.pseudo_view_mesh import (
    at_points,
    in_world,
    scattered_points,
    triangles_of_depth,
    vertices_of_depth,
)
from core.inverters.pseudo_view_warp import Splats, seen_points, splatted
from core.inverters.pseudo_views import (
    PhotoSurface,
    WarpSettings,
    all_round_cameras,
    pseudo_view,
    published_cameras,
)

PX, RADIUS = 96, 0.25
FRONT = Camera.orbit()
BACK = Camera.orbit(math.pi)
SETTINGS = WarpSettings(points=60_000)


def ball(camera: Camera) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], np.ndarray]:
    """Depth [PX, PX] of a ball, 0 around it, and a picture [PX, PX, 3] of its world positions as colours."""
    origins, directions = camera.rays(PX, PX)
    along = -(origins * directions).sum(axis=1)
    off = (origins**2).sum(axis=1) - along**2
    hit = off < RADIUS**2
    distance = along - np.sqrt(np.maximum(RADIUS**2 - off, 0))
    points = origins + distance[:, None] * directions
    depth = np.where(hit, distance * (directions @ camera.forward), 0)
    colours = np.where(hit[:, None], points / (2 * RADIUS) + 0.5, 1)
    return depth.reshape(PX, PX).astype(np.float32), colours.reshape(PX, PX, 3).astype(np.float32)


def carried(camera: Camera, settings: WarpSettings = SETTINGS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The view of a camera made from the front, its trust, and how it really looks."""
    depth, photo = ball(FRONT)
    there, look = ball(camera)
    view = pseudo_view(PhotoSurface.of(photo, depth, FRONT, settings), camera, np.zeros_like(look), there, settings)
    return view.picture, view.trusted, look


def test_the_photo_s_own_camera_sees_the_photo() -> None:
    picture, trusted, photo = carried(FRONT)
    sure = trusted > 0.99
    assert sure.mean() > 0.2
    assert np.abs(picture - photo)[sure].max() < 0.05


def test_from_the_side_colours_are_where_they_belong() -> None:
    picture, trusted, look = carried(Camera.orbit(math.radians(40), math.radians(10)))
    sure = trusted > 0.99
    assert sure.mean() > 0.05
    # near the ball's rim a pixel spans a lot of surface
    assert np.abs(picture - look)[sure].max() < 0.1
    assert np.abs(picture - look)[sure].mean() < 0.01


def test_nothing_of_the_front_shows_at_the_back() -> None:
    picture, trusted, _ = carried(BACK)
    assert trusted.max() == 0
    assert picture.max() == 0


def test_without_a_surface_the_generated_picture_stays() -> None:
    nothing = np.zeros((PX, PX), np.float32)
    surface = PhotoSurface.of(np.ones((PX, PX, 3), np.float32), nothing, FRONT, SETTINGS)
    generated = np.random.default_rng(0).random((PX, PX, 3)).astype(np.float32)
    view = pseudo_view(surface, BACK, generated, ball(BACK)[0], SETTINGS)
    assert np.array_equal(view.picture, generated)
    assert view.trusted.max() == 0


def test_mesh_lies_on_the_surface_and_faces_the_camera() -> None:
    depth, _ = ball(FRONT)
    vertices, triangles = vertices_of_depth(depth, FRONT), triangles_of_depth(depth, FRONT)
    assert (depth.ravel()[triangles] > 0).all()
    corners, shares = scattered_points(vertices, triangles, 5000)
    assert np.allclose(shares.sum(axis=1), 1)
    assert shares.min() >= 0
    points = in_world(at_points(vertices, corners, shares), FRONT)
    assert np.abs(np.linalg.norm(points, axis=1) - RADIUS).max() < 0.02
    first, second, third = np.moveaxis(in_world(vertices, FRONT)[triangles], 1, 0)
    outward = np.cross(second - first, third - first)
    assert ((outward * (FRONT.position - first)).sum(axis=1) > 0).all()


def test_a_jump_in_depth_is_no_surface() -> None:
    depth = np.full((64, 64), 2.5, np.float32)
    depth[:, 32:] = 3.5
    triangles = triangles_of_depth(depth, FRONT)
    columns = triangles % 64
    assert not ((columns.min(axis=1) < 32) & (columns.max(axis=1) >= 32)).any()
    assert len(triangles) == 2 * 63 * (31 + 31)
    assert len(triangles_of_depth(depth, FRONT, most_cosine=1)) == 2 * 63 * 63


def test_the_nearest_point_of_a_pixel_is_seen() -> None:
    uv = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [1.5, 0.5], [0.1, 0.1]])
    depth = np.array([2.0, 2.0005, 2.5, 2.0, -1.0])
    inside, seen = seen_points(uv, depth, 64)
    assert inside.tolist() == [True, True, True, False, False]
    assert seen.tolist() == [True, True, False, False, False]
    _, seen = seen_points(uv, depth, 64, before=np.full((64, 64), 1.0, np.float32))
    assert not seen.any()


def test_splats_near_hide_far() -> None:
    uv, depth = np.repeat([[0.5, 0.5]], 40, axis=0), np.linspace(1, 2, 40)
    values = np.linspace(0, 1, 40)[:, None]
    picture, opacity = splatted(uv, depth, values, 32)
    assert opacity.max() <= 1
    assert opacity[16, 16] > 0.9
    assert 0 < picture[16, 16, 0] / opacity[16, 16] < 0.05
    assert opacity[0, 0] == 0
    one, thin = splatted(uv[:1], depth[:1], np.ones((1, 1)), 32, Splats(points=1))
    assert np.array_equal(one[..., 0], thin)


def test_trust_shrinks_and_blending_keeps_what_is_trusted() -> None:
    mask = np.zeros((128, 128), np.float32)
    mask[20:100, 20:100] = 1
    sizes = MaskSizes().scaled(128)
    assert all(size % 2 for size in (sizes.warp_px, sizes.contour_px, sizes.blur_px))
    assert MaskSizes().scaled(512) == MaskSizes()
    trusted = trusted_region(mask, mask, sizes)
    assert trusted.max() == pytest.approx(1)
    assert trusted.sum() < mask.sum()
    assert trusted_region(mask * 0, mask).max() == 0
    warped, generated = np.ones((128, 128, 3), np.float32), np.zeros((128, 128, 3), np.float32)
    assert np.array_equal(blended(warped, generated, trusted)[..., 0], trusted)


def test_cameras_stand_around() -> None:
    assert all(abs(camera.yaw_radians) < 0.5 for camera in published_cameras())
    yaws = np.array([camera.yaw_radians for camera in all_round_cameras(12)])
    assert np.ptp(yaws) > 1.8 * math.pi * 0.9
    assert all(camera.radius == pytest.approx(FRONT.radius) for camera in all_round_cameras(12))
