"""The stylising fork of PanoHead against the published one."""

import pytest
import torch
from torch import Tensor

from core.generators.panohead import PanoHeadConfig
from core.generators.panohead_stylised import (
    StylisedPanoHead,
    reached_points,
    stylised_depth,
    stylised_pictures,
)
from core.generators.stylegan2 import SynthesisBlock
from core.rendering.marching import march_rays
from core.rendering.rays import pose_rays
from core.trigrid import Trigrid
from tests.parity.golden import Golden, assert_close, case, names
from tests.parity.marched import strided

NAMES = sorted(names("G_ld_generator")) or ["G_ld_generator"]


def generator_of(golden: Golden) -> StylisedPanoHead:
    """The case's weights are those of another case."""
    weights = golden.weights or case(golden.facts["weights_from"].split()[0].removesuffix(".safetensors")).weights
    facts = {
        "init_kwargs": golden.facts["config"],
        "neural_rendering_resolution": golden.facts["neural_rendering_resolution"],
    }
    config = PanoHeadConfig.from_state(weights, facts)
    assert config == PanoHeadConfig.from_official(golden.facts["config"], config.neural_px)
    return StylisedPanoHead.from_state_dict(weights, config)


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_outputs(name: str) -> None:
    golden = case(name)
    generator, inputs, outputs = generator_of(golden), golden.inputs, dict(golden.outputs)
    network, config = generator.network, generator.config
    assert config.ray_limits is not None

    def check(value: Tensor, key: str) -> None:
        expected = outputs.pop(key)
        assert_close(strided(value, expected), expected, key)

    latents = golden.outputs["ws"]
    # the json does not tell the truncation of these latents; one of the usual ones must give them
    drawn = [network.backbone.latents(inputs["z"], inputs["c_cond"], psi) for psi in (1.0, 0.7, 0.75, 0.8, 0.5)]
    check(min(drawn, key=lambda value: float((value - latents).abs().max())), "ws")
    planes = generator.planes(latents)
    trigrid = Trigrid(planes[0], box_side=config.box_side)
    square = (1, 1, config.neural_px, config.neural_px)
    for index, camera in enumerate(inputs["c"]):
        rays = pose_rays(camera[:16].view(1, 4, 4), camera[16:].view(1, 3, 3), config.neural_px)
        origins, directions = rays[0][0], rays[1][0]
        features, alpha, depth, depths = march_rays(
            generator, trigrid, origins, directions, config.ray_limits, config.coarse, config.fine
        )
        check(alpha.view(square), f"cam{index}.image_mask")
        check(stylised_depth(depth, alpha, depths).view(square), f"cam{index}.image_depth")
        check(reached_points(origins, directions, depth, alpha)[None], f"cam{index}.xyz_final")
        composited = features.T.reshape(1, -1, *square[2:])
        for kind, white in (("nobg", False), ("white", True)):
            seen = stylised_pictures(network, composited, alpha.view(square), latents, white=white)
            check(seen.raw, f"cam{index}.{kind}.image_raw")
            check(seen.finished, f"cam{index}.{kind}.image")

    size_px = golden.facts["T_res"]
    synthesis = network.backbone.synthesis
    features, picture = synthesis.stage(latents, until_px=size_px)
    check(picture, "planes_T")
    check(features, "x_T")
    block = synthesis.get_submodule(f"b{size_px}")
    assert isinstance(block, SynthesisBlock)
    first = 2 * synthesis.sizes_px.index(size_px) - 1
    check(block.torgb(features, latents[:, first + block.layers]), "y_T")
    check(synthesis.stage(latents, features, picture)[1], "planes_after_T")
    assert not outputs, f"not looked at: {sorted(outputs)}"
