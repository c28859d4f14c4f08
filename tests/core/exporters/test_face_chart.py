"""The face in the texture's map: in one piece, upright, hardly stretched, finer than the rest."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.exporters.density import sample_density
from core.exporters.face_chart import flat_front
from core.exporters.surface import simplified, surface_of_grid
from core.exporters.unwrap import unwrapped
from core.mesh import Mesh
from tests.core.exporters.ball import HALF_SIDES, LEVEL, ball


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return simplified(surface_of_grid(sample_density(ball(0.2), HALF_SIDES, 48, level=LEVEL)), 4000)


@pytest.fixture(scope="module")
def flat(mesh: Mesh) -> Mesh:
    return unwrapped(mesh)


def _uvs(mesh: Mesh) -> NDArray[np.float32]:
    assert mesh.uvs is not None
    return mesh.uvs


def _areas(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each triangle, on the surface and, with a sign, in the map."""
    corners, places = mesh.vertices[mesh.faces].astype(float), _uvs(mesh)[mesh.faces].astype(float)
    one, other = places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]
    solid = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    return solid, (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2


def _ahead(mesh: Mesh) -> NDArray[np.bool_]:
    """Triangles of the face, and none beside it."""
    middles = mesh.vertices[mesh.faces].mean(axis=1)
    return np.asarray((middles[:, 2] > 0.12) & (np.abs(middles[:, :2]) < 0.1).all(axis=1))


def test_the_face_is_one_piece_and_upright(flat: Mesh) -> None:
    chosen = np.unique(flat.faces[_ahead(flat)])
    places = np.round(flat.vertices[chosen], 6)
    assert len(np.unique(places, axis=0)) == len(chosen), "a vertex of the face lies at two places of the map"
    uvs, points = _uvs(flat)[chosen], flat.vertices[chosen]
    assert np.corrcoef(uvs[:, 0], points[:, 0])[0, 1] > 0.99
    assert np.corrcoef(uvs[:, 1], points[:, 1])[0, 1] > 0.99


def test_the_face_is_finer_than_the_rest_and_hardly_stretched(flat: Mesh) -> None:
    solid, mapped = _areas(flat)
    ahead = _ahead(flat)
    fineness = np.sqrt(np.abs(mapped) / solid)
    back = fineness[flat.vertices[flat.faces].mean(axis=1)[:, 2] < -0.05]
    assert np.median(fineness[ahead]) > 1.3 * np.median(back)
    assert np.percentile(fineness[ahead], 95) < 1.3 * np.percentile(fineness[ahead], 5)
    assert (mapped[ahead] > 0).all(), "a triangle of the face is upside down"


def test_no_place_of_the_map_is_two_places_of_the_surface(flat: Mesh) -> None:
    uvs, side = _uvs(flat)[flat.faces] * 400, 400
    hits = np.zeros((side, side), int)
    for one, two, three in uvs:
        low, high = (
            np.floor(np.min([one, two, three], 0)).astype(int),
            np.ceil(np.max([one, two, three], 0)).astype(int),
        )
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        sides = [
            (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for a, b in ((one, two), (two, three), (three, one))
        ]
        inside = (np.min(sides, 0) > 1e-3) | (np.max(sides, 0) < -1e-3)
        hits[low[1] : high[1], low[0] : high[0]] += inside
    assert (hits > 1).sum() <= 2


def test_the_flat_cut_below_takes_little_of_the_map(mesh: Mesh) -> None:
    low = mesh.vertices[mesh.faces].mean(axis=1)[:, 1] < -0.15
    plain, spared = unwrapped(mesh), unwrapped(mesh, low)

    def share(flat: Mesh) -> float:
        mapped = np.abs(_areas(flat)[1])
        return float(mapped[flat.vertices[flat.faces].mean(axis=1)[:, 1] < -0.15].sum() / mapped.sum())

    assert share(spared) < share(plain)
    assert spared.is_watertight


def test_what_has_no_face_is_unwrapped_all_the_same(mesh: Mesh) -> None:
    behind = Mesh.of_triangles(mesh.vertices - np.array([0, 0, 1], np.float32), mesh.faces)
    assert flat_front(behind.vertices, behind.faces) is None
    flat = unwrapped(behind)
    assert flat.is_watertight
    assert 0 <= _uvs(flat).min() < _uvs(flat).max() <= 1
