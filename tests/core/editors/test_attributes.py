"""Sliders move what they are about, bring along what always goes with it, and leave the rest alone."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.editors import attributes
from core.editors.attributes import SLIDERS, Slider, Sliders, direction, mix_against
from core.errors import VoltefaceError
from core.generators.mini import Mini
from core.generators.mini_network import MiniConfig, MiniNetwork
from core.generators.mini_prior import AttributeNames, LatentPrior, fitted_prior
from tests.fakes import TinyGenerator

NAMES = AttributeNames.grouped(
    ("gender", "age", "hair/long", "hair/short", "melanin", "mean_skin_r", "glasses", "hairbox8_bottom"), ("hair",)
)
CONFIG = MiniConfig(
    latent_size=8, widths=(8, 8, 8), position_channels=(0, 4, 4), channels=4, hidden=8, neural_px=16, upscale_width=4
)


def prior() -> LatentPrior:
    """Latents are the standardised attributes themselves; dark skin is less red, long hair hangs low."""
    draw = torch.Generator().manual_seed(1)
    count = 600
    gender = torch.rand(count, generator=draw)
    long = ((gender + 0.5 * torch.rand(count, generator=draw)) < 0.6).float()
    melanin = torch.rand(count, generator=draw)
    columns = [
        gender,
        torch.rand(count, generator=draw),
        long,
        1 - long,
        melanin,
        0.9 - 0.5 * melanin + 0.02 * torch.randn(count, generator=draw),
        (torch.rand(count, generator=draw) < 0.3).float(),
        0.6 + 0.3 * long + 0.02 * torch.randn(count, generator=draw),
    ]
    values = torch.stack(columns, 1)
    return fitted_prior(
        NAMES, values, values.mean(0), values.std(0), torch.eye(8), torch.zeros(8), torch.zeros(count, 8)
    )


@pytest.fixture(autouse=True)
def _no_mix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(attributes, "WEIGHTS", tmp_path)
    attributes.bundled_mix.cache_clear()


@pytest.fixture
def sliders() -> Sliders:
    return Sliders.of(mini())


def mini() -> Mini:
    torch.manual_seed(0)
    return Mini(MiniNetwork(CONFIG), prior(), torch.zeros(2, 8))


def moved(sliders: Sliders, name: str) -> dict[str, float]:
    """Change of every attribute, in deviations; latents are the attributes here."""
    change: Tensor = sliders.applied(torch.zeros(2, 8), {name: 1.0})[0]
    return dict(zip(NAMES.names, change.tolist(), strict=True))


def test_sliders_without_their_attributes_are_left_out(sliders: Sliders) -> None:
    assert sliders.names == ("age", "sex", "skin", "hair-length", "glasses")


def test_strength_one_is_one_deviation_of_the_data(sliders: Sliders) -> None:
    assert moved(sliders, "age")["age"] == pytest.approx(1, abs=0.1)
    assert moved(sliders, "glasses")["glasses"] == pytest.approx(1, abs=0.1)


def test_others_are_left_alone(sliders: Sliders) -> None:
    for name, own in (("age", {"age"}), ("sex", {"gender"}), ("skin", {"melanin", "mean_skin_r"})):
        change = moved(sliders, name)
        assert {attribute for attribute, amount in change.items() if abs(amount) > 1e-3} == own, name


def test_what_always_goes_along_does(sliders: Sliders) -> None:
    assert moved(sliders, "skin")["mean_skin_r"] == pytest.approx(-0.8, abs=0.12)
    longer = moved(sliders, "hair-length")
    assert longer["hair/long"] > 0.5
    assert longer["hair/short"] < -0.5
    assert longer["gender"] == 0


def test_strengths_add_up_and_stop_at_the_range(sliders: Sliders) -> None:
    latents = torch.randn(3, 8)
    both = sliders.applied(latents, {"age": 0.5, "sex": -1.0})
    one_by_one = sliders.applied(sliders.applied(latents, {"age": 0.5}), {"sex": -1.0})
    torch.testing.assert_close(both, one_by_one)
    torch.testing.assert_close(
        sliders.applied(latents, {"age": 99.0}), sliders.applied(latents, {"age": sliders.slider("age").range[1]})
    )
    torch.testing.assert_close(sliders.applied(latents, {}), latents)


def test_unknown_sliders_and_generators_are_told_in_a_sentence(sliders: Sliders) -> None:
    with pytest.raises(VoltefaceError, match="no attribute 'horns'"):
        sliders.applied(torch.zeros(1, 8), {"horns": 1.0})
    with pytest.raises(VoltefaceError, match="no attribute 'smile'"):
        sliders.direction("smile")
    with pytest.raises(VoltefaceError, match="no sliders"):
        Sliders.of(TinyGenerator())


def test_a_mix_undoes_a_planted_leak() -> None:
    leaking = torch.tensor([[1.0, 0.3, 0.0], [0.0, 0.8, 0.2], [-0.25, 0.0, 1.2]])
    mixed = mix_against(leaking) @ leaking

    def leak(response: Tensor) -> float:
        return float((response - torch.diag(response.diagonal())).norm() / response.diagonal().norm())

    assert leak(mixed) < 0.4 * leak(leaking)
    torch.testing.assert_close(mix_against(torch.eye(3)), torch.eye(3))


def test_the_bundled_mix_is_taken_for_its_own_sliders_only(sliders: Sliders) -> None:
    count = len(sliders.names)
    mix = torch.eye(count)
    mix[0, 1] = 0.5
    path = attributes.mix_file("mini")
    path.write_text(json.dumps({"sliders": sliders.names, "mix": mix.tolist()}))
    attributes.bundled_mix.cache_clear()
    expected = sliders.direction("age") + 0.5 * sliders.direction("sex")
    torch.testing.assert_close(Sliders.of(mini()).direction("age"), expected)
    path.write_text(json.dumps({"sliders": ["other"], "mix": [[1.0]]}))
    attributes.bundled_mix.cache_clear()
    torch.testing.assert_close(Sliders.of(mini()).direction("age"), sliders.direction("age"))


def test_every_slider_of_the_table_is_sane() -> None:
    assert len({slider.name for slider in SLIDERS}) == len(SLIDERS)
    for slider in SLIDERS:
        assert slider.range[0] < 0 < slider.range[1]


def test_a_direction_follows_its_weights() -> None:
    own = prior()
    drawn = torch.randn(500, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    both = direction(Slider("x", "x", {"age": 1, "gender": -1}), own, drawn)
    assert both[1] > 0 > both[0]
    assert both[1] == pytest.approx(-float(both[0]))
