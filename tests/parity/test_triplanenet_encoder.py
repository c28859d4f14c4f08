"""TriPlaneNet's second branch against the published one, on random weights."""

import pytest
import torch

from core.errors import CheckpointError
from core.inverters.encoders.triplanenet import TriPlaneNetConfig, TriPlaneNetNetwork
from tests.parity.encoders import (
    assert_official,
    cases,
    channel_statistics,
    every_output,
    official_shapes,
    recipe_network,
    seeded,
)
from tests.parity.golden import Golden, case


@pytest.fixture(params=cases("E_triplanenet"))
def golden(request: pytest.FixtureRequest) -> Golden:
    return case(request.param)


def test_names_and_sizes(golden: Golden) -> None:
    version = golden.facts["variant"]
    official = official_shapes(golden, f"triplanenet_{version}")
    config = TriPlaneNetConfig.from_state(official, {})
    assert config.version == version
    with torch.device("meta"):
        assert_official(TriPlaneNetNetwork(config), official)


def test_options_that_contradict_the_tensors_are_refused(golden: Golden) -> None:
    version = golden.facts["variant"]
    official = official_shapes(golden, f"triplanenet_{version}")
    shuffled = version == "v2ps"
    assert TriPlaneNetConfig.from_state(official, {"opts": {"use_pixelshuffle": shuffled}}).version == version
    if version != "v1":
        with pytest.raises(CheckpointError, match="use_pixelshuffle"):
            TriPlaneNetConfig.from_state(official, {"opts": {"use_pixelshuffle": not shuffled}})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_released_size(golden: Golden) -> None:
    version = golden.facts["variant"]
    config = TriPlaneNetConfig.from_state(official_shapes(golden, f"triplanenet_{version}"), {})
    network = recipe_network(lambda: TriPlaneNetNetwork(config), golden.facts["weight_init"])
    pictures = seeded(golden, "x")
    planes = None if version == "v1" else seeded(golden, "t_planes")
    with every_output(golden) as outputs:
        made = network(pictures, planes)
        assert made.shape[1:] == (config.plane_channels, *pictures.shape[2:])
        outputs.check(made, "y")
        outputs.check(channel_statistics(made), "y_chan_mean_std")
