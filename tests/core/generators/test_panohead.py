"""PanoHead at a tiny width, as a generator of this program; parity/ holds its numbers against the published ones."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from core import generators
from core.camera import Camera
from core.errors import CheckpointError
from core.frame import Quality
from core.generators.panohead import PanoHead, PanoHeadConfig
from core.generators.panohead_stylised import StylisedPanoHead
from core.generators.tuning import weights_of
from core.head import Head
from core.rendering.renderer import HeadRenderer
from tests.fakes import trigrid_of
from tests.parity.golden import case
from tests.random_generators import TINY_PANOHEAD, random_panohead


@pytest.fixture(scope="module")
def panohead() -> PanoHead:
    return random_panohead()


@pytest.fixture(scope="module")
def head(panohead: PanoHead) -> Head:
    latents = panohead.latents(torch.randn(1, 8, generator=torch.Generator().manual_seed(1)))[0]
    return Head(generator="panohead", latents=latents, camera=Camera.orbit(), trigrid=panohead.trigrid(latents))


def official() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(json.dumps(case("A_panohead_small").facts["config"]))
    return facts


def test_shapes(panohead: PanoHead, head: Head) -> None:
    info = panohead.info
    assert head.latents.shape == (info.latent_count, info.latent_size)
    assert panohead.mean_latents().shape == head.latents.shape
    assert trigrid_of(head).planes.shape == (3, 4, 3, 16, 16)
    assert panohead.label_logits(torch.zeros(2, 4)) is None
    assert panohead.colours(torch.zeros(5, 2, 4)).shape == (5, 2, 3)
    assert info.picture_px == 128
    assert info.extent == (0.4, math.inf, 0.4)


def test_zero_truncation_is_the_mean_head(panohead: PanoHead) -> None:
    assert torch.allclose(panohead.latents(torch.ones(2, 8), 0.0), panohead.mean_latents().expand(2, -1, -1))


def test_the_picture_is_white_where_there_is_no_head(panohead: PanoHead, head: Head) -> None:
    picture = panohead.picture(torch.zeros(1, 4, 16, 16), torch.zeros(1, 1, 16, 16), head.latents[None])
    assert picture.shape == (1, 3, 128, 128)
    assert (picture == 1).all()


@pytest.mark.parametrize("quality", list(Quality))
def test_it_is_rendered(panohead: PanoHead, head: Head, quality: Quality) -> None:
    frame = HeadRenderer(panohead, head).render(Camera.orbit(0.4), quality, size_px=64)
    assert frame.rgb.shape == (64, 64, 3)
    assert frame.labels is None
    assert frame.alpha.max() > 0.9


def test_tuning_leaves_the_generator_alone(panohead: PanoHead, head: Head) -> None:
    name = "backbone.synthesis.b8.conv0.weight"
    before = panohead.planes(head.latents[None])
    delta = {name: torch.full_like(panohead.parameters_to_tune()[name], 0.1), "trigrid": torch.zeros(1)}
    tuned = panohead.tuned(delta)
    assert torch.equal(panohead.planes(head.latents[None]), before)
    assert not torch.equal(tuned.planes(head.latents[None]), before)
    twice = tuned.tuned(delta)
    expected = weights_of(panohead.network)[name] + 0.2
    assert torch.allclose(twice.parameters_to_tune()[name], expected)
    assert twice.parameters_to_tune().keys() == panohead.parameters_to_tune().keys()
    other = "superresolution.block0.conv0.weight"
    assert weights_of(twice.network)[other] is weights_of(panohead.network)[other], "untouched weights are shared"
    assert not any(key.startswith("backbone.mapping") for key in panohead.parameters_to_tune())


def test_gradients_reach_the_delta(panohead: PanoHead, head: Head) -> None:
    name = "decoder.net.0.weight"
    delta = torch.zeros_like(panohead.parameters_to_tune()[name]).requires_grad_()
    tuned = panohead.tuned({name: delta})
    tuned.decode(head.trigrid.sample(torch.rand(20, 3) - 0.5))[0].sum().backward()
    assert delta.grad is not None
    assert delta.grad.abs().sum() > 0


def test_foreign_weights_are_refused() -> None:
    with pytest.raises(CheckpointError, match="not the weights of this PanoHead model"):
        PanoHead.from_state_dict({"decoder.net.0.weight": torch.zeros(2)}, TINY_PANOHEAD)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("superresolution_module", "training.superresolution.SuperresolutionHybrid2Xtra", "super-resolution"),
        ("use_background", False, "no background"),
        ("use_torgb_raw", False, "raw colours"),
        ("disparity_space_sampling", True, "disparity"),
    ],
)
def test_models_of_another_kind_are_refused(key: str, value: object, words: str) -> None:
    values = official()
    values["rendering_kwargs"][key] = value
    with pytest.raises(CheckpointError, match=words):
        PanoHeadConfig.from_official(values)


def test_rays_may_be_bounded_by_the_box() -> None:
    values = official()
    values["rendering_kwargs"].update(ray_start="auto", ray_end="auto")
    assert PanoHeadConfig.from_official(values).ray_limits is None


def test_unknown_generators_are_answered_with_a_suggestion() -> None:
    with pytest.raises(CheckpointError, match="Did you mean mini"):
        generators.load("minni")
    with pytest.raises(CheckpointError, match="There are: "):
        generators.load("xyz")


def test_the_released_shapes() -> None:
    shapes = Path(__file__).resolve().parents[4] / "shared" / "golden" / "SHAPES_panohead_G.json"
    if not shapes.exists():
        pytest.skip("the list of the released model's shapes is not here")
    state = PanoHead(PanoHeadConfig()).network.state_dict()
    expected = json.loads(shapes.read_text(encoding="utf-8"))["state_dict"]
    assert {name: list(value.shape) for name, value in state.items()} == expected


def test_sizes_are_read_off_the_tensors(panohead: PanoHead) -> None:
    state = panohead.network.state_dict()
    assert PanoHeadConfig.from_state(state, {"neural_rendering_resolution": 16}) == TINY_PANOHEAD
    facts = {"rendering_kwargs": {"ray_start": 2.35, "ray_end": 3.3, "use_background": False}}
    with pytest.raises(CheckpointError, match="no background"):
        PanoHeadConfig.from_state(state, facts)
    facts["rendering_kwargs"].pop("use_background")
    assert PanoHeadConfig.from_state(state, facts).ray_limits == (2.35, 3.3)


def test_stylised_weights_are_drawn_without_a_background(panohead: PanoHead, head: Head) -> None:
    stylised = StylisedPanoHead.from_state_dict(panohead.network.state_dict(), TINY_PANOHEAD)
    features, alpha = torch.rand(1, 4, 16, 16), torch.full((1, 1, 16, 16), 0.5)
    assert torch.equal(stylised.planes(head.latents[None]), panohead.planes(head.latents[None]))
    first, second = (one.picture(features, alpha, head.latents[None]) for one in (stylised, panohead))
    assert not torch.allclose(first, second)
    tuned = stylised.tuned({})
    assert isinstance(tuned, StylisedPanoHead)
    assert tuned.info == stylised.info
    with pytest.raises(CheckpointError, match="stylised PanoHead"):
        StylisedPanoHead.from_state_dict({}, TINY_PANOHEAD)
