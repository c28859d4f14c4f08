"""Depth Anything V2: names, its transformer against torch's own, laws of its sizes and place codes."""

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from core.errors import CheckpointError
from core.perception.depth_anything import (
    DepthAnythingConfig,
    DepthAnythingNetwork,
    seen_size,
    unit_depth,
)
from core.perception.dinov2 import DinoV2, TransformerBlock

TINY = DepthAnythingConfig(
    width=64, depth=4, heads=1, hidden=96, grid=3, level_widths=(8, 8, 16, 16), head_width=8, last_width=4
)
LARGE = DepthAnythingConfig(
    width=1024, depth=24, heads=16, hidden=4096, level_widths=(256, 512, 1024, 1024), head_width=256
)


@pytest.fixture(scope="module")
def tiny() -> DepthAnythingNetwork:
    torch.manual_seed(2)
    network = DepthAnythingNetwork(TINY).eval().requires_grad_(False)
    nn.init.normal_(network.pretrained.pos_embed)
    # a depth that is not cut off at zero
    nn.init.constant_(network.get_parameter("depth_head.scratch.output_conv2.2.bias"), 5.0)
    return network


@pytest.mark.parametrize("config", [TINY, DepthAnythingConfig(), LARGE], ids=["tiny", "small", "large"])
def test_the_config_is_read_from_the_weights(config: DepthAnythingConfig) -> None:
    with torch.device("meta"):
        state = DepthAnythingNetwork(config).state_dict()
    assert DepthAnythingConfig.from_state(state, {}) == config


def test_official_names_sizes_and_licences() -> None:
    with torch.device("meta"):
        state = DepthAnythingNetwork(DepthAnythingConfig()).state_dict()
    assert sum(value.numel() for value in state.values()) == 24_785_089
    expected = {
        "pretrained.pos_embed": (1, 1370, 384),
        "pretrained.mask_token": (1, 384),
        "pretrained.blocks.11.ls2.gamma": (384,),
        "depth_head.resize_layers.0.weight": (48, 48, 4, 4),
        "depth_head.scratch.layer4_rn.weight": (64, 384, 3, 3),
        "depth_head.scratch.refinenet4.resConfUnit1.conv1.weight": (64, 64, 3, 3),
        "depth_head.scratch.output_conv2.2.weight": (1, 32, 1, 1),
    }
    assert {name: tuple(state[name].shape) for name in expected} == expected
    assert DepthAnythingConfig().taps == (2, 5, 8, 11)
    assert LARGE.taps == (4, 11, 17, 23)
    assert (DepthAnythingConfig().licence, DepthAnythingConfig().commercial) == ("Apache-2.0", True)
    assert (LARGE.licence, LARGE.commercial) == ("CC-BY-NC-4.0", False)
    del state["pretrained.pos_embed"]
    with pytest.raises(CheckpointError, match=r"pretrained\.pos_embed"):
        DepthAnythingConfig.from_state(state, {})


@torch.no_grad()
def test_a_block_is_torch_s_transformer_layer() -> None:
    torch.manual_seed(7)
    block = TransformerBlock(32, 4, 48)
    nn.init.normal_(block.ls1.gamma)
    nn.init.normal_(block.ls2.gamma)
    layer = nn.TransformerEncoderLayer(
        32, 4, 48, dropout=0.0, activation="gelu", layer_norm_eps=1e-6, batch_first=True, norm_first=True
    )
    state = block.state_dict()
    renamed = {
        "self_attn.in_proj_weight": state["attn.qkv.weight"],
        "self_attn.in_proj_bias": state["attn.qkv.bias"],
        # the scales are folded into the layers before them
        "self_attn.out_proj.weight": state["attn.proj.weight"] * state["ls1.gamma"][:, None],
        "self_attn.out_proj.bias": state["attn.proj.bias"] * state["ls1.gamma"],
        "linear1.weight": state["mlp.fc1.weight"],
        "linear1.bias": state["mlp.fc1.bias"],
        "linear2.weight": state["mlp.fc2.weight"] * state["ls2.gamma"][:, None],
        "linear2.bias": state["mlp.fc2.bias"] * state["ls2.gamma"],
    }
    layer.load_state_dict(renamed | {name: value for name, value in state.items() if name.startswith("norm")})
    tokens = torch.randn(2, 7, 32)
    torch.testing.assert_close(block(tokens), layer(tokens))


@torch.no_grad()
def test_place_codes() -> None:
    model = DinoV2(8, 1, 1, 8, patch_px=14, grid=5)
    nn.init.normal_(model.pos_embed)
    assert torch.equal(model.place_codes(5, 5), model.pos_embed), "the learnt grid is taken as it is"
    assert model.place_codes(3, 9).shape == (1, 28, 8)
    nn.init.constant_(model.pos_embed, 2.0)
    torch.testing.assert_close(model.place_codes(4, 6), torch.full((1, 25, 8), 2.0))


@torch.no_grad()
def test_nearness(tiny: DepthAnythingNetwork) -> None:
    pictures = torch.rand(2, 3, 30, 50)
    near = tiny.nearness(pictures, side_px=42)
    assert near.shape == (2, 30, 50)
    assert (near >= 0).all()
    torch.testing.assert_close(tiny.nearness(pictures[1:], side_px=42), near[1:])
    stretched = unit_depth(near)
    assert float(stretched.amin()) == 0
    assert float(stretched.amax()) == 1


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(512, 512, (518, 518)), (300, 400, (518, 686)), (1080, 608, (924, 518))]
)
def test_the_seen_size(height: int, width: int, expected: tuple[int, int]) -> None:
    assert seen_size(height, width, 518, 14) == expected


def test_pictures_are_resized_as_opencv_does() -> None:
    rgb = np.random.default_rng(1).random((20, 24, 3), dtype=np.float32)
    size = seen_size(20, 24, 42, 14)
    theirs = cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_CUBIC)
    ours = nn.functional.interpolate(
        torch.from_numpy(rgb).permute(2, 0, 1)[None], size, mode="bicubic", align_corners=False
    )
    assert np.abs(theirs - ours[0].permute(1, 2, 0).numpy()).max() < 1e-5


def test_gradients_reach_the_picture(tiny: DepthAnythingNetwork) -> None:
    pictures = torch.rand(1, 3, 28, 28, requires_grad=True)
    tiny.nearness(pictures, side_px=28).square().sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.abs().sum() > 0
