"""A normal map says how light falls on what stands out, in the frame in which viewers read it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.camera import Camera
from core.exporters.density import sample_density
from core.exporters.normal_map import FLAT, normals_at, tangents_of, with_normal_map
from core.exporters.surface import simplified, surface_of_grid
from core.exporters.texture import Texels
from core.exporters.unwrap import unwrapped
from core.mesh import Mesh
from core.rendering.raster import seen_by
from tests.core.exporters.ball import HALF_SIDES, LEVEL, ball

Array = NDArray[np.float64]
TEXTURE_PX = 128


@pytest.fixture(scope="module")
def flat() -> Mesh:
    return unwrapped(simplified(surface_of_grid(sample_density(ball(), HALF_SIDES, 48, level=LEVEL)), 2000))


def _waves(points: Array) -> Array:
    return 0.004 * np.sin(40 * points[..., 0]) * np.sin(40 * points[..., 1])


def _slopes(points: Array) -> Array:
    x, y = 40 * points[:, 0], 40 * points[:, 1]
    along = 0.16 * np.cos(x) * np.sin(y), 0.16 * np.sin(x) * np.cos(y)
    return np.stack([*along, np.zeros(len(points))], 1)


def test_a_smooth_surface_has_a_flat_map(flat: Mesh) -> None:
    mapped = with_normal_map(flat, Texels.of(flat, TEXTURE_PX), lambda places, _: np.zeros(places.shape[:2]))
    assert mapped.normal_map is not None
    assert (mapped.normal_map == FLAT).all()


def test_normals_are_those_of_the_raised_surface(flat: Mesh) -> None:
    """Read as a viewer reads it: along u, along v and outwards."""
    texels = Texels.of(flat, TEXTURE_PX)
    mapped = with_normal_map(flat, texels, lambda places, _: _waves(places))
    assert mapped.normal_map is not None
    told = (mapped.normal_map[texels.coverage.covered].astype(float) - 128) / 127
    tangents = texels.coverage.interpolated(tangents_of(flat), flat.faces).astype(float)
    normals = texels.normals.astype(float)
    right = tangents[:, :3] - (tangents[:, :3] * normals).sum(1, keepdims=True) * normals
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(normals, right) * np.sign(tangents[:, 3:])
    turned = told[:, :1] * right + told[:, 1:2] * up + told[:, 2:] * normals
    slopes = _slopes(texels.points.astype(float))
    true = normals - (slopes - (slopes * normals).sum(1, keepdims=True) * normals)
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    missed = np.degrees(np.arccos(np.clip((turned * true).sum(1), -1, 1)))
    unmapped = np.degrees(np.arccos(np.clip((normals * true).sum(1), -1, 1)))
    assert np.median(missed) < 0.1 * np.median(unmapped)


def test_tangents_lead_along_u(flat: Mesh) -> None:
    """Moved along its tangent, a point of a triangle has a greater u and the same v."""
    assert flat.uvs is not None
    tangents = tangents_of(flat)[:, :3].astype(float)
    a, b, c = (flat.vertices[flat.faces[:, k]].astype(float) for k in range(3))
    u, v, w = (flat.uvs[flat.faces[:, k]].astype(float) for k in range(3))
    mean = tangents[flat.faces].mean(1)
    basis = np.stack([b - a, c - a, np.cross(b - a, c - a)], -1)
    usual = np.linalg.cond(basis) < 1e4
    shares = np.linalg.solve(basis[usual], mean[usual, :, None])[..., 0]
    moved = shares[:, :1] * (v - u)[usual] + shares[:, 1:2] * (w - u)[usual]
    assert (moved[:, 0] > 0).mean() > 0.97
    assert np.median(np.abs(moved[:, 1]) / np.abs(moved[:, 0])) < 0.1


def test_the_map_is_as_large_as_the_texture(flat: Mesh) -> None:
    mapped = with_normal_map(flat, Texels.of(flat, 64), lambda places, _: _waves(places))
    assert mapped.normal_map is not None
    assert mapped.normal_map.shape == (64, 64, 3)
    assert np.array_equal(mapped.vertices, flat.vertices), "the shape itself stays"
    assert np.array_equal(mapped.normals, flat.normals)


def test_a_picture_of_the_file_is_lit_as_the_raised_surface_is(flat: Mesh) -> None:
    """From in front, where no texel was made: what viewers do with the map."""
    mapped = with_normal_map(flat, Texels.of(flat, 512), lambda places, _: _waves(places))
    coverage = seen_by(Camera.orbit(), flat.vertices, flat.faces, 96)
    points = coverage.interpolated(flat.vertices, flat.faces).astype(float)
    plain = normals_at(flat, coverage).astype(float)
    slopes = _slopes(points)
    true = plain - (slopes - (slopes * plain).sum(1, keepdims=True) * plain)
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    missed, unmapped = (1 - (one * true).sum(1) for one in (normals_at(mapped, coverage), plain))
    assert np.median(missed) < 0.02 * np.median(unmapped)
