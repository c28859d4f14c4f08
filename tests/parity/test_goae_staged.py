"""The staged generator of GOAE and triplane_edit against the published one."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.generators.eg3d import EG3D, EG3DConfig
from core.generators.goae_staged import coarse_stage, fine_stage
from core.rendering.marching import Composite
from core.trigrid import Trigrid
from tests.parity.golden import Golden, assert_close, case, names
from tests.parity.marched import march_official, strided

NAMES = sorted(names("B_goae_staged")) or ["B_goae_staged"]


def generator_of(golden: Golden) -> EG3D:
    """The case's weights are those of another case."""
    weights = golden.weights or case(golden.facts["weights_from"].split()[0].removesuffix(".safetensors")).weights
    facts = {
        "init_kwargs": golden.facts["config"],
        "neural_rendering_resolution": golden.facts["neural_rendering_resolution"],
    }
    return EG3D.from_state_dict(weights, EG3DConfig.from_state(weights, facts))


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_outputs(name: str) -> None:
    golden = case(name)
    eg3d, latents, outputs = generator_of(golden), golden.inputs["ws"], dict(golden.outputs)
    network = eg3d.network

    def check(value: Tensor, key: str) -> None:
        expected = outputs.pop(key)
        assert_close(strided(value, expected), expected, key)

    def drawn(planes: Tensor) -> tuple[Composite, Tensor]:
        trigrid = Trigrid(planes[0], eg3d.config.axes, eg3d.config.box_side)
        seen = march_official(eg3d, trigrid, golden.inputs["c"][0])
        return seen, network.composited(seen.features, seen.alpha)

    coarse = coarse_stage(network, latents)
    check(coarse.planes, "triplane_32")
    check(coarse.features, "x_32")
    planes = fine_stage(network, coarse, latents)
    torch.testing.assert_close(planes, network.planes(latents))
    check(planes[:, :, :, 0], "stage2.planes_sub")
    seen, composited = drawn(planes)
    check(network.picture(composited, latents), "stage2.image")
    check(seen.depth, "stage2.depth")
    changed = fine_stage(network, replace(coarse, features=coarse.features + golden.inputs["delta_x"]), latents)
    check(changed[:, :, :, 0], "stage2_mod.planes_sub")
    check(network.picture(drawn(changed)[1], latents), "stage2_mod.image")
    composited = drawn(changed.flip(-1))[1]
    check(network.picture(composited, latents), "forward_triplane_flipped.image")
    check(composited[:, :3], "forward_triplane_flipped.image_raw")
    assert not outputs, f"not looked at: {sorted(outputs)}"
