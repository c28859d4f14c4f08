import numpy as np

from core.training.synthetic.base_mesh import BaseMesh, base_mesh
from core.training.synthetic.formats import parse_obj


def small_body() -> BaseMesh:
    """A body of three quads: two make the head, one hangs too low; a helper face lies among them."""
    obj = "\n".join(
        [
            *(f"v {x} {y} 0" for y in (7, 6, 5, 3) for x in (0, 1)),
            *(f"vt {x} {y}" for y in (1, 0.75, 0.5, 0.25) for x in (0, 1)),
            "g body",
            "f 1/1 3/3 4/4 2/2",
            "f 3/3 5/5 6/6 4/4",
            "f 5/5 7/7 8/8 6/6",
            "g helper",
            "f 1/1 3/3 4/4 2/2",
        ]
    )
    targets = {"nose/nose-hump-incr": (np.array([0, 2]), np.array([[0, 0, 1], [0, 1, 0]], np.float32))}
    return base_mesh(parse_obj(obj), targets)


def test_the_head_is_cut_out_of_the_body() -> None:
    base = small_body()
    assert base.head_faces == [[0, 2, 3, 1], [2, 4, 5, 3]]
    assert base.head_vertices.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(base.render.triangles) == 2 * 4 * 2
    assert base.face_of_triangle.tolist() == [0] * 8 + [1] * 8


def test_targets_add_up_and_unknown_ones_are_passed_over() -> None:
    base = small_body()
    shaped = base.shaped({"nose/nose-hump-incr": 0.5, "no/such-target": 3.0})
    np.testing.assert_allclose((shaped - base.vertices)[[0, 2]], [[0, 0, 0.5], [0, 0.5, 0]])
    assert np.abs(shaped - base.vertices).sum() == 1
    np.testing.assert_allclose(base.shaped({}), base.vertices)


def test_the_skin_faces_outwards_and_matches_its_uvs() -> None:
    base = small_body()
    positions, normals = base.skin(base.shaped({}))
    np.testing.assert_allclose(normals, np.tile([0, 0, 1.0], (len(positions), 1)), atol=1e-9)
    inner = positions[base.render.index]
    middle = (inner[:, 0] == 0.5) & (inner[:, 1] == 6.5)  # the upper quad's face point
    np.testing.assert_allclose(base.render.uv[middle], [[0.5, 0.875]])
