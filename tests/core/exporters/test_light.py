"""The light mesh of a project, and what can be exported and drawn of it without any generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from core.camera import Camera
from core.errors import ExportError
from core.exporters import ExportOptions, export_stand_in
from core.exporters.light import light_mesh, surface_nets
from core.frame import Quality
from core.mesh import Mesh
from core.rendering.mesh_view import MeshRenderer, StillRenderer
from core.rendering.renderer import HeadRenderer
from core.stand_in import ModelFacts, StandIn
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from pathlib import Path

VIEWS = [Camera.orbit(yaw, pitch) for yaw, pitch in ((0.0, 0.0), (1.2, 0.2), (3.1, 0.0))]
MODEL = ModelFacts("panohead", "PanoHead", "CC-BY-NC-4.0")


@pytest.fixture(scope="module")
def renderer() -> HeadRenderer:
    made = HeadRenderer(TinyGenerator(), tiny_head(1))
    made.render(Camera.orbit(), Quality.EXACT)
    return made


@pytest.fixture(scope="module")
def mesh(renderer: HeadRenderer) -> Mesh:
    return light_mesh(renderer.grid(), renderer.keys, triangles=6000)


def test_a_ball_is_closed_wound_outwards_and_where_it_is() -> None:
    side, radius = 33, 0.31
    axis = torch.linspace(-0.5, 0.5, side)
    x, y, z = torch.meshgrid(axis, axis, axis, indexing="ij")
    vertices, faces = surface_nets(radius - (x**2 + y**2 + z**2).sqrt(), 0.0, (0.5, 0.5, 0.5))
    ball = Mesh.of_triangles(vertices, faces)
    assert ball.is_watertight
    assert ball.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(radius, abs=0.01)


def test_what_leaves_the_box_is_capped() -> None:
    axis = torch.linspace(-1, 1, 17)
    x, _, _ = torch.meshgrid(axis, axis, axis, indexing="ij")
    vertices, faces = surface_nets(-x, 0.0, (1.0, 1.0, 1.0))
    half = Mesh.of_triangles(vertices, faces)
    assert half.is_watertight
    assert half.volume == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("camera", VIEWS)
def test_it_looks_like_the_head(mesh: Mesh, renderer: HeadRenderer, camera: Camera) -> None:
    shown = MeshRenderer(mesh).render(camera, Quality.EXACT, size_px=64)
    own = renderer.twin().render(camera, Quality.EXACT)
    solid, also = own.alpha > 0.5, shown.alpha > 0.5
    assert (solid & also).sum() / (solid | also).sum() > 0.95
    inner = (own.alpha > 0.99) & (shown.alpha > 0.99)
    assert np.abs(shown.rgb.astype(int) - own.rgb)[inner].mean() < 16
    depth = own.depth_at(0.5, 0.5)
    assert shown.depth_at(0.5, 0.5) == pytest.approx(depth, abs=0.02)


def test_it_is_light_and_coloured(mesh: Mesh) -> None:
    assert len(mesh.faces) <= 6000
    assert mesh.colours is not None
    assert len(np.unique(mesh.colours // 32, axis=0)) > 5


def test_an_empty_head_has_none(renderer: HeadRenderer) -> None:
    from dataclasses import replace

    grid = renderer.grid()
    with pytest.raises(ExportError, match="no surface"):
        light_mesh(replace(grid, sigma=torch.zeros_like(grid.sigma)), [])


@pytest.mark.parametrize("quality", list(Quality))
def test_every_quality_draws_the_same_mesh(mesh: Mesh, quality: Quality) -> None:
    frame = MeshRenderer(mesh).render(VIEWS[1], quality, size_px=96)
    assert frame.rgb.shape == (96, 96, 3)
    assert frame.labels is None
    assert 0.1 < frame.alpha.mean() < 0.9
    assert (frame.rgb[frame.alpha == 0] == 255).all()
    assert ((frame.depth > 0).mean()) == pytest.approx(frame.alpha.mean(), abs=0.02)


def test_clay_shows_shape_alone_and_no_side_of_it_is_dark() -> None:
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=4, radius=0.2)
    clay = MeshRenderer(Mesh.of_triangles(ball.vertices, ball.faces))
    front, back = (clay.render(Camera.orbit(yaw), Quality.EXACT, size_px=96) for yaw in (0.0, np.pi))
    inner = cv2.erode((front.alpha > 0.99).astype(np.uint8), np.ones((5, 5))) > 0
    assert np.abs(front.rgb[inner].astype(int) - back.rgb[inner]).mean() < 2, "the lamps go along"
    assert front.rgb[inner].min() > 30
    assert front.rgb[inner].std() > 15, "and the form can be told"
    upper_left, lower_right = front.rgb[:48, :48][inner[:48, :48]], front.rgb[48:, 48:][inner[48:, 48:]]
    assert upper_left.mean() > lower_right.mean() + 10


def test_a_picture_alone_stands_still() -> None:
    picture = np.full((32, 32, 3), 77, np.uint8)
    renderer = StillRenderer(picture)
    for camera in VIEWS:
        frame = renderer.render(camera, Quality.NEAR)
        assert frame.camera == camera
        assert (frame.rgb == 77).all()
    assert renderer.render(VIEWS[0], Quality.NEAR, size_px=16).rgb.shape == (16, 16, 3)


@pytest.mark.parametrize("suffix", [".glb", ".obj", ".ply", ".stl", ".png", ".mp4"])
def test_every_format_is_written_without_the_generator(suffix: str, mesh: Mesh, tmp_path: Path) -> None:
    path = tmp_path / f"head{suffix}"
    options = ExportOptions(texture_px=128, height_mm=200.0, picture_px=64, frames=3, camera=VIEWS[0])
    result = export_stand_in(StandIn(mesh, MODEL), path, options=options)
    assert path.stat().st_size == result.size_bytes or suffix == ".obj"
    if suffix in (".glb", ".obj", ".ply", ".stl"):
        assert result.height_mm == pytest.approx(200.0, rel=0.01)
        assert result.triangles == len(mesh.faces)
    if suffix == ".png":
        with Image.open(path) as picture:
            assert "PanoHead" in picture.info["Source"]
            assert np.asarray(picture.convert("RGB")).std() > 10
