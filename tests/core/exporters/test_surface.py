import math

import numpy as np
import pytest
import torch

from core.errors import ExportError
from core.exporters.crossings import Crossings
from core.exporters.density import SLANT, DensityField, raw_from_density, sample_density, visible_level
from core.exporters.surface import DensityGrid, largest_piece, simplified, surface_of_grid
from core.exporters.unwrap import with_hard_edges
from core.mesh import Mesh
from tests.core.exporters.ball import HALF_SIDES, LEVEL, RADIUS, STEEPNESS, ball

RESOLUTION = 64


def surface(field: DensityField, half_sides: tuple[float, float, float] = HALF_SIDES) -> Mesh:
    return surface_of_grid(sample_density(field, half_sides, RESOLUTION, level=LEVEL))


def test_a_ball_keeps_its_radius_volume_and_outward_normals() -> None:
    mesh = surface(ball())
    distance = np.linalg.norm(mesh.vertices, axis=1)
    assert np.abs(distance - RADIUS).max() < 5e-4
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * RADIUS**3, rel=5e-3)
    outward = np.einsum("ij,ij->i", mesh.normals, mesh.vertices / distance[:, None])
    assert outward.min() > 0.99


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_is_not_swapped_with_another(axis: int) -> None:
    centre = [0.0, 0.0, 0.0]
    centre[axis] = 0.12
    mesh = surface(ball(0.1, (centre[0], centre[1], centre[2])))
    assert np.allclose(mesh.bounds.mean(axis=0), centre, atol=1e-3)


def test_what_leaves_the_box_is_capped_flat() -> None:
    mesh = surface(ball(0.2, (0.0, -0.3, 0.0)))
    assert mesh.is_watertight
    assert mesh.bounds[0, 1] == pytest.approx(-0.4, abs=1e-6)
    height = 0.3
    assert mesh.volume == pytest.approx(math.pi * height**2 * (3 * 0.2 - height) / 3, rel=5e-3)
    cap = mesh.normals[np.abs(mesh.vertices[:, 1] + 0.4) < 1e-6]
    inner = np.median(cap, axis=0)
    assert np.allclose(inner, [0, -1, 0], atol=1e-3)


def test_a_region_may_be_narrower_than_the_box() -> None:
    mesh = surface(ball(0.2), half_sides=(0.1, 0.4, 0.15))
    assert mesh.is_watertight
    assert np.allclose(mesh.bounds[1], [0.1, mesh.bounds[1, 1], 0.15], atol=1e-6)
    # the tip of the ball is cut off by its x and z faces only
    assert mesh.bounds[1, 1] == pytest.approx(0.2, abs=1e-3)


def test_crumbs_and_bubbles_are_dropped() -> None:
    def field(points: torch.Tensor) -> torch.Tensor:
        solid = torch.maximum(ball()(points), ball(0.03, (0.3, 0.3, 0.0))(points))
        return torch.minimum(solid, 2 * LEVEL - ball(0.05)(points))

    mesh = surface(field)
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * RADIUS**3, rel=5e-3)
    assert np.linalg.norm(mesh.vertices, axis=1).min() > 0.14


def test_something_thinner_than_a_coarse_cell_is_found() -> None:
    # a sheet two fine cells thick, half-way between coarse samples
    cell = 0.8 / RESOLUTION
    offset = 2 * cell

    def field(points: torch.Tensor) -> torch.Tensor:
        sheet = LEVEL + STEEPNESS * (cell - (points[:, 0] - 0.2 - offset).abs())
        bounded = torch.minimum(sheet, LEVEL + STEEPNESS * (0.2 - points[:, 1:].abs().amax(1)))
        return torch.maximum(bounded, ball(0.05)(points))

    assert surface(field).bounds[1, 0] == pytest.approx(0.2 + offset + cell, abs=3e-3)


def test_only_the_neighbourhood_of_the_surface_is_evaluated() -> None:
    counted: list[int] = []

    def field(points: torch.Tensor) -> torch.Tensor:
        counted.append(len(points))
        return ball()(points)

    grid = sample_density(field, HALF_SIDES, 128, level=LEVEL)
    assert sum(counted) < 0.15 * grid.raw.size
    axis = torch.linspace(-0.4, 0.4, 129)
    exact = ball()(torch.cartesian_prod(axis, axis, axis)).view(129, 129, 129).numpy()
    near = np.abs(exact - LEVEL) < STEEPNESS * 2 * 0.8 / 128
    assert np.abs(grid.raw - exact)[near].max() < 0.05
    assert np.array_equal(grid.raw > LEVEL, exact > LEVEL)


def test_a_wall_steeper_than_a_cell_has_no_terraces() -> None:
    cell = 0.8 / RESOLUTION

    def wall(points: torch.Tensor) -> torch.Tensor:
        raw: torch.Tensor = LEVEL + 100 * ((RADIUS - points.norm(dim=1)) / (0.1 * cell)).clamp(-1, 1)
        return raw

    mesh = surface_of_grid(sample_density(wall, HALF_SIDES, RESOLUTION, level=LEVEL), smoothing_passes=0)
    distance = np.linalg.norm(mesh.vertices, axis=1)
    assert np.abs(distance - RADIUS).max() < 0.03 * cell
    assert np.einsum("ij,ij->i", mesh.normals, mesh.vertices / distance[:, None]).min() > math.cos(math.radians(4))


def test_the_level_follows_where_half_of_the_light_is_stopped() -> None:
    # density s x under the surface stops half of the light where s x^2 / 2 = ln 2
    slope = 4000.0

    def field(points: torch.Tensor) -> torch.Tensor:
        density = (slope * (0.2 - points.norm(dim=1))).clamp(min=1e-4)
        raw: torch.Tensor = density + torch.log(-torch.expm1(-density)) + 1
        return raw

    coarse = field(torch.cartesian_prod(*[torch.linspace(-0.4, 0.4, 53)] * 3)).view(53, 53, 53)
    stopped_at = math.sqrt(2 * math.log(2) / slope)
    # rays that strike at a slant are stopped less deep, which lowers the median
    assert visible_level(field, coarse, HALF_SIDES) == pytest.approx(
        raw_from_density(SLANT * slope * stopped_at), rel=0.25
    )


def test_fewer_triangles_keep_the_shape_closed() -> None:
    mesh = surface(ball())
    fewer = simplified(mesh, 1500)
    assert len(fewer.faces) <= 1500 < len(mesh.faces)
    assert fewer.is_watertight
    assert fewer.volume == pytest.approx(mesh.volume, rel=0.01)
    assert simplified(mesh, 10**6).volume == mesh.volume


def test_a_mesh_that_cannot_be_thinned_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import fast_simplification

    mesh, thinned = surface(ball()), fast_simplification.simplify

    def torn(vertices: np.ndarray, faces: np.ndarray, **given: int) -> tuple[np.ndarray, np.ndarray]:
        fewer, kept = thinned(vertices, faces, **given)
        return fewer, kept[len(kept) // 8 :]

    monkeypatch.setattr(fast_simplification, "simplify", torn)
    # one quarter more than asked for would be more than there is
    whole = simplified(mesh, len(mesh.faces) * 9 // 10)
    assert whole.is_watertight
    assert len(whole.faces) == len(mesh.faces)


def test_no_triangle_is_collapsed() -> None:
    # a flat face exactly on grid corners is the worst case for marching cubes
    mesh = surface(lambda points: LEVEL + STEEPNESS * (0.2 - points.abs().amax(1)))
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    assert np.linalg.norm(np.cross(b - a, c - a), axis=1).min() > 0
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(0.4**3, rel=0.02)


def test_nothing_solid_is_an_error() -> None:
    none = Crossings(np.zeros(0, np.int64), np.zeros(0, np.float32))
    grid = DensityGrid(np.zeros((4, 4, 4), np.float32), HALF_SIDES, LEVEL, none)
    assert grid.is_empty
    with pytest.raises(ExportError, match="no surface"):
        surface_of_grid(grid)


def test_the_largest_piece_is_kept() -> None:
    small, large = surface(ball(0.05, (0.3, 0.0, 0.0))), surface(ball(0.1))
    vertices = np.concatenate([small.vertices, large.vertices])
    faces = np.concatenate([small.faces, large.faces + len(small.vertices)])
    kept, triangles = largest_piece(vertices, faces)
    assert np.array_equal(kept, large.vertices)
    assert np.array_equal(triangles, large.faces)


def test_cuts_get_hard_edges_and_stay_closed() -> None:
    whole = surface(ball(0.2, (0.0, -0.3, 0.0)))
    mesh = with_hard_edges(whole, HALF_SIDES)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(whole.volume)
    assert len(mesh.faces) == len(whole.faces)
    on_cut = mesh.vertices[:, 1] < -0.4 + 1e-6
    _, place, times = np.unique(mesh.vertices, axis=0, return_inverse=True, return_counts=True)
    rim = times[place.reshape(-1)] == 2
    down = mesh.normals[:, 1] < -0.999
    # the rim is there twice: once flat, once as the ball goes on
    assert (rim & down).sum() == (rim & ~down).sum() > 20
    assert np.allclose(np.linalg.norm(mesh.vertices[rim][:, [0, 2]], axis=1), math.sqrt(0.03), atol=4e-3)
    assert np.abs(mesh.normals[rim & ~down, 1] + 0.5).max() < 0.3
    assert down[on_cut & ~rim].all()


def test_what_leaves_no_box_has_no_hard_edges() -> None:
    mesh = surface(ball())
    same = with_hard_edges(mesh, HALF_SIDES)
    assert np.array_equal(same.vertices, mesh.vertices)
    assert np.array_equal(same.faces, mesh.faces)
    assert np.array_equal(same.normals, mesh.normals)
