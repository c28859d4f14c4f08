from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.camera import Camera
from core.exporters.density import sample_density
from core.exporters.subject import front_px
from core.exporters.surface import simplified, surface_of_grid
from core.exporters.texture import Texels, baked, coloured, surface_colours
from core.exporters.unwrap import unwrapped
from core.exporters.views import View, view_of, views_around
from core.face_detail import FaceDetail
from core.frame import Frame, Quality
from core.mesh import Mesh
from core.photo_layer import PhotoLayer
from core.progress import silent
from tests.core.exporters.ball import HALF_SIDES, LEVEL, BallRenderer, ball, ball_colours
from tests.fakes import tiny_head

TEXTURE_PX = 256
WRONG = torch.tensor([1.0, 0.0, 1.0])
"""What the field says where no view sees the surface; far from every colour of the ball."""


def own_colours(points: torch.Tensor, normals: torch.Tensor) -> torch.Tensor:
    del normals
    return WRONG.expand(len(points), 3)


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return simplified(surface_of_grid(sample_density(ball(), HALF_SIDES, 48, level=LEVEL)), 3000)


@pytest.fixture(scope="module")
def flat(mesh: Mesh) -> Mesh:
    return unwrapped(mesh)


@pytest.fixture(scope="module")
def views(mesh: Mesh) -> list[View]:
    return views_around(BallRenderer(), Camera.orbit(0.1), mesh, silent)


@pytest.fixture(scope="module")
def painted(flat: Mesh, views: list[View]) -> Mesh:
    return baked(
        flat, Texels.of(flat, TEXTURE_PX), lambda points, normals: surface_colours(points, normals, views, own_colours)
    )


def test_unwrapping_keeps_the_surface(mesh: Mesh, flat: Mesh) -> None:
    assert flat.uvs is not None
    assert flat.uvs.min() >= 0
    assert flat.uvs.max() <= 1
    assert flat.is_watertight
    assert flat.volume == pytest.approx(mesh.volume)
    assert len(flat.faces) == len(mesh.faces)
    # both sides of a cut keep one normal
    _, first, where = np.unique(flat.vertices, axis=0, return_index=True, return_inverse=True)
    assert np.allclose(flat.normals, flat.normals[first][where.reshape(-1)])


def test_every_surface_point_finds_its_colour(painted: Mesh) -> None:
    """Sampled at triangle centres: those above a chin's shadow, where every side is seen by some view."""
    assert painted.texture is not None
    assert painted.uvs is not None
    centres = painted.vertices[painted.faces].mean(axis=1)
    seen = centres[:, 1] > -0.6 * 0.15
    uv = painted.uvs[painted.faces].mean(axis=1)
    texels = np.clip(np.stack([1 - uv[:, 1], uv[:, 0]], axis=1) * TEXTURE_PX, 0, TEXTURE_PX - 1).astype(int)
    found = painted.texture[texels[:, 0], texels[:, 1]] / 255.0
    error = np.abs(found - ball_colours(centres))[seen]
    assert error.max() < 0.03
    assert error.mean() < 0.01


def test_neither_background_nor_emptiness_bleeds_in(painted: Mesh) -> None:
    assert painted.texture is not None
    # the ball has no colour with all channels above .9 or below .1
    assert not (painted.texture.min(axis=2) > 0.9 * 255).any()
    assert not (painted.texture.max(axis=2) < 0.1 * 255).any()


def test_the_field_fills_what_nothing_sees(mesh: Mesh) -> None:
    front_only = [view_of(BallRenderer().render(Camera.orbit(), Quality.NEAR), mesh)]
    colours = coloured(mesh, lambda p, n: surface_colours(p, n, front_only, own_colours)).colours
    assert colours is not None
    # the field's colours are moved onto those of the views, so magenta itself need not remain
    back, front = mesh.vertices[:, 2] < -0.05, mesh.vertices[:, 2] > 0.13
    assert np.ptp(colours[back].astype(int), axis=0).max() <= 1
    assert np.abs(colours[front] / 255 - ball_colours(mesh.vertices[front].astype(float))).max() < 0.03


def test_the_photo_has_priority_where_it_sees_well(mesh: Mesh) -> None:
    class TwoFaced(BallRenderer):
        """Paints the ball white in every view but the first."""

        def __init__(self) -> None:
            super().__init__()
            self.count = 0

        def render(self, *args: Any, **options: Any) -> Frame:  # noqa: ANN401 - passed on
            frame = super().render(*args, **options)
            frame.rgb[frame.alpha > 0] = 200 if self.count else 50
            self.count += 1
            return frame

    views = views_around(TwoFaced(), Camera.orbit(), mesh, silent)
    points = torch.tensor([[0.0, 0.0, 0.15], [0.0, 0.0, -0.15]])
    front, back = surface_colours(points, points / 0.15, views, own_colours)[:, 0].tolist()
    assert front < 70 / 255
    assert back > 190 / 255


def test_a_surface_behind_another_is_not_painted_with_it(mesh: Mesh) -> None:
    view = view_of(BallRenderer().render(Camera.orbit(), Quality.NEAR), mesh)
    inside = torch.tensor([[0.0, 0.0, 0.05]])
    towards = torch.tensor([[0.0, 0.0, 1.0]])
    assert torch.allclose(surface_colours(inside, towards, [view], own_colours), WRONG, atol=1e-3)


def test_a_front_is_as_fine_as_its_photo() -> None:
    head = tiny_head()
    assert front_px(head, 64) is None
    assert front_px(replace(head, face=FaceDetail()), 64) == 128
    side = 512
    nothing = np.zeros((side, side), np.uint8)
    photo = PhotoLayer(
        picture=np.zeros((side, side, 3), np.uint8),
        cover=nothing,
        cover_from_here=nothing,
        camera=Camera.orbit(),
        depth=np.zeros((8, 8), np.float32),
    )
    fine = replace(photo, detail=np.zeros((3 * side, 3 * side, 3), np.int8))
    assert [front_px(replace(head, photos=(one,)), 64) for one in (photo, fine)] == [side, 2 * side]
