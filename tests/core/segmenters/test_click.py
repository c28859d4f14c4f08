"""Clicking: the network is the package's in every size, and what is clicked at comes back as a mask."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.errors import CheckpointError
from core.segmenters.click import ClickSegmenter, SamConfig, SamNetwork, SeenPicture

TINY = SamConfig(
    width=32, depth=2, heads=2, global_blocks=(1,), window=2, grid=4, prompt_width=32, mask_channels=8,
    decoder_depth=1, decoder_hidden=16, quality_depth=2, quality_hidden=16,
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> ClickSegmenter:
    torch.manual_seed(4)
    network = SamNetwork(TINY)
    return ClickSegmenter.from_state_dict(network.state_dict())


@pytest.fixture(scope="module")
def rgb() -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def seen(tiny: ClickSegmenter, rgb: NDArray[np.uint8]) -> SeenPicture:
    return tiny.look(rgb)


@pytest.mark.parametrize("size", ["vit_b", "vit_l", "vit_h"])
def test_every_released_size_is_recognised(size: str) -> None:
    from segment_anything import sam_model_registry

    with torch.device("meta"):
        official = sam_model_registry[size]().state_dict()
        config = SamConfig.from_state(official, {})
        ours = SamNetwork(config).state_dict()
    assert {name: value.shape for name, value in ours.items()} == {n: v.shape for n, v in official.items()}
    assert (config.width, config.depth) == {"vit_b": (768, 12), "vit_l": (1024, 24), "vit_h": (1280, 32)}[size]
    if size == "vit_b":
        assert config == SamConfig()


def test_the_config_is_read_from_the_weights(tiny: ClickSegmenter) -> None:
    state = tiny.network.state_dict()
    assert tiny.network.config == TINY
    del state["image_encoder.pos_embed"]
    with pytest.raises(CheckpointError, match=r"image_encoder\.pos_embed"):
        SamConfig.from_state(state, {})


def test_masks_have_the_size_of_the_picture(seen: SeenPicture) -> None:
    for mask in (seen.at(((30, 20),)), seen.at(box=(5, 5, 50, 35)), seen.at(((30, 20),), ((3, 3),), part="hair")):
        assert mask.weights.shape == (40, 60)
        assert set(np.unique(mask.weights)) <= {0.0, 1.0}
    assert seen.at(((30, 20),), part="hair").part == "hair"


def test_answers_are_the_package_s_and_do_not_depend_on_what_was_asked_before(
    tiny: ClickSegmenter, rgb: NDArray[np.uint8], seen: SeenPicture
) -> None:
    from segment_anything import SamPredictor
    from segment_anything.modeling import Sam

    first = seen.at(((30, 20),))
    seen.at(box=(5, 5, 50, 35))
    assert seen.at(((30, 20),)) == first
    network = tiny.network
    official = SamPredictor(Sam(network.image_encoder, network.prompt_encoder, network.mask_decoder))
    official.set_image(rgb)
    masks, quality, _ = official.predict(np.array([[30.0, 20.0]]), np.array([1]), multimask_output=True)
    assert np.array_equal(first.weights > 0, masks[np.argmax(quality)])


def test_two_pictures_are_kept_apart(tiny: ClickSegmenter, rgb: NDArray[np.uint8], seen: SeenPicture) -> None:
    before = seen.at(((10, 10),))
    assert tiny.look(rgb[::-1].copy()).size == (40, 60)
    assert seen.at(((10, 10),)) == before


def test_a_mask_needs_something_that_is_wanted(seen: SeenPicture) -> None:
    with pytest.raises(ValueError, match="point"):
        seen.at(excluded=((1, 1),))
