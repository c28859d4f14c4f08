"""Half precision: half the memory, nearly the same picture, and everything else as before."""

from __future__ import annotations

import copy

import pytest
import torch

from core.camera import Camera
from core.frame import Quality
from core.generators.eg3d import EG3D
from core.generators.half import halve
from core.generators.panohead import PanoHead
from core.head import Head
from core.rendering.renderer import HeadRenderer
from tests.core.checkpoints import builders

Made = PanoHead | EG3D


def made(family: str) -> Made:
    if family == "panohead":
        config = builders.PANOHEAD
        return PanoHead(config, builders.network(config))  # type: ignore[arg-type]
    return EG3D(builders.EG3D, builders.network(builders.EG3D))  # type: ignore[arg-type]


def head_of(generator: Made, delta: dict[str, torch.Tensor] | None = None) -> Head:
    latents = generator.mean_latents()
    with torch.no_grad():
        trigrid = generator.trigrid(latents)
    return Head(
        generator=generator.info.name, latents=latents, camera=Camera.orbit(), trigrid=trigrid, delta=delta or {}
    )


def halved(generator: Made) -> Made:
    other = copy.copy(generator)
    other.network = halve(copy.deepcopy(generator.network))
    return other


def bytes_of(generator: Made) -> int:
    return sum(
        weight.numel() * weight.element_size()
        for module in generator.network.modules()
        for weight in module._parameters.values()
        if weight is not None
    )


@pytest.mark.parametrize("family", ["panohead", "eg3d"])
def test_the_picture_is_nearly_the_same(family: str) -> None:
    full = made(family)
    half = halved(full)
    assert bytes_of(half) == bytes_of(full) // 2
    assert set(half.network.state_dict()) == set(full.network.state_dict())
    one, other = (HeadRenderer(g, head_of(g)).render(Camera.orbit(0.3, 0.1), Quality.EXACT) for g in (full, half))
    assert abs(one.rgb.astype(int) - other.rgb).mean() < 2
    assert one.rgb.std() > 5


@pytest.mark.parametrize("family", ["panohead", "eg3d"])
def test_tuning_works_in_full_precision(family: str) -> None:
    half = halved(made(family))
    name = "decoder.net.2.bias"
    delta = torch.zeros_like(half.parameters_to_tune()[name], dtype=torch.float32).requires_grad_()
    points = torch.randn(7, half.config.plane_channels)
    raw, features = half.tuned({name: delta}).decode(points)
    assert raw.dtype == features.dtype == torch.float32
    (raw.sum() + features.sum()).backward()
    assert delta.grad is not None
    assert delta.grad.abs().sum() > 0
    shifted = half.tuned({name: torch.full_like(delta, 0.001).detach()}).decode(points)[0]
    torch.testing.assert_close(shifted, raw.detach() + 0.001, rtol=0, atol=2e-4)
