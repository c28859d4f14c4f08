from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.errors import CheckpointError
from core.perception import weights
from core.perception.efficientnet import (
    FEATURES,
    STAGE_CHANNELS,
    STAGE_STRIDES,
    EfficientNetLite0,
    SameConvolution,
    feature_net,
    load_efficientnet,
)
from tests.core.perception.samples import photo, stored


def pictures() -> list[torch.Tensor]:
    random = np.random.RandomState(0).rand(1, 224, 224, 3).astype(np.float32)
    found = [torch.from_numpy(random).permute(0, 3, 1, 2)]
    for name in ("astronaut", "grace_hopper"):
        pixels = photo(name).pixels
        side = min(pixels.shape[:2])
        small = cv2.resize(pixels[:side, :side], (224, 224), interpolation=cv2.INTER_AREA)
        found.append(torch.from_numpy(small.astype(np.float32) / 255).permute(2, 0, 1)[None])
    return found


def test_features_are_those_of_the_original_with_its_batch_norms() -> None:
    for index, picture in enumerate(pictures()):
        with torch.no_grad():
            found = feature_net()(picture)[0].numpy()
        expected = stored("efficientnet")[f"features_{index}"]
        assert found.shape == (FEATURES,)
        assert np.linalg.norm(found - expected) < 0.01 * np.linalg.norm(expected)


@pytest.mark.parametrize("size", [(64, 64), (75, 50)])
def test_stages_have_the_promised_channels_and_sizes(size: tuple[int, int]) -> None:
    with torch.no_grad():
        stages = feature_net().stages(torch.rand(2, 3, *size))
    expected = [
        (2, channels, *(-(-side // stride) for side in size))
        for channels, stride in zip(STAGE_CHANNELS, STAGE_STRIDES, strict=True)
    ]
    assert [tuple(stage.shape) for stage in stages] == expected


def test_padding_is_that_of_tensorflow() -> None:
    # At stride 2 an even picture is padded on the right and below only, so the last filter sees the last pixel twice.
    convolution = SameConvolution(1, 1, 3, 2).requires_grad_(requires_grad=False)
    convolution.weight.fill_(1)
    assert convolution.bias is not None
    convolution.bias.zero_()
    assert convolution(torch.ones(1, 1, 4, 4)).tolist() == [[[[9, 6], [6, 4]]]]
    assert convolution(torch.ones(1, 1, 3, 3)).tolist() == [[[[4, 4], [4, 4]]]]


def test_the_shared_net_is_frozen_and_a_loaded_one_is_not() -> None:
    own = load_efficientnet()
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    own(picture).sum().backward()
    assert all(parameter.grad is not None for parameter in own.parameters())
    assert not any(parameter.requires_grad for parameter in feature_net().parameters())
    (gradient,) = torch.autograd.grad(feature_net()(picture).sum(), picture)
    assert gradient.abs().sum() > 0


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(CheckpointError, match="efficientnet_lite0"):
        load_efficientnet()


def test_half_precision_loses_no_weight() -> None:
    state = weights.read("efficientnet_lite0")[0]
    assert state.keys() == EfficientNetLite0().state_dict().keys()
    assert all(tensor.isfinite().all() for tensor in state.values())
