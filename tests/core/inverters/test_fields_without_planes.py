"""A head whose field is no trigrid is found by the search alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.camera import Camera
from core.inverters.latent_space import LatentSpace
from core.inverters.pivotal import Pivotal
from core.inverters.schedule import Plan
from core.siren_field import SirenField
from tests.core.inverters.portraits import portrait
from tests.random_generators import random_stylesdf

if TYPE_CHECKING:
    from core.progress import Progress


def test_all_steps_go_to_the_search() -> None:
    plan = Plan.of(None, 12, planes=False)
    assert (plan.search_steps, plan.colouring_steps, plan.tuning_steps) == (12, 0, 0)


def test_each_kind_of_layer_has_a_space_of_its_own() -> None:
    stylesdf = random_stylesdf()
    space = LatentSpace.of(stylesdf)
    noise = torch.randn(300, stylesdf.info.noise_size, generator=torch.Generator().manual_seed(8))
    latents = stylesdf.latents(noise, 1.0)
    codes = torch.stack([space.coordinates(head) for head in latents])
    torch.testing.assert_close(space.latents(codes[0]), latents[0], rtol=1e-3, atol=1e-3)
    assert torch.equal(space.mean[0], space.mean[1])
    assert not torch.equal(space.mean[0], space.mean[-1])
    assert codes.mean(dim=0).abs().max() < 0.5, "the usual head of every layer lies about the origin"


def test_a_field_without_planes_is_found() -> None:
    stylesdf = random_stylesdf()
    noise = torch.randn(1, stylesdf.info.noise_size, generator=torch.Generator().manual_seed(3))
    photo = portrait(stylesdf, stylesdf.latents(noise, 1.0)[0], Camera.orbit())
    heard: list[Progress] = []
    head = Pivotal().invert(photo, stylesdf, heard.append, steps=12)
    assert isinstance(head.trigrid, SirenField)
    assert head.trigrid == stylesdf.trigrid(head.latents).detached()
    assert not head.delta
    losses = [progress.values["colour"] for progress in heard if "colour" in progress.values]
    assert losses[-1] < losses[0]
