"""StyleSDF's generator, and the field and cameras that E3DGE shares, against the published ones on random weights."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from core.generators.stylesdf import StyleSDF, StyleSDFConfig, StyleSDFNetwork, camera_from_sdf, sdf_from_camera
from core.generators.stylesdf_renderer import SdfCameras, density, render
from core.generators.stylesdf_siren import Siren
from tests.parity.golden import Golden, assert_close, case, names
from tests.parity.marched import strided
from tests.parity.recipe import recipe_state

SMALL = sorted(name for name in names("I_stylesdf") if "recipe" not in name) or ["I_stylesdf_small"]
LARGE = sorted(name for name in names("I_stylesdf") if "recipe" in name) or ["I_stylesdf_full_recipe"]
PIECES = sorted(names("I_e3dge_pieces")) or ["I_e3dge_pieces"]


def config_of(golden: Golden, state: dict[str, Tensor]) -> StyleSDFConfig:
    return StyleSDFConfig.from_state(state, {"opts": golden.facts["config"]})


def config_of_facts(golden: Golden) -> StyleSDFConfig:
    """Sizes by the case's json, where there are no tensors to tell them."""
    model: dict[str, Any] = golden.facts["config"]["model"]
    rendering: dict[str, Any] = golden.facts["config"]["rendering"]
    neural_px = model["renderer_spatial_output_dim"]
    cap = golden.facts["config"]["slim_decoder_channel_cap"] or 512
    sizes = [neural_px << step for step in range(int(math.log2(model["size"] // neural_px)) + 1)]
    widths = [min(cap, 512 if px <= 32 else 64 * 256 * model["channel_multiplier"] // px) for px in sizes]
    return StyleSDFConfig(
        width=rendering["width"],
        depth=rendering["depth"],
        latent_size=StyleSDFConfig().latent_size,
        mapping_layers=model["n_mlp"] - 3,
        decoder_widths=tuple(widths),
        neural_px=neural_px,
        samples=rendering["N_samples"],
    )


def check_outputs(stylesdf: StyleSDF, golden: Golden) -> None:
    """Every stored output."""
    network, config = stylesdf.network, stylesdf.config
    inputs, outputs = golden.inputs, dict(golden.outputs)
    siren, beta = network.renderer.network, network.renderer.sigmoid_beta

    def check(value: Tensor, name: str) -> None:
        expected = outputs.pop(name)
        assert_close(strided(value, expected), expected, name)

    cameras = SdfCameras.around(inputs["locations"], config.neural_px)
    check(cameras.poses, "cam.extrinsics")
    check(cameras.focal, "cam.focal")
    check(cameras.near, "cam.near")
    check(cameras.far, "cam.far")
    means = network.mean_codes(inputs["z16_for_mean"])
    check(means[0], "mean_latent0")
    check(means[1], "mean_latent1")
    code, latent = network.codes(inputs["z"])
    check(code, "style")
    check(latent, "decoder_style")
    check(siren(inputs["siren.x"], code), "siren.y")
    check(siren.layers[0](inputs["film0.x"], code), "film0.y")
    check(density(inputs["sdf"], beta), "sdf_activation_of_minus_sdf")
    origins, directions, own = cameras.rays()
    check(origins, "rays_o")
    check(directions, "rays_d")
    check(own if config.static_directions else directions, "viewdirs_unnormalised")

    short = network.codes(inputs["z"], 0.5, means)
    for index in range(len(inputs["locations"])):
        camera = SdfCameras.around(inputs["locations"][index : index + 1], config.neural_px)
        prefix = f"cam{index}."
        for (codes, decoder_codes), kind in (((code, latent), ""), (short, "trunc0.5.")):
            seen = render(siren, beta, codes, camera, config.marching)
            rows = decoder_codes[:, None].expand(-1, network.decoder.latent_count, -1)
            check(network.decoder(seen.features, rows), f"{prefix}{kind}rgb")
            check(seen.rgb, f"{prefix}{kind}thumb" if kind else f"{prefix}thumb_rgb")
            if kind:
                continue
            check(seen.last_weight, prefix + "mask_last_weight")
            check(seen.points, prefix + "xyz")
            if prefix + "features" in outputs:
                check(seen.features, prefix + "features")
            if prefix + "sdf" in outputs:
                check(seen.distance, prefix + "sdf")
    assert not outputs, f"not looked at: {sorted(outputs)}"


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_outputs(name: str) -> None:
    golden = case(name)
    check_outputs(StyleSDF.from_state_dict(golden.weights, config_of(golden, golden.weights)), golden)


@pytest.mark.parametrize("name", SMALL)
def test_names_are_the_official_ones(name: str) -> None:
    golden = case(name)
    with torch.device("meta"):
        state = StyleSDFNetwork(config_of(golden, golden.weights)).state_dict()
    assert {name: list(value.shape) for name, value in state.items()} == golden.facts["weights"]


@pytest.mark.parametrize("name", SMALL)
def test_recipe_regenerates_the_stored_weights(name: str) -> None:
    golden = case(name)
    init = {"weight_overrides_after_recipe": {}, **golden.facts["weight_init"]}
    for key, value in recipe_state(StyleSDFNetwork(config_of(golden, golden.weights)).state_dict(), init).items():
        assert torch.equal(value, golden.weights[key]), key


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", LARGE)
@torch.no_grad()
def test_released_size(name: str) -> None:
    golden = case(name)
    config = config_of_facts(golden)
    init = {"weight_overrides_after_recipe": {}, **golden.facts["weight_init"]}
    state = recipe_state(StyleSDFNetwork(config).state_dict(), init)
    assert config_of(golden, state) == config
    check_outputs(StyleSDF.from_state_dict(state, config), golden)


@pytest.mark.parametrize("name", PIECES)
@torch.no_grad()
def test_the_field_of_e3dge(name: str) -> None:
    golden = case(name)
    config, inputs, outputs = golden.facts["config"], golden.inputs, golden.outputs
    siren = Siren(config["siren_depth"], config["siren_width"])
    prefix = "siren."
    siren.load_state_dict(
        {key.removeprefix(prefix): value for key, value in golden.weights.items() if key.startswith(prefix)}
    )
    x, codes = inputs["siren.x"], inputs["siren.wplus"]
    assert_close(siren(x, codes), outputs["siren.wplus"], "wplus")
    assert_close(siren(x, inputs["siren.w"]), outputs["siren.w"], "w")
    points, directions = x.split(3, dim=-1)
    hidden = siren.backbone(points, codes)
    assert_close(hidden, outputs["siren.backbone"], "backbone")
    assert_close(siren.distance(hidden), outputs["siren.sdf"], "sdf")
    modulation = inputs["siren.mod_alpha"], inputs["siren.mod_beta"]
    colour, features = siren.appearance(hidden, directions, codes, modulation)
    assert_close(colour, outputs["siren.modulated_rgb"], "colour")
    assert_close(features, outputs["siren.modulated_features"], "features")


@pytest.mark.parametrize("name", PIECES)
def test_the_cameras_of_e3dge(name: str) -> None:
    golden = case(name)
    picture_px = round(2 * float(golden.outputs["cam.focal"][0]) * math.tan(math.radians(6)))
    cameras = SdfCameras.around(torch.tensor(golden.facts["config"]["locations"]), picture_px)
    for part in ("poses", "extrinsics", "focal", "near", "far", "intrinsics", "calibs"):
        assert_close(getattr(cameras, part), golden.outputs[f"cam.{part}"], part)


@pytest.mark.parametrize("name", SMALL)
def test_cameras_go_to_the_studio_and_back(name: str) -> None:
    golden = case(name)
    cameras = SdfCameras.around(golden.inputs["locations"], 64)
    for index in range(len(cameras.poses)):
        again = sdf_from_camera(camera_from_sdf(cameras, index), 64)
        for part in ("poses", "focal", "near", "far"):
            assert_close(getattr(again, part)[0], getattr(cameras, part)[index], part)
