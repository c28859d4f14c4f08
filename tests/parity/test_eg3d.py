"""EG3D's generator against the published one, on random weights."""

from typing import Any

import pytest
import torch

from core.generators.eg3d import EG3D, EG3DConfig, EG3DNetwork
from core.rendering.marching import Jitter
from core.trigrid import Trigrid
from tests.parity.golden import Golden, assert_close, case, names
from tests.parity.marched import as_rays, march_official, strided
from tests.parity.recipe import recipe_state

SMALL = sorted(name for name in names("B_eg3d") if "recipe" not in name) or ["B_eg3d_small"]
LARGE = sorted(name for name in names("B_eg3d") if "recipe" in name) or ["B_eg3d_full_recipe"]


def facts_of(golden: Golden) -> dict[str, Any]:
    return {
        "init_kwargs": golden.facts["config"],
        "neural_rendering_resolution": golden.facts["neural_rendering_resolution"],
    }


def check_outputs(eg3d: EG3D, golden: Golden) -> None:
    """Every stored output."""
    network, inputs, outputs = eg3d.network, golden.inputs, dict(golden.outputs)

    def check(value: torch.Tensor, name: str) -> None:
        expected = outputs.pop(name)
        assert_close(strided(value, expected), expected, name)

    for name in [name for name in outputs if name.startswith("ws_psi")]:
        truncation, _, cutoff = name.removeprefix("ws_psi").partition("_cutoff")
        check(network.latents(inputs["z"], inputs["c_cond"], float(truncation), int(cutoff) if cutoff else None), name)
    latents = golden.outputs["ws_psi0.7"]
    planes = eg3d.planes(latents)
    flat = planes.flatten(1, 3)
    check(flat, "planes_const")
    check(flat.sum((2, 3)), "planes_const_sum_hw")
    check(network.planes(latents, "none").flatten(1, 3), "planes_none")
    trigrid = Trigrid(planes[0], eg3d.config.axes, eg3d.config.box_side)
    density, features = eg3d.decode(trigrid.sample(inputs["coords"][0]))
    check(features[None], "sample_rgb")
    check(density[None, :, None], "sample_sigma")

    for index, camera in enumerate(inputs["c"]):
        prefix = f"cam{index}.det."
        seen = march_official(eg3d, trigrid, camera)
        composited = network.composited(seen.features, seen.alpha)
        check(as_rays(composited), prefix + "feature")
        check(as_rays(seen.depth), prefix + "depth")
        check(as_rays(seen.alpha), prefix + "weights_sum")
        check(seen.depth, prefix + "image_depth")
        check(composited[:, :3], prefix + "image_raw")
        check(network.picture(composited, latents), prefix + "image")
    if "cam0.rng.jitter" in inputs:
        jitter = Jitter(inputs["cam0.rng.jitter"][0, ..., 0], inputs["cam0.rng.u"])
        seen = march_official(eg3d, trigrid, inputs["c"][0], jitter)
        check(as_rays(network.composited(seen.features, seen.alpha)), "cam0.rng.feature")
        check(as_rays(seen.depth), "cam0.rng.depth")
        check(as_rays(seen.alpha), "cam0.rng.weights_sum")
    assert not outputs, f"not looked at: {sorted(outputs)}"


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_outputs(name: str) -> None:
    golden = case(name)
    config = EG3DConfig.from_state(golden.weights, facts_of(golden))
    check_outputs(EG3D.from_state_dict(golden.weights, config), golden)


@pytest.mark.parametrize("name", SMALL)
def test_names_are_the_official_ones(name: str) -> None:
    golden = case(name)
    with torch.device("meta"):
        state = EG3DNetwork(EG3DConfig.from_state(golden.weights, facts_of(golden))).state_dict()
    assert {name: list(value.shape) for name, value in state.items()} == golden.facts["weights"]


@pytest.mark.parametrize("name", SMALL)
def test_recipe_regenerates_the_stored_weights(name: str) -> None:
    golden = case(name)
    state = EG3DNetwork(EG3DConfig.from_state(golden.weights, facts_of(golden))).state_dict()
    for key, value in recipe_state(state, golden.facts["weight_init"]).items():
        assert torch.equal(value, golden.weights[key]), key


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", LARGE)
@torch.no_grad()
def test_released_size(name: str) -> None:
    golden = case(name)
    network = EG3DNetwork(EG3DConfig())
    state = recipe_state(network.state_dict(), golden.facts["weight_init"])
    config = EG3DConfig.from_state(state, facts_of(golden))
    check_outputs(EG3D.from_state_dict(state, config), golden)
