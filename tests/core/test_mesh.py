import dataclasses

import numpy as np
import pytest

from core.mesh import Mesh

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float32)
CUBE_FACES = np.array(
    [
        [0, 1, 3], [0, 3, 2],  # x = 0
        [4, 6, 7], [4, 7, 5],  # x = 1
        [0, 4, 5], [0, 5, 1],  # y = 0
        [2, 3, 7], [2, 7, 6],  # y = 1
        [0, 2, 6], [0, 6, 4],  # z = 0
        [1, 5, 7], [1, 7, 3],  # z = 1
    ],
    dtype=np.int32,
)  # fmt: skip


@pytest.fixture
def cube() -> Mesh:
    return Mesh.of_triangles(CUBE, CUBE_FACES)


def test_cube(cube: Mesh) -> None:
    assert cube.is_watertight
    assert cube.volume == pytest.approx(1)
    np.testing.assert_array_equal(cube.bounds, [[0, 0, 0], [1, 1, 1]])


def test_normals_are_unit_and_outwards(cube: Mesh) -> None:
    np.testing.assert_allclose(np.linalg.norm(cube.normals, axis=1), 1, rtol=1e-6)
    assert (np.einsum("ij,ij->i", cube.normals, cube.vertices - 0.5) > 0).all()


def test_a_lonely_vertex_has_a_normal_too() -> None:
    mesh = Mesh.of_triangles(np.concatenate([CUBE, [[9, 9, 9]]]), CUBE_FACES)
    np.testing.assert_array_equal(mesh.normals[8], [0, 1, 0])


def test_scale(cube: Mesh) -> None:
    assert cube.scaled(2).volume == pytest.approx(8)
    assert cube.scaled(2).is_watertight
    with pytest.raises(ValueError, match="factor"):
        cube.scaled(0)


def test_volume_does_not_depend_on_the_place(cube: Mesh) -> None:
    assert dataclasses.replace(cube, vertices=cube.vertices + 7).volume == pytest.approx(1)


def test_wound_inwards(cube: Mesh) -> None:
    inwards = dataclasses.replace(cube, faces=cube.faces[:, ::-1].copy())
    assert inwards.volume == pytest.approx(-1)
    assert inwards.is_watertight


def test_a_hole_a_flipped_and_a_doubled_triangle_leak(cube: Mesh) -> None:
    flipped = cube.faces.copy()
    flipped[0] = flipped[0, ::-1]
    for faces in (cube.faces[1:], flipped, np.concatenate([cube.faces, cube.faces[:1]]), cube.faces[:0]):
        assert not dataclasses.replace(cube, faces=faces).is_watertight


def test_seams_of_a_texture_do_not_leak(cube: Mesh) -> None:
    corners = cube.vertices[cube.faces.ravel()]
    apart = Mesh.of_triangles(corners, np.arange(36).reshape(12, 3))
    assert apart.is_watertight
    assert apart.volume == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"vertices": np.zeros((8, 3))},
        {"vertices": np.zeros((8, 2), dtype=np.float32)},
        {"faces": np.zeros((1, 3), dtype=np.int64)},
        {"faces": np.full((1, 3), 8, dtype=np.int32)},
        {"faces": np.full((1, 3), -1, dtype=np.int32)},
        {"normals": np.zeros((7, 3), dtype=np.float32)},
        {"uvs": np.zeros((8, 3), dtype=np.float32)},
        {"colours": np.zeros((8, 3), dtype=np.float32)},
        {"labels": np.zeros((7,), dtype=np.uint8)},
    ],
)
def test_what_is_no_mesh(cube: Mesh, wrong: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="must"):
        dataclasses.replace(cube, **wrong)
