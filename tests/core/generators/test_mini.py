"""The bundled generator's networks, prior and file, at a tiny size; the bundled weights where they are marked."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from core.camera import Camera
from core.errors import CheckpointError
from core.generators.mini import Mini, load_mini
from core.generators.mini_network import (
    SOLID_DENSITY,
    MiniConfig,
    MiniNetwork,
    StyledSum,
    raw_density_from_occupancy,
    sample_planes,
)
from core.generators.mini_prior import AttributeNames, LatentPrior, fitted_prior
from core.mask import PARTS
from core.rendering.marching import march
from core.trigrid import PlaneAxes, Trigrid

TINY = MiniConfig(
    latent_size=8, widths=(8, 8, 8), position_channels=(0, 4, 4), channels=4, hidden=8, neural_px=16, upscale_width=4
)
NAMES = AttributeNames.grouped(("age", "hair/short", "hair/long", "glasses"), ("hair",))


def tiny_prior() -> LatentPrior:
    generator = torch.Generator().manual_seed(1)
    age = torch.rand(64, 1, generator=generator)
    short = (torch.rand(64, 1, generator=generator) < 0.7).float()
    glasses = (torch.rand(64, 1, generator=generator) < 0.25).float()
    values = torch.cat([age, short, 1 - short, glasses], 1)
    weight = torch.randn(8, 4, generator=generator)
    residuals = 0.1 * torch.randn(64, 8, generator=generator)
    return fitted_prior(NAMES, values, values.mean(0), values.std(0), weight, torch.zeros(8), residuals)


@pytest.fixture
def tiny() -> Mini:
    torch.manual_seed(0)
    return Mini(MiniNetwork(TINY), tiny_prior(), torch.zeros(2, 8))


@pytest.fixture(scope="module")
def bundled() -> Mini:
    return load_mini()


def test_fast_sampling_equals_grid_sample() -> None:
    generator = torch.Generator().manual_seed(2)
    planes = torch.randn(2, 3, 4, 3, 16, 16, generator=generator)
    points = (torch.rand(2, 500, 3, generator=generator) - 0.5) * 1.1  # some outside of the box
    fast = sample_planes(planes, points, PlaneAxes.PANOHEAD.value, 0.8)
    for head in range(2):
        exact = Trigrid(planes[head], PlaneAxes.PANOHEAD, 0.8).sample(points[head])
        torch.testing.assert_close(fast[head], exact, atol=2e-6, rtol=0)


def test_planes_of_channels_last_memory_sample_alike(tiny: Mini) -> None:
    planes = tiny.planes(tiny.latents(torch.randn(1, tiny.info.noise_size)))
    points = (torch.rand(1, 200, 3) - 0.5) * 0.8
    strided = sample_planes(planes, points, PlaneAxes.PANOHEAD.value, 0.8)
    torch.testing.assert_close(sample_planes(planes.contiguous(), points, PlaneAxes.PANOHEAD.value, 0.8), strided)


def test_what_is_added_to_planes_is_a_styled_convolution_of_one_pixel_however_memory_lies() -> None:
    layer = StyledSum(5, 7, 3)
    planes, x, latents = torch.randn(1, 7, 6, 6), torch.randn(2, 5, 6, 6), torch.randn(2, 3)
    styled = x * layer.style(latents)[:, :, None, None]
    wanted = planes + F.conv2d(styled, layer.weight * layer.gain, layer.bias)
    torch.testing.assert_close(layer(planes, x, latents), wanted)
    last = x.contiguous(memory_format=torch.channels_last)
    found = layer(planes, last[:1], latents[:1])
    torch.testing.assert_close(found, wanted[:1])
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("logit", [-20.0, -5.0, 0.0, 5.0, 20.0])
def test_density_of_an_occupancy_is_the_documented_one(logit: float) -> None:
    raw = raw_density_from_occupancy(torch.tensor([logit], dtype=torch.float64))
    sigma = torch.nn.functional.softplus(raw - 1)
    expected = SOLID_DENSITY * torch.sigmoid(torch.tensor([logit], dtype=torch.float64)) ** 2
    torch.testing.assert_close(sigma, expected, rtol=1e-6, atol=2e-6)


def test_truncation_zero_is_the_mean_head_whatever_the_noise(tiny: Mini) -> None:
    noise = torch.randn(3, tiny.info.noise_size)
    torch.testing.assert_close(tiny.latents(noise, 0.0), tiny.mean_latents().expand(3, -1, -1))


def test_options_of_a_choice_share_one_whole() -> None:
    prior = tiny_prior()
    values = prior.attributes_from_noise(torch.randn(200, prior.noise_size))
    torch.testing.assert_close(values[:, 1] + values[:, 2], torch.ones(200))


PEOPLE = AttributeNames.grouped(
    ("gender", "age", "hair/bun", "hair/none", "hair/short", "glasses", "dark", "beard", "length"), ("hair",)
)


def people(count: int = 3000) -> Tensor:
    """Attributes of a world where women wear a bun or short hair, and bald heads and beards are men's."""
    draw = torch.Generator().manual_seed(7)

    def chance(odds: Tensor | float) -> Tensor:
        return (torch.rand(count, generator=draw) < odds).float()

    man = chance(0.6)
    rare = chance(0.1)
    hair = torch.stack([(1 - man) * rare, man * rare, 1 - rare], 1)
    glasses = chance(0.3)
    length = hair @ torch.tensor([2.0, 0.0, 1.0]) + 0.1 * torch.randn(count, generator=draw)
    gender = man * 0.8 + 0.1 + 0.1 * (torch.rand(count, generator=draw) - 0.5)
    beard = man * chance(0.4) * torch.rand(count, generator=draw).clamp(min=0.3)
    values = [gender, torch.rand(count, generator=draw), *hair.T, glasses, glasses * chance(0.2), beard, length]
    return torch.stack(values, 1)


def prior_of(values: Tensor) -> LatentPrior:
    weight = torch.randn(8, values.shape[1], generator=torch.Generator().manual_seed(8))
    residuals = torch.zeros(len(values), 8)
    return fitted_prior(PEOPLE, values, values.mean(0), values.std(0), weight, torch.zeros(8), residuals)


@pytest.mark.parametrize("truncation", [1.0, 0.7, 0.1])
def test_truncation_leaves_kinds_their_odds(truncation: float) -> None:
    data = people()
    prior = prior_of(data)
    noise = torch.randn(4000, prior.noise_size, generator=torch.Generator().manual_seed(3))
    drawn = prior.attributes_from_noise(noise, truncation)
    for name in ("gender", "hair/bun", "hair/none", "hair/short", "glasses", "dark"):
        column = PEOPLE.names.index(name)
        expected, found = ((values[:, column] > 0.5).float().mean() for values in (data, drawn))
        assert abs(expected - found) < 3.5 * (expected * (1 - expected) / 2000) ** 0.5 + 0.005, name
    bearded = [(values[:, PEOPLE.names.index("beard")] > 0.2).float().mean() for values in (data, drawn)]
    assert abs(bearded[0] - bearded[1]) < 0.05
    ages = drawn[:, PEOPLE.names.index("age")]
    assert ages.std() < 0.35 * truncation + 0.01


def test_kinds_keep_to_their_sex_and_quantities_follow_the_kinds() -> None:
    prior = prior_of(people())
    noise = torch.randn(4000, prior.noise_size, generator=torch.Generator().manual_seed(4))
    drawn = dict(zip(PEOPLE.names, prior.attributes_from_noise(noise, 0.7).T, strict=True))
    women = drawn["gender"] < 0.4
    assert drawn["beard"][women].max() < 0.01
    assert drawn["hair/none"][women].max() < 0.01
    assert drawn["hair/bun"][drawn["gender"] > 0.6].max() < 0.01
    assert (drawn["dark"] <= drawn["glasses"] + 1e-6).all()
    assert drawn["length"][drawn["hair/bun"] > 0.9].mean() > 1.7
    assert drawn["length"][drawn["hair/none"] > 0.9].mean() < 0.3


def test_interpolated_noise_has_no_jumps() -> None:
    prior = prior_of(people())
    ends = torch.randn(2, prior.noise_size, generator=torch.Generator().manual_seed(5))
    path = torch.lerp(ends[:1], ends[1:], torch.linspace(0, 1, 20001)[:, None])
    steps = prior(path, 0.7).diff(dim=0).norm(dim=1)
    assert steps.max() < 0.05 * (prior(ends, 0.7)[0] - prior(ends, 0.7)[1]).norm()


def test_direction_moves_its_attribute_alone() -> None:
    prior = tiny_prior()
    attributes = torch.tensor([[0.5, 1.0, 0.0, 0.0]])
    older = attributes + torch.tensor([[0.25, 0.0, 0.0, 0.0]])
    moved = prior.latent_from_attributes(attributes) + 0.25 * prior.direction("age")
    torch.testing.assert_close(moved, prior.latent_from_attributes(older))
    with pytest.raises(KeyError):
        prior.direction("horns")


def test_empty_delta_is_the_identity(tiny: Mini) -> None:
    assert tiny.tuned({}) is tiny
    zero = {name: torch.zeros_like(value) for name, value in tiny.parameters_to_tune().items()}
    features = torch.randn(50, TINY.channels)
    for same, own in zip(tiny.tuned(zero).decode(features), tiny.decode(features), strict=True):
        torch.testing.assert_close(same, own)


def test_tuning_leaves_the_generator_as_it_was_and_adds_up(tiny: Mini) -> None:
    features = torch.randn(50, TINY.channels)
    before = tiny.decode(features)[1]
    step = {name: torch.full_like(value, 0.01) for name, value in tiny.parameters_to_tune().items()}
    double = {name: 2 * value for name, value in step.items()}
    twice = tiny.tuned(step).tuned(step).decode(features)[1]
    torch.testing.assert_close(twice, tiny.tuned(double).decode(features)[1])
    assert not torch.allclose(twice, before)
    torch.testing.assert_close(tiny.decode(features)[1], before)


def test_the_first_can_be_used_while_a_tuned_one_works(tiny: Mini) -> None:
    """As when one thread draws a tuned head and another makes an edit."""
    features = torch.randn(20, TINY.channels)
    before = tiny.decode(features)[1]
    tuned = tiny.tuned({name: torch.ones_like(weight) for name, weight in tiny.parameters_to_tune().items()})
    meanwhile: list[Tensor] = []

    def look(*_: object) -> None:
        if not meanwhile:
            meanwhile.append(before)
            meanwhile[0] = tiny.decode(features)[1]

    tuned.network.decoder.register_forward_hook(look)
    assert not torch.equal(tuned.decode(features)[1], before)
    assert torch.equal(meanwhile[0], before)


def test_gradients_reach_a_delta(tiny: Mini) -> None:
    delta = {name: torch.zeros_like(value, requires_grad=True) for name, value in tiny.parameters_to_tune().items()}
    tiny.tuned(delta).decode(torch.randn(20, TINY.channels))[1].square().mean().backward()
    gradient = delta["decoder.net.2.weight"].grad
    assert gradient is not None
    assert gradient.abs().max() > 0


def saved(tiny: Mini, path: Path, **changes: object) -> Path:
    state: dict[str, Tensor] = {f"network.{k}": v for k, v in tiny.network.state_dict().items()}
    state |= {f"prior.{k}": v for k, v in tiny.prior.state_dict().items()}
    state["bank"] = tiny.bank
    described = {"config": TINY.to_json(), "attributes": NAMES.names, "choices": NAMES.choices} | changes
    save_file({k: v.contiguous().clone() for k, v in state.items()}, path, metadata={"mini": json.dumps(described)})
    return path


def test_file_round_trip(tiny: Mini, tmp_path: Path) -> None:
    again = load_mini(saved(tiny, tmp_path / "m.safetensors"))
    latents = tiny.latents(torch.randn(1, tiny.info.noise_size))
    assert again.info == tiny.info
    torch.testing.assert_close(again.planes(latents), tiny.planes(latents))


def test_bad_files_are_told_in_a_sentence(tiny: Mini, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="could not be read"):
        load_mini(tmp_path / "missing.safetensors")
    (tmp_path / "noise.safetensors").write_bytes(b"not a model" * 10)
    with pytest.raises(CheckpointError, match="could not be read"):
        load_mini(tmp_path / "noise.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not a Mini"):
        load_mini(tmp_path / "other.safetensors")
    wider = saved(tiny, tmp_path / "wider.safetensors", config=TINY.to_json() | {"hidden": 16})
    with pytest.raises(CheckpointError, match="does not fit"):
        load_mini(wider)


def test_bundled_heads_have_a_face_in_front_and_none_behind(bundled: Mini) -> None:
    """What a person sees of any sample: eyes, nose and lips in front; behind, hair or skin and no face."""
    generator = torch.Generator().manual_seed(5)
    face = [PARTS.index(part) for part in ("eyes", "nose", "lips")]
    with torch.no_grad():
        for latents in bundled.latents(torch.randn(4, bundled.info.noise_size, generator=generator), 0.7):
            trigrid = bundled.trigrid(latents)
            seen = {}
            for yaw in (0.0, np.pi):
                view = march(bundled, trigrid, Camera.orbit(yaw, 0.05), 64, 32, 32)
                logits = bundled.label_logits(view.features[0].permute(1, 2, 0))
                assert logits is not None
                seen[yaw] = logits.argmax(-1)[view.alpha[0, 0] > 0.5]
                assert 0.15 < (view.alpha > 0.5).float().mean() < 0.7
                assert (view.alpha[0, 0, :4] < 0.5).all(), "a floater above the head"
            for part in face:
                assert (seen[0.0] == part).sum() >= 4, PARTS[part]
                assert (seen[np.pi] == part).sum() == 0, PARTS[part]


def test_bundled_prior_samples_around_the_training_heads(bundled: Mini) -> None:
    generator = torch.Generator().manual_seed(6)
    sampled = bundled.latents(torch.randn(512, bundled.info.noise_size, generator=generator), 1.0)[:, 0]
    spread = sampled.std(0).mean() / bundled.bank.std(0).mean()
    assert 0.6 < spread < 1.4
    assert len(bundled.bank) >= 300
