"""Views drawn, tiled and shown as depth."""

from __future__ import annotations

import math

import pytest
import torch

from core.stylizers.poses import GRID_VIEWS, SINGLE_VIEWS, checked_cameras, styling_camera
from core.stylizers.view_grid import nearness, nearness_grid, spread, view_grid, views_of_grid


def pictures(seed: int = 0, channels: int = 3) -> torch.Tensor:
    return torch.rand(4, 2, channels, 6, 6, generator=torch.Generator().manual_seed(seed))


def test_a_grid_comes_apart_again() -> None:
    assert torch.equal(views_of_grid(view_grid(pictures())), pictures())
    assert view_grid(pictures(), 2.0).shape == (2, 3, 24, 24)


def test_views_are_resized_alone() -> None:
    flat = torch.arange(4.0).view(4, 1, 1, 1, 1).expand(4, 1, 1, 3, 3)
    grid = view_grid(flat, 4.0)
    assert (grid - grid.round()).abs().max() < 1e-5, "nothing leaks between views"


def test_a_grid_has_four_views() -> None:
    with pytest.raises(ValueError, match="four"):
        view_grid(pictures()[:3])


def test_depth_is_near_at_one() -> None:
    depth = torch.tensor([[2.4, 2.6], [2.85, 99.0]]).view(1, 1, 2, 2)
    near = nearness(depth)
    assert near[0, 0, 0, 0] == 1
    assert near[0, 0, 1, 0] == near[0, 0, 1, 1] == 0
    assert spread(torch.full((1, 1, 2, 2), 7.0)).max() == 0
    grid = nearness_grid(pictures(channels=1))
    for view in views_of_grid(grid):
        assert view.min() == 0
        assert view.max() == 1


def test_views_stay_in_their_range_and_mirror() -> None:
    noise = torch.Generator().manual_seed(0)
    for camera in SINGLE_VIEWS.drawn(50, noise):
        assert abs(camera.yaw_radians) <= math.radians(60) + 1e-6
    yaws = [camera.yaw_radians for camera in GRID_VIEWS.drawn(100, noise)]
    assert max(yaws) > 2.5
    assert min(yaws) < -2.5
    for yaw, pitch in ((0.4, 0.2), (-2.0, -0.3)):
        left, right = styling_camera(yaw, pitch), styling_camera(-yaw, pitch)
        assert left.mirrored().position == pytest.approx(right.position)
    assert [round(math.degrees(camera.yaw_radians)) for camera in checked_cameras()] == [-90, -30, 0, 30, 90]
