"""Glimpses agree with the exact renderer."""

from __future__ import annotations

import torch

from core.camera import Camera
from core.inverters.glimpse import Glimpse
from core.inverters.pose import RefinedCamera
from core.rendering.marching import march
from tests.fakes import TinyGenerator, tiny_head, trigrid_of


def test_a_glimpse_agrees_with_the_exact_picture() -> None:
    tiny, head, camera = TinyGenerator(), tiny_head(3), Camera.orbit(0.5, 0.1)
    refined = RefinedCamera(camera)
    with torch.no_grad():
        exact = march(tiny, head.trigrid, camera, 32)
        seen = Glimpse(tiny, head.trigrid, refined).see(tiny, head.trigrid, refined, (0, 0, 32, 32), 14)
    assert (seen.alpha - exact.alpha[0, 0]).abs().mean() < 0.01
    assert (seen.features[:3] - exact.features[0, :3]).abs().mean() < 0.01
    solid = exact.alpha[0, 0] > 0.95
    assert (seen.depth / seen.alpha - exact.depth[0, 0])[solid].abs().mean() < 0.01


def test_a_window_is_a_part_of_the_whole() -> None:
    tiny, head, refined = TinyGenerator(), tiny_head(2), RefinedCamera(Camera.orbit(-0.3))
    glimpse = Glimpse(tiny, head.trigrid, refined)
    with torch.no_grad():
        whole = glimpse.see(tiny, head.trigrid, refined, (0, 0, 32, 32), 8)
        part = glimpse.see(tiny, head.trigrid, refined, (10, 6, 12, 32), 8)
    assert torch.allclose(part.features, whole.features[:, 10:22, 6:18], atol=1e-5)
    assert torch.allclose(part.on_white(), whole.on_white()[:, :, 10:22, 6:18], atol=1e-5)


def test_gradients_reach_planes_and_camera() -> None:
    tiny, head, refined = TinyGenerator(), tiny_head(1), RefinedCamera(Camera.orbit())
    planes = trigrid_of(head).planes.clone().requires_grad_()
    trigrid = trigrid_of(head).with_planes(planes)
    glimpse = Glimpse(tiny, trigrid, refined)
    glimpse.see(tiny, trigrid, refined, (0, 0, 16, 16), 6).on_white().square().mean().backward()
    assert planes.grad is not None
    assert planes.grad.abs().sum() > 0
    assert refined.corrections.grad is not None
    assert refined.corrections.grad.isfinite().all()
    assert (refined.corrections.grad != 0).all()


def test_nothing_in_sight_is_an_empty_picture() -> None:
    tiny, head = TinyGenerator(), tiny_head(1)
    empty = trigrid_of(head).with_planes(torch.zeros_like(trigrid_of(head).planes))
    refined = RefinedCamera(Camera.orbit())
    seen = Glimpse(tiny, empty, refined).see(tiny, empty, refined, (0, 0, 16, 16), 6)
    assert seen.alpha.abs().max() < 1e-3
