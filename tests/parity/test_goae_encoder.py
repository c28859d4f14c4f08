"""GOAE's encoder and feature alignment against the published ones, on random weights."""

import pytest
import torch

from core.errors import CheckpointError
from core.inverters.encoders.afa import AfaConfig, AfaNetwork
from core.inverters.encoders.cross_attention import ATTENTION_HEADS, CrossAttention
from core.inverters.encoders.goae import GoaeConfig, GoaeNetwork
from core.inverters.encoders.swin_v2 import MASKED, picture_of, roll_mask, windows_of
from tests.parity.encoders import (
    assert_released,
    cases,
    channel_statistics,
    every_output,
    official_shapes,
    recipe_network,
    seeded,
)
from tests.parity.golden import case


@pytest.mark.parametrize("name", cases("E_goae_cross_attention"))
def test_cross_attention(name: str) -> None:
    golden = case(name)
    hidden, width = golden.weights["linear1.weight"].shape
    attention = CrossAttention(width, ATTENTION_HEADS, hidden)
    attention.load_state_dict(golden.weights)
    with every_output(golden) as outputs:
        outputs.check(attention.eval()(golden.inputs["tgt"], golden.inputs["memory"]), "y")


def test_windows_and_back() -> None:
    picture = torch.arange(2 * 6 * 6 * 3.0).view(2, 6, 6, 3)
    windows = windows_of(picture, 3)
    assert windows.shape == (8, 9, 3)
    assert torch.equal(picture_of(windows, 3, 6), picture)


def test_rolled_windows_mix_no_strangers() -> None:
    mask = roll_mask(6, 3, 1)
    assert mask.shape == (4, 9, 9)
    assert not mask[0].any(), "the first window was not cut"
    assert torch.equal(mask, mask.transpose(1, 2))
    # the last window holds four pieces of sizes 4, 2, 2 and 1
    assert int((mask[3] == MASKED).sum()) == 81 - (16 + 4 + 4 + 1)


def test_names_and_sizes() -> None:
    official = official_shapes("goae_encoder_swinv2b")
    assert_released(official, GoaeConfig, GoaeNetwork)
    del official["mapper_query_spatial_mid.2.weight"]
    with pytest.raises(CheckpointError, match="mapper_query_spatial_mid"):
        GoaeConfig.from_state(official, {})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", cases("E_goae_encoder"))
def test_released_size(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: GoaeNetwork(GoaeConfig()), golden.facts["weight_init"])
    pictures = seeded(golden, "x")
    with every_output(golden) as outputs:
        tokens = network.tokens(pictures)
        for key, shape in golden.facts["swin_shapes"].items():
            assert list(tokens[key].shape) == shape
            outputs.check(tokens[key], f"swin_{key}_sub")
            outputs.check(channel_statistics(tokens[key], (1,)), f"swin_{key}_mean_std")
        outputs.check(network.base_latent(tokens), "ws_base")
        outputs.check(network(pictures), "ws")


def test_names_and_sizes_of_the_alignment() -> None:
    assert_released(official_shapes("goae_afa"), AfaConfig, AfaNetwork)


@pytest.mark.slow
@pytest.mark.parametrize("name", cases("E_goae_afa"))
def test_feature_alignment(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: AfaNetwork(AfaConfig()), golden.facts["weight_init"])
    pictures = seeded(golden, "img")
    reconstructions = seeded(golden, "rec_img", tuple(pictures.shape))
    features = seeded(golden, "feature_map")
    with every_output(golden) as outputs:
        gamma, beta = network.modulation(reconstructions - pictures, features)
        outputs.check(gamma, "gamma_sub")
        outputs.check(beta, "beta_sub")
        outputs.check(network(pictures, reconstructions, features), "adain_sub")
