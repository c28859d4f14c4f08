"""pSp's encoder and its pieces against the published ones, on random weights."""

import pytest
import torch
from torch import nn

from core.errors import CheckpointError
from core.inverters.encoders.equalised import EqualLinear
from core.inverters.encoders.psp import PspConfig, PspNetwork
from core.inverters.encoders.style_heads import StyleHead, enlarged_sum
from core.inverters.encoders.triplanenet import Ascent
from core.perception import ir_se
from tests.parity.encoders import (
    assert_released,
    cases,
    channel_statistics,
    every_output,
    official_shapes,
    recipe_network,
    seeded,
)
from tests.parity.golden import Golden, case


def loaded(module: nn.Module, golden: Golden, name: str) -> nn.Module:
    weights = {key.removeprefix(f"{name}."): w for key, w in golden.weights.items() if key.startswith(f"{name}.")}
    module.load_state_dict(weights)
    return module.eval()


def style_head(golden: Golden, name: str) -> StyleHead:
    width, inputs = golden.weights[f"{name}.convs.0.weight"].shape[:2]
    depth = sum(key.startswith(f"{name}.convs.") and key.endswith(".weight") for key in golden.weights)
    return StyleHead(inputs, width, depth)


@pytest.mark.parametrize("name", cases("E_ir_blocks"))
def test_pieces(name: str) -> None:
    golden = case(name)
    config, inputs = golden.facts["config"], golden.inputs
    narrow, wide, stride = config["in_c"], config["out_c"], config["stride"]
    blocks = {
        "bottleneck_IR_SE": ir_se.ResidualBlock(narrow, wide, stride),
        "bottleneck_IR": ir_se.ResidualBlock(narrow, wide, stride, excited=False),
        "bottleneck_IR_SE_same": ir_se.ResidualBlock(wide, wide),
        "SEModule": ir_se.SqueezeExcitation(wide),
    }
    blocks |= {block: style_head(golden, block) for block in ("GradualStyleBlock16", "GradualStyleBlock32")}
    blocks["GradualStyleBlock64"] = style_head(golden, "GradualStyleBlock64")
    outputs, features = golden.weights["EqualLinear_lr0.5.weight"].shape
    blocks["EqualLinear_lr0.5"] = EqualLinear(features, outputs, 0.5)
    with every_output(golden) as found:
        for block, module in blocks.items():
            loaded(module, golden, block)
            found.check(module(inputs[f"{block}.x"]), f"{block}.y")
            if f"{block}.y_train_mode" in found.left:
                found.check(module.train()(inputs[f"{block}.x"]), f"{block}.y_train_mode")
        for block, shuffled in (("Up_ps2", True), ("Up_v2_up2", False)):
            coarse, fine = inputs[f"{block}.x1"], inputs[f"{block}.x2"]
            width = golden.weights[f"{block}.conv.double_conv.1.weight"].shape[0]
            ascent = loaded(Ascent(coarse.shape[1], fine.shape[1], width, 2, shuffled=shuffled), golden, block)
            found.check(ascent(coarse, fine), f"{block}.y")
        found.check(enlarged_sum(inputs["upsample_add.x"], inputs["upsample_add.y"]), "upsample_add")


def test_shortcut_without_weights_keeps_every_other_pixel() -> None:
    block = ir_se.ResidualBlock(16, 16, 2, excited=False).eval()
    nn.init.zeros_(block.get_parameter("res_layer.4.weight"))
    x = torch.randn(1, 16, 5, 5, generator=torch.Generator().manual_seed(1))
    assert torch.equal(block(x), nn.functional.max_pool2d(x, 1, 2))


def test_names_and_sizes() -> None:
    assert_released(official_shapes("psp_gradual_ir_se50_n14"), PspConfig, PspNetwork)


@pytest.mark.parametrize("missing", ["input_layer.0.weight", "styles.0.linear.weight", "body.0.res_layer.3.weight"])
def test_a_missing_tensor_is_named(missing: str) -> None:
    with torch.device("meta"):
        state = PspNetwork(PspConfig()).state_dict()
    del state[missing]
    with pytest.raises(CheckpointError, match=missing):
        PspConfig.from_state(state, {})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", cases("E_psp"))
def test_released_size(name: str) -> None:
    golden = case(name)
    network = recipe_network(lambda: PspNetwork(PspConfig()), golden.facts["weight_init"])
    pictures = seeded(golden, "x")
    with every_output(golden) as outputs:
        numbers = {key.removeprefix("body").partition("_")[0] for key in outputs.left if key.startswith("body")}
        taps = {int(number) for number in numbers - {"in"}}
        first = network.input_layer(pictures)
        maps = {"bodyin": first}
        maps |= {f"body{index}": x for index, x in ir_se.tapped(network.body, first, taps).items()}
        for key, features in maps.items():
            outputs.check(features, f"{key}_sub")
            outputs.check(channel_statistics(features), f"{key}_mean_std")
        _, middle, fine = network.pyramid(pictures)
        outputs.check(middle, "p2_sub")
        outputs.check(fine, "p1_sub")
        outputs.check(network(pictures), "codes")
