"""TriPlaneNet's second branch against the published one, on random weights."""

import pytest
import torch

from core.errors import CheckpointError
from core.inverters.encoders.triplanenet import (
    RELEASED,
    TriPlaneNetConfig,
    TriPlaneNetNetwork,
    Version,
    branch_input,
)
from tests.parity.encoders import (
    assert_official,
    cases,
    channel_statistics,
    every_output,
    official_shapes,
    recipe_network,
    seeded,
)
from tests.parity.golden import case

VERSIONS: tuple[Version, ...] = ("v1", "v2ps", "v2up")


@pytest.mark.parametrize("version", VERSIONS)
def test_names_and_sizes(version: Version) -> None:
    official = official_shapes(f"triplanenet_{version}")
    config = TriPlaneNetConfig.from_state(official, {})
    assert config == RELEASED[version]
    with torch.device("meta"):
        assert_official(TriPlaneNetNetwork(config), official)


@pytest.mark.parametrize("version", VERSIONS)
def test_options_that_contradict_the_tensors_are_refused(version: Version) -> None:
    with torch.device("meta"):
        state = TriPlaneNetNetwork(RELEASED[version]).state_dict()
    shuffled = version == "v2ps"
    assert TriPlaneNetConfig.from_state(state, {"opts": {"use_pixelshuffle": shuffled}}).version == version
    if version != "v1":
        with pytest.raises(CheckpointError, match="use_pixelshuffle"):
            TriPlaneNetConfig.from_state(state, {"opts": {"use_pixelshuffle": not shuffled}})


def test_the_second_version_needs_planes() -> None:
    with torch.device("meta"), pytest.raises(ValueError, match="planes"):
        TriPlaneNetNetwork(RELEASED["v2up"])(torch.zeros(1, 9, 16, 16))


def test_what_the_branch_sees() -> None:
    pictures, first = torch.full((1, 3, 8, 8), 0.5), torch.full((1, 3, 16, 16), 0.2)
    seen = branch_input(pictures, first, side_px=4)
    assert seen.shape == (1, 6, 4, 4)
    torch.testing.assert_close(seen.mean((0, 2, 3)), torch.tensor([0.2] * 3 + [0.3] * 3))
    both = branch_input(pictures, first, (first, pictures), side_px=4)
    torch.testing.assert_close(both[:, :6], seen)
    torch.testing.assert_close(both[:, 6:].mean((0, 2, 3)), torch.tensor([-0.3] * 3))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", cases("E_triplanenet"))
def test_released_size(name: str) -> None:
    golden = case(name)
    config = RELEASED[golden.facts["variant"]]
    network = recipe_network(lambda: TriPlaneNetNetwork(config), golden.facts["weight_init"])
    pictures = seeded(golden, "x")
    planes = None if config.version == "v1" else seeded(golden, "t_planes")
    with every_output(golden) as outputs:
        made = network(pictures, planes)
        assert made.shape[1:] == (config.plane_channels, *pictures.shape[2:])
        outputs.check(made, "y")
        outputs.check(channel_statistics(made), "y_chan_mean_std")
