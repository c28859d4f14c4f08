"""The published encoders at tiny sizes: configs and weights tell each other, and outputs have the promised shapes."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.errors import CheckpointError
from core.inverters.encoders.afa import AfaConfig, AfaNetwork
from core.inverters.encoders.e3dge_alignment import E3dgeAlignmentConfig, E3dgeAlignmentNetwork
from core.inverters.encoders.e3dge_global import E3dgeGlobalConfig, E3dgeGlobalNetwork
from core.inverters.encoders.e3dge_local import E3dgeLocalConfig, E3dgeLocalNetwork
from core.inverters.encoders.e3dge_pose import E3dgePoseConfig, E3dgePoseNetwork
from core.inverters.encoders.goae import GoaeConfig, GoaeNetwork
from core.inverters.encoders.psp import PspConfig, PspNetwork
from core.inverters.encoders.triplanenet import TriPlaneNetConfig, TriPlaneNetNetwork

STAGES = ((16, 1), (32, 2), (48, 1), (64, 2))
GOAE = GoaeConfig(
    picture_px=64, width=8, depths=(1, 2, 1, 1), heads=(1, 2, 2, 4), window=4, mlp_ratio=2.0, bias_width=8,
    latent_size=16, level_latents=(1, 2, 3), attention_hidden=8,
)  # fmt: skip
TINY: dict[str, tuple[Any, Any]] = {
    "psp": (PspConfig(stages=STAGES, latent_size=8, head_depths=(2, 2, 2, 3, 3, 3, 3, 4, 4)), PspNetwork),
    "triplanenet v1": (
        TriPlaneNetConfig("v1", channels=6, stages=STAGES, up_widths=(64, 32, 16, 16), plane_channels=12),
        TriPlaneNetNetwork,
    ),
    "triplanenet v2ps": (
        TriPlaneNetConfig("v2ps", stages=STAGES, up_widths=(64, 32, 16, 16), plane_channels=12),
        TriPlaneNetNetwork,
    ),
    "triplanenet v2up": (
        TriPlaneNetConfig("v2up", stages=STAGES, up_widths=(32, 16, 8, 8), plane_channels=12),
        TriPlaneNetNetwork,
    ),
    "goae": (GOAE, GoaeNetwork),
    "goae_afa": (AfaConfig(stages=((16, 1), (32, 1)), width=16, attention_hidden=8), AfaNetwork),
    "e3dge_global": (
        E3dgeGlobalConfig(
            stages=STAGES, renderer_latent_size=4, renderer_head_depths=(3, 3, 3),
            decoder_latent_size=6, decoder_head_depths=(5, 5),
        ),
        E3dgeGlobalNetwork,
    ),
    "e3dge_local": (
        E3dgeLocalConfig(width=128, stacks=2, depth=1, point_width=9, modulation_width=8),
        E3dgeLocalNetwork,
    ),
    "e3dge_alignment": (E3dgeAlignmentConfig(channels=4, widths=(4, 8, 8, 16), outputs=2), E3dgeAlignmentNetwork),
    "e3dge_pose": (E3dgePoseConfig(widths=(4, 8, 8)), E3dgePoseNetwork),
}  # fmt: skip


def made(name: str) -> Any:  # noqa: ANN401 - any of the networks
    config, network = TINY[name]
    torch.manual_seed(1)
    return network(config).eval().requires_grad_(False)


@pytest.mark.parametrize("name", TINY)
def test_the_config_is_read_from_the_weights(name: str) -> None:
    config, network = TINY[name]
    with torch.device("meta"):
        state = network(config).state_dict()
    assert type(config).from_state(state, {}) == config


@pytest.mark.parametrize("name", TINY)
def test_foreign_weights_are_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(CheckpointError, match=r"^The tensor \S+ of .+ is missing\."):
        type(TINY[name][0]).from_state({"conv.weight": torch.zeros(1)}, {})


@pytest.mark.parametrize("name", TINY)
def test_nothing_is_kept_between_pictures(name: str) -> None:
    """A second picture changes neither weights nor buffers."""
    network: nn.Module = made(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    run(name, network)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def run(name: str, network: Any) -> Tensor:  # noqa: ANN401 - any of the networks
    """The main output for pictures of 64 pixels, or of the size that the network is made for."""
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1
    output: Tensor
    if name.startswith("triplanenet"):
        config = network.config
        seen = pictures.repeat(1, config.channels // 3, 1, 1)
        output = network(seen, None if config.version == "v1" else torch.zeros(2, 12, 64, 64))
    elif name == "goae_afa":
        output = network(pictures, pictures.flip(3), torch.rand(2, 16, 8, 8))
    elif name == "e3dge_global":
        output = network(pictures)[0]
    elif name == "e3dge_local":
        output = network.features(pictures, pictures[:, :1])
    elif name == "e3dge_alignment":
        output = network(torch.rand(2, 4, 256, 256))
    elif name == "e3dge_pose":
        side = network.config.picture_px
        output = network(pictures[..., :side, :side])[1]
    else:
        output = network(pictures)
    return output


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("psp", (2, 9, 8)),
        ("triplanenet v1", (2, 12, 64, 64)),
        ("triplanenet v2ps", (2, 12, 64, 64)),
        ("triplanenet v2up", (2, 12, 64, 64)),
        ("goae", (2, 7, 16)),
        ("goae_afa", (2, 16, 8, 8)),
        ("e3dge_global", (2, 3, 4)),
        ("e3dge_local", (2, 128, 16, 16)),
        ("e3dge_alignment", (2, 2, 256, 256)),
        ("e3dge_pose", (2, 2)),
    ],
)
def test_shapes(name: str, shape: tuple[int, ...]) -> None:
    assert run(name, made(name)).shape == shape


def test_points_outside_of_the_picture_see_nothing() -> None:
    network = made("e3dge_local")
    # a camera at z = 1 that looks at the origin
    calibration = torch.eye(4)[None]
    calibration[0, 2, 3] = -1
    points = torch.tensor([[[0.0, 3.0], [0.0, 0.0], [0.0, 0.0]]])
    seen = network.query(torch.ones(1, 128, 4, 4), points, calibration)
    assert seen.visible.tolist() == [[True, False]]
    assert torch.equal(seen.features[0, :, 0], torch.ones(128))
    assert torch.equal(seen.features[0, :, 1], torch.zeros(128))
    assert torch.equal(seen.depths, torch.ones(1, 1, 2))
