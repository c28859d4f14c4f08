"""Clay: a rough shape at once, from what the pictures' renderer knows already."""

import numpy as np
import pytest

from app.surface_road import surface_renderer_of, surface_sketch_of
from core.camera import Camera
from core.frame import Quality
from core.mesh import Mesh
from core.rendering.mesh_view import MeshRenderer
from core.rendering.renderer import HeadRenderer
from tests.fakes import TinyGenerator, tiny_head


@pytest.fixture
def drawn() -> HeadRenderer:
    return HeadRenderer(TinyGenerator(grid_nodes=64), tiny_head())


def test_a_sketch_has_the_shape_of_the_head(drawn: HeadRenderer) -> None:
    sketch = surface_sketch_of(tiny_head(), drawn)
    assert isinstance(sketch, MeshRenderer)
    assert sketch.mesh.is_watertight
    assert sketch.mesh.colours is None, "it is clay"
    shown, head = (one.render(Camera.orbit(0.6), Quality.NEAR, size_px=64).alpha > 0.5 for one in (sketch, drawn))
    assert (shown & head).sum() > 0.95 * (shown | head).sum()


def test_no_picture_is_drawn_for_a_sketch(drawn: HeadRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what shows while everything else is made; and the shown head may wear a style."""
    monkeypatch.setattr(HeadRenderer, "render", lambda *_args, **_options: pytest.fail("a picture was drawn"))
    assert isinstance(surface_sketch_of(tiny_head(), drawn), MeshRenderer)


def test_a_stand_in_is_its_own_shape() -> None:
    mesh = Mesh.of_triangles(np.eye(3), [[0, 1, 2]])
    painted = MeshRenderer(Mesh(mesh.vertices, mesh.faces, mesh.normals, colours=np.zeros((3, 3), np.uint8)))
    for road in (surface_sketch_of, surface_renderer_of):
        clay = road(tiny_head(), painted)
        assert isinstance(clay, MeshRenderer)
        assert clay.mesh.colours is None
        assert np.array_equal(clay.mesh.vertices, mesh.vertices)
