"""E3DGE's encoders and their pieces against the published ones, on random weights."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from core.inverters.encoders.e3dge_alignment import E3dgeAlignmentConfig, E3dgeAlignmentNetwork
from core.inverters.encoders.e3dge_fusion import (
    DenseFusion,
    ResidualDense,
    features_at,
    perspective,
    picture_places,
    place_code,
)
from core.inverters.encoders.e3dge_global import E3dgeGlobalConfig, E3dgeGlobalNetwork
from core.inverters.encoders.e3dge_local import E3dgeLocalConfig, E3dgeLocalNetwork
from core.inverters.encoders.e3dge_pose import E3dgePoseConfig, E3dgePoseNetwork
from tests.parity.encoders import (
    Outputs,
    assert_released,
    cases,
    channel_statistics,
    every_output,
    official_shapes,
    recipe_network,
    seeded,
)
from tests.parity.golden import case

OFFICIAL: dict[str, tuple[Any, Callable[[Any], nn.Module]]] = {
    "e3dge_E0_hybrid_v2": (E3dgeGlobalConfig, E3dgeGlobalNetwork),
    "e3dge_ada_grid_align": (E3dgeAlignmentConfig, E3dgeAlignmentNetwork),
    "e3dge_pose_volume_discriminator": (E3dgePoseConfig, E3dgePoseNetwork),
    "e3dge_netLocal": (E3dgeLocalConfig, E3dgeLocalNetwork),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_names_and_sizes(name: str) -> None:
    assert_released(official_shapes(name), *OFFICIAL[name])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", cases("I_e3dge_E0"))
def test_global_encoder(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: E3dgeGlobalNetwork(E3dgeGlobalConfig()), golden.facts["weight_init"])
    pictures = seeded(golden, "x")
    with every_output(golden) as outputs:
        eighth, quarter, _ = network.pyramid(pictures)
        outputs.check(eighth, "p32_sub")
        outputs.check(quarter, "p64_sub")
        renderer, decoder = network(pictures)
        outputs.check(renderer, "thumb_latents")
        outputs.check(decoder, "stylegan_latents")


@pytest.mark.parametrize("name", cases("I_e3dge_ada"))
def test_alignment(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: E3dgeAlignmentNetwork(E3dgeAlignmentConfig()), golden.facts["weight_init"])
    with every_output(golden) as outputs:
        aligned = network(seeded(golden, "x"))
        outputs.check(aligned, "y")
        outputs.check(channel_statistics(aligned), "mean_std")


@pytest.mark.parametrize("name", cases("I_e3dge_pose"))
def test_pose(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: E3dgePoseNetwork(E3dgePoseConfig()), golden.facts["weight_init"])
    with every_output(golden) as outputs:
        realness, angles = network(seeded(golden, "x"))
        outputs.check(realness, "gan")
        outputs.check(angles, "viewpoint")


@pytest.mark.parametrize("name", cases("I_e3dge_netlocal"))
def test_local_branch(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: E3dgeLocalNetwork(E3dgeLocalConfig()), golden.facts["weight_init"])
    with every_output(golden) as outputs:
        outputs.check(torch.stack(list(network.image_filter(seeded(golden, "hg input")))), "hg_outputs_sub")
        features = network.features(seeded(golden, "residual"), seeded(golden, "depth"))
        outputs.check(features, "filter_feat_sub")
        seen = network.query(features, golden.inputs["points"], golden.inputs["calibs"])
        outputs.check(seen.features, "query_feats")
        outputs.check(seen.visible.to(torch.uint8), "query_in_img")
        outputs.check(seen.places, "query_proj_xy")
        outputs.check(seen.depths, "query_depth")
        outputs.check(torch.cat(network(seeded(golden, "modulation input")), dim=-1), "tex_modulations")


@pytest.mark.parametrize("name", cases("I_e3dge_pieces"))
def test_pieces(name: str) -> None:
    golden = case(name)
    inputs, config = golden.inputs, golden.facts["config"]
    wide, narrow = config["a"], config["b"]
    modules: dict[str, nn.Module] = {
        "ResnetBlockFC_diff": ResidualDense(wide, narrow),
        "ResnetBlockFC_same": ResidualDense(narrow, narrow),
        "Fuse_sft_MLP": DenseFusion(wide, narrow),
    }
    with torch.no_grad():
        outputs = Outputs(golden)
        for block, module in modules.items():
            prefix = f"{block}."
            module.load_state_dict(
                {k.removeprefix(prefix): w for k, w in golden.weights.items() if k.startswith(prefix)}
            )
            arguments = [value for key, value in sorted(inputs.items()) if key.startswith(prefix)]
            outputs.check(module(*arguments), f"{block}.y")
        outputs.check(place_code(inputs["PosEncoding.x"]), "PosEncoding.y")
        projected = perspective(inputs["points_B3N"], golden.outputs["cam.calibs"])
        outputs.check(projected, "perspective")
        outputs.check(features_at(inputs["index.feat"], picture_places(projected)), "index")
    # StyleSDF's own pieces are tested with its generator
    assert all(key.startswith(("siren.", "cam.")) for key in outputs.left), f"not looked at: {sorted(outputs.left)}"
