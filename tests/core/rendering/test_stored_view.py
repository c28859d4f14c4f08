"""A saved head can be looked at, and turned, before anything of it is computed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from core.camera import Camera
from core.exporters.light import light_mesh
from core.frame import Frame, Quality
from core.rendering.mesh_view import MeshRenderer
from core.rendering.renderer import HeadRenderer
from core.rendering.stored_view import StoredView
from tests.fakes import TinyGenerator, tiny_head

FRONT, BESIDE, BEHIND = Camera.orbit(), Camera.orbit(0.3, 0.1), Camera.orbit(math.pi)


@pytest.fixture(scope="module")
def renderer() -> HeadRenderer:
    return HeadRenderer(TinyGenerator(grid_nodes=64), tiny_head(3))


@pytest.fixture(scope="module")
def stored(renderer: HeadRenderer) -> StoredView:
    frame = renderer.render(FRONT, Quality.NEAR)
    return StoredView(frame, light_mesh(renderer.grid(), renderer.keys))


def _off(frame: Frame, other: Frame) -> float:
    """Mean difference of two pictures, of 255."""
    return float(np.abs(frame.rgb.astype(int) - other.rgb.astype(int)).mean())


@pytest.mark.parametrize("camera", [FRONT, BESIDE, BEHIND])
def test_it_looks_like_the_head_from_all_sides(stored: StoredView, renderer: HeadRenderer, camera: Camera) -> None:
    seen = stored.render(camera, Quality.EXACT)
    assert (seen.quality, seen.camera) == (Quality.PREVIEW, camera), "nothing is made of it"
    assert seen.rgb.shape == stored.frame.rgb.shape
    assert _off(seen, renderer.render(camera, Quality.NEAR)) < 12


def test_what_the_frame_shows_has_its_colours_and_the_rest_those_of_the_mesh(stored: StoredView) -> None:
    seen = MeshRenderer(stored.mesh).render(FRONT, Quality.NEAR, size_px=64)
    green = StoredView(replace(seen, rgb=np.full_like(seen.rgb, (0, 200, 0))), stored.mesh)
    front = green.render(FRONT, Quality.PREVIEW)
    assert np.median(front.rgb[front.alpha > 0.99], axis=0).tolist() == [0, 200, 0]
    behind, own = (view.render(BEHIND, Quality.PREVIEW, size_px=64) for view in (green, stored))
    assert np.array_equal(behind.rgb, own.rgb)


def test_a_renderer_begins_with_it_and_looks_at_the_head_when_there_is_time(stored: StoredView) -> None:
    renderer = HeadRenderer(TinyGenerator(grid_nodes=64), tiny_head(3), stored=stored)
    first = renderer.render(BESIDE, Quality.PREVIEW)
    assert np.array_equal(first.rgb, stored.render(BESIDE, Quality.PREVIEW).rgb)
    assert renderer.known_grid is None
    assert first.labels is None
    renderer.render(BESIDE, Quality.NEAR)
    later = renderer.render(BESIDE, Quality.PREVIEW)
    assert later.labels is not None
    assert not np.array_equal(later.rgb, first.rgb)
