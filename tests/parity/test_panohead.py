"""PanoHead's generator against the published one, on random weights."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.generators.panohead import PanoHead, PanoHeadConfig
from core.rendering.marching import Jitter
from core.rendering.rays import pose_rays
from core.trigrid import Trigrid
from tests.parity.golden import Golden, assert_close, case, names
from tests.parity.marched import as_rays, march_official, strided
from tests.parity.recipe import recipe_state

# the held cases of the other neighbours run too, wherever their files are at hand
SMALL = sorted(name for name in names("A_panohead") if "recipe" not in name) or ["A_panohead_small"]


@pytest.fixture(params=SMALL)
def golden(request: pytest.FixtureRequest) -> Golden:
    return case(request.param)


def config_of(golden: Golden) -> PanoHeadConfig:
    return PanoHeadConfig.from_official(golden.facts["config"], golden.facts["neural_rendering_resolution"])


def check_outputs(panohead: PanoHead, golden: Golden) -> None:
    """Every stored output that needs no random noise in the synthesis."""
    network, inputs, outputs = panohead.network, golden.inputs, dict(golden.outputs)

    def check(value: Tensor, name: str) -> None:
        expected = outputs.pop(name)
        assert_close(strided(value, expected), expected, name)

    for name in [name for name in outputs if name.startswith("ws_psi")]:
        truncation, _, cutoff = name.removeprefix("ws_psi").partition("_cutoff")
        check(
            network.backbone.latents(inputs["z"], inputs["c_cond"], float(truncation), int(cutoff) if cutoff else None),
            name,
        )
    offset = network.camera_offset(inputs["z"], inputs["c_cond"])
    check(offset, "delta_c")
    moved = inputs["c_cond"].clone()
    moved[:, [3, 7, 11]] += offset
    check(moved, "c_plus_delta")

    latents = golden.outputs["ws_psi0.7"]
    planes = panohead.planes(latents)
    flat = planes.flatten(1, 3)
    check(flat, "planes_const")
    check(flat.sum((2, 3)), "planes_const_sum_hw")
    check(network.planes(latents, "none").flatten(1, 3), "planes_none")
    trigrid = Trigrid(planes[0], box_side=panohead.config.box_side)
    density, features = panohead.decode(trigrid.sample(inputs["coords"][0]))
    check(features[None], "sample_rgb")
    check(density[None, :, None], "sample_sigma")

    for index, camera in enumerate(inputs["c"]):
        prefix = f"cam{index}.det."
        seen = march_official(panohead, trigrid, camera)
        check(as_rays(seen.features), prefix + "feature")
        check(as_rays(seen.depth), prefix + "depth")
        check(as_rays(seen.alpha), prefix + "weights_sum")
        check(seen.depth, prefix + "image_depth")
        check(seen.alpha * 1.002 - 0.001, prefix + "image_mask")
        filled = seen.features + (1 - seen.alpha) * network.background(latents, panohead.config.neural_px)
        raw = network.raw_picture(filled, latents)
        check(raw, prefix + "image_raw")
        check(network.superresolution(raw, filled, latents), prefix + "image")

    pose, lens = inputs["c"][:1, :16].view(1, 4, 4), inputs["c"][:1, 16:].view(1, 3, 3)
    origins, directions = pose_rays(pose, lens, panohead.config.neural_px)
    check(origins, "cam0.ray_origins")
    check(directions, "cam0.ray_directions")
    if "cam0.rng.jitter" in inputs:
        jitter = Jitter(inputs["cam0.rng.jitter"][0, ..., 0], inputs["cam0.rng.u"])
        seen = march_official(panohead, trigrid, inputs["c"][0], jitter)
        check(as_rays(seen.features), "cam0.rng.feature")
        check(as_rays(seen.depth), "cam0.rng.depth")
        check(as_rays(seen.alpha), "cam0.rng.weights_sum")
    if "cam0.det_nocrop.depth" in outputs:
        whole = PanoHead(replace(panohead.config, crop_margin=-1e3), network)
        seen = march_official(whole, trigrid, inputs["c"][0])
        check(as_rays(seen.depth), "cam0.det_nocrop.depth")
        check(as_rays(seen.alpha), "cam0.det_nocrop.weights_sum")
    # what is left draws its synthesis noise from torch's generator in the published order
    assert all(name.startswith("forward_seed") for name in outputs), f"not looked at: {sorted(outputs)}"


@torch.no_grad()
def test_outputs(golden: Golden) -> None:
    check_outputs(PanoHead.from_state_dict(golden.weights, config_of(golden)), golden)


def test_names_are_the_official_ones(golden: Golden) -> None:
    state = PanoHead(config_of(golden)).network.state_dict()
    assert {name: list(value.shape) for name, value in state.items()} == golden.facts["weights"]


def test_recipe_regenerates_the_stored_weights(golden: Golden) -> None:
    network = PanoHead(config_of(golden)).network
    for name, value in recipe_state(network.state_dict(), golden.facts["weight_init"]).items():
        assert torch.equal(value, golden.weights[name]), name


@pytest.mark.slow
@pytest.mark.timeout(600)
@torch.no_grad()
def test_released_size() -> None:
    golden = case("A_panohead_full_recipe")
    panohead = PanoHead(config_of(golden))
    assert panohead.config == PanoHeadConfig(), "the defaults are the released model's"
    state = recipe_state(panohead.network.state_dict(), golden.facts["weight_init"])
    check_outputs(PanoHead.from_state_dict(state, panohead.config), golden)
