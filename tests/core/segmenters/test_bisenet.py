"""BiSeNet: names, its trunk against torchvision's ResNet-18, and what its classes become."""

import numpy as np
import pytest
import torch
import torchvision

from core.errors import CheckpointError
from core.mask import PARTS
from core.segmenters.bisenet import (
    CLASSES,
    BiSeNetConfig,
    BiSeNetNetwork,
    classes_of,
    normalised,
    part_of_class,
    segmenter_of,
)

TINY = BiSeNetConfig(widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), context_width=8, fused_width=16, hidden_width=8)


@pytest.fixture(scope="module")
def tiny() -> BiSeNetNetwork:
    torch.manual_seed(3)
    return BiSeNetNetwork(TINY).eval().requires_grad_(False)


def test_the_config_is_read_from_the_weights(tiny: BiSeNetNetwork) -> None:
    assert BiSeNetConfig.from_state(tiny.state_dict(), {}) == TINY
    with torch.device("meta"):
        released = BiSeNetNetwork(BiSeNetConfig()).state_dict()
    assert BiSeNetConfig.from_state(released, {}) == BiSeNetConfig()
    expected = {
        "cp.resnet.layer2.0.downsample.0.weight": (128, 64, 1, 1),
        "cp.arm16.conv.conv.weight": (128, 256, 3, 3),
        "cp.arm32.bn_atten.running_var": (128,),
        "cp.conv_avg.conv.weight": (128, 512, 1, 1),
        "ffm.conv1.weight": (64, 256, 1, 1),
        "conv_out.conv_out.weight": (19, 256, 1, 1),
        "conv_out32.conv.conv.weight": (64, 128, 3, 3),
    }
    assert {name: tuple(released[name].shape) for name in expected} == expected
    del released["ffm.convblk.conv.weight"]
    with pytest.raises(CheckpointError, match=r"ffm\.convblk"):
        BiSeNetConfig.from_state(released, {})


@torch.no_grad()
def test_the_trunk_is_resnet_18() -> None:
    torch.manual_seed(5)
    official = torchvision.models.resnet18(weights=None).eval()
    trunk = BiSeNetNetwork(BiSeNetConfig()).cp.resnet.eval()
    state = {name: value for name, value in official.state_dict().items() if not name.startswith("fc.")}
    for name, value in state.items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
    trunk.load_state_dict(state)
    pictures = torch.randn(1, 3, 64, 96)
    x = official.layer1(official.maxpool(official.relu(official.bn1(official.conv1(pictures)))))
    for features, layer in zip(trunk(pictures), (official.layer2, official.layer3, official.layer4), strict=True):
        x = layer(x)
        torch.testing.assert_close(features, x)


def test_every_class_has_a_part() -> None:
    parts = part_of_class()
    assert len(CLASSES) == len(parts) == 19
    named = {name: PARTS[parts[index]] for index, (name, _) in enumerate(CLASSES)}
    assert named["upper lip"] == named["lower lip"] == "lips"
    assert named["hair"] == "hair"
    assert {PARTS.index(part) for part in PARTS} == set(parts.tolist()), "each part can be found"


@pytest.mark.parametrize("size", [(64, 48), (512, 512)])
def test_labels_have_the_size_of_the_picture(tiny: BiSeNetNetwork, size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (*size, 3), dtype=np.uint8)
    classes = classes_of(tiny, rgb)
    labels = segmenter_of(tiny)(rgb)
    assert labels.shape == size
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, part_of_class()[classes])


def test_normalisation() -> None:
    pictures = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    assert normalised(pictures).abs().max() < 1e-6
    assert torch.equal(normalised(torch.ones(1, 3, 2, 2), "raw"), torch.ones(1, 3, 2, 2))
    assert torch.equal(normalised(torch.zeros(1, 3, 2, 2), "raw"), -torch.ones(1, 3, 2, 2))


def test_gradients_reach_the_picture(tiny: BiSeNetNetwork) -> None:
    pictures = torch.rand(1, 3, 64, 64, requires_grad=True)
    tiny(normalised(pictures)).square().sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.abs().sum() > 0
