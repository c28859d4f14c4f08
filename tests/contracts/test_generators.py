"""What every generator promises; the tiny one keeps it too, or the tests that use it mean nothing."""

from functools import cache

import pytest
import torch

from core.generators import LOADERS, load
from core.mask import PARTS
from core.protocols import Generator, PlaneGenerator
from tests.fakes import TinyGenerator
from tests.random_generators import RANDOM

trained_generators = pytest.mark.parametrize("name", ["tiny", *LOADERS])
every_generator = pytest.mark.parametrize("name", ["tiny", *LOADERS, *RANDOM])
"""Also the published families, small and with random weights: these keep every promise but that of drawing a head."""


@cache
def generator(name: str) -> Generator:
    if name in RANDOM:
        return RANDOM[name]()
    return TinyGenerator() if name == "tiny" else load(name)


@cache
def latents(name: str, truncation: float = 0.7) -> torch.Tensor:
    one = generator(name)
    noise = torch.randn(2, one.info.noise_size, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        return one.latents(noise, truncation)


@cache
def decoded(name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Points of a coarse lattice in the box, their density and their features."""
    one = generator(name)
    side = torch.linspace(-0.49, 0.49, 24) * one.info.box_side
    points = torch.cartesian_prod(side, side, side)
    with torch.no_grad():
        raw, features = one.decode(one.trigrid(latents(name)[0]).sample(points))
    return points, torch.nn.functional.softplus(raw - 1), features


@every_generator
def test_info(name: str) -> None:
    info = generator(name).info
    assert info.name == name
    assert info.title
    assert info.licence
    assert min(info.latent_count, info.latent_size, info.noise_size, info.neural_px) > 0
    assert info.picture_px >= info.neural_px
    assert info.parts in ((), PARTS)


@every_generator
def test_latents(name: str) -> None:
    info = generator(name).info
    assert latents(name).shape == (2, info.latent_count, info.latent_size)
    assert latents(name).dtype == torch.float32
    assert not torch.equal(latents(name)[0], latents(name)[1])
    mean = generator(name).mean_latents()
    assert mean.shape == (info.latent_count, info.latent_size)
    torch.testing.assert_close(latents(name, 0.0)[0], mean, atol=1e-4, rtol=1e-4)


@every_generator
def test_trigrid_is_the_planes_of_its_latents(name: str) -> None:
    one = generator(name)
    with torch.no_grad():
        field = one.trigrid(latents(name)[0])
        if isinstance(one, PlaneGenerator):
            grid = one.trigrid(latents(name)[0])
            torch.testing.assert_close(grid.planes, one.planes(latents(name))[0], atol=1e-4, rtol=1e-4)
    assert field.box_side == one.info.box_side
    assert field.detached() == field
    assert field.to("cpu") is field


@every_generator
def test_the_same_latents_give_the_same_field(name: str) -> None:
    with torch.no_grad():
        first, second = (generator(name).trigrid(latents(name)[0]) for _ in range(2))
    assert first == second


@every_generator
def test_gradients_reach_the_latents(name: str) -> None:
    one = generator(name)
    codes = latents(name)[0].clone().requires_grad_()
    one.trigrid(codes).sample(torch.linspace(-0.2, 0.2, 99).view(-1, 3)).square().mean().backward()
    assert codes.grad is not None
    assert codes.grad.abs().max() > 0


@trained_generators
def test_a_head_stands_in_empty_space(name: str) -> None:
    points, density, _ = decoded(name)
    assert density.shape == (len(points),)
    assert torch.isfinite(density).all()
    solid = density > 30
    assert 0.01 < solid.float().mean() < 0.5
    rim = (points.abs().amax(dim=1) > 0.48 * generator(name).info.box_side) & (points[:, 1] > 0)
    assert density[rim].mean() < 1, "the box's sides above the neck must be empty"


@every_generator
def test_colours_and_labels(name: str) -> None:
    one = generator(name)
    points, density, features = decoded(name)
    colours = one.colours(features)
    assert colours.shape == (len(points), 3)
    assert colours.min() >= 0
    assert colours.max() <= 1
    logits = one.label_logits(features)
    assert (logits is None) == (one.info.parts == ())
    if logits is not None:
        assert logits.shape == (len(points), len(one.info.parts))
        # the face looks along +z, so hair is what the upper back of the head is made of, and skin is in front
        labels = logits.argmax(dim=1)
        near_surface = density > 30
        behind = near_surface & (points[:, 2] < -0.06) & (points[:, 1] > 0.08)
        in_front = near_surface & (points[:, 2] > 0.1) & (points[:, 1].abs() < 0.08)
        assert (labels[behind] == PARTS.index("hair")).float().mean() > 0.5
        assert (labels[in_front] == PARTS.index("hair")).float().mean() < 0.5


@every_generator
def test_picture(name: str) -> None:
    one = generator(name)
    info, width = one.info, decoded(name)[2].shape[1]
    size = (info.neural_px, info.neural_px)
    with torch.no_grad():
        empty = one.picture(torch.zeros(1, width, *size), torch.zeros(1, 1, *size), latents(name)[:1])
    assert empty.shape == (1, 3, info.picture_px, info.picture_px)
    assert empty.min() >= 0
    assert empty.max() <= 1
    assert empty.mean() > 0.9, "where there is no head the picture is white"


def outcome(one: Generator, name: str) -> torch.Tensor:
    """One number that depends on every weight: synthesis, decoder and the way to the finished picture."""
    codes = latents(name)[:1]
    points = torch.linspace(-0.2, 0.2, one.info.neural_px**2)[:, None].expand(-1, 3)
    raw, features = one.decode(one.trigrid(codes[0]).sample(points))
    picture = features.T.reshape(1, -1, one.info.neural_px, one.info.neural_px)
    return raw.mean() + one.picture(picture, torch.ones_like(picture[:, :1]), codes).square().mean()


@every_generator
def test_tuning_makes_another_generator(name: str) -> None:
    one = generator(name)
    weights = one.parameters_to_tune()
    assert weights
    with torch.no_grad():
        before = outcome(one, name)
        same = one.tuned({key: torch.zeros_like(value) for key, value in weights.items()})
        torch.testing.assert_close(outcome(same, name), before, atol=1e-5, rtol=1e-4)
        noise = torch.Generator().manual_seed(3)
        delta = {key: 0.05 * torch.randn(value.shape, generator=noise) for key, value in weights.items()}
        other = one.tuned({**delta, "trigrid": torch.zeros(1)})
        assert not torch.allclose(outcome(other, name), before)
        assert torch.equal(outcome(one, name), before)
    assert other.info == one.info


@every_generator
def test_gradients_reach_the_tuning(name: str) -> None:
    one = generator(name)
    delta = {key: torch.zeros_like(value).requires_grad_() for key, value in one.parameters_to_tune().items()}
    outcome(one.tuned(delta), name).backward()
    assert any(value.grad is not None and value.grad.abs().max() > 0 for value in delta.values())
