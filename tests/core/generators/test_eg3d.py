"""EG3D as a generator of this program; parity/ holds its numbers against the published ones."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.camera import Camera
from core.errors import CheckpointError
from core.frame import Quality
from core.generators.eg3d import EG3D, EG3DConfig, EG3DNetwork, third_plane_from_axes
from core.generators.goae_staged import coarse_stage, fine_stage
from core.generators.stylegan2 import SynthesisLayer
from core.generators.superresolution import UPSCALERS, Upscaling
from core.generators.tuning import weights_of
from core.head import Head
from core.rendering.renderer import HeadRenderer
from core.trigrid import PlaneAxes
from tests.random_generators import TINY_EG3D, random_eg3d

FRAMES = {
    "zx": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]],
    "yz": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]],
    "zy": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]], [[0, 0, 1], [0, 1, 0], [1, 0, 0]]],
}


@pytest.fixture(scope="module")
def eg3d() -> EG3D:
    return random_eg3d()


def released() -> dict[str, list[int]]:
    shapes = Path(__file__).resolve().parents[4] / "shared" / "golden" / "SHAPES_eg3d_G.json"
    if not shapes.exists():
        pytest.skip("the list of the released model's shapes is not here")
    found: dict[str, list[int]] = json.loads(shapes.read_text(encoding="utf-8"))["state_dict"]
    return found


def test_the_released_shapes() -> None:
    with torch.device("meta"):
        state = EG3DNetwork(EG3DConfig()).state_dict()
    assert {name: list(value.shape) for name, value in state.items()} == released()
    assert EG3DConfig.from_state(state, {}) == EG3DConfig()


@pytest.mark.parametrize("upscaling", list(UPSCALERS))
def test_sizes_are_read_off_the_tensors(upscaling: Upscaling) -> None:
    wanted = replace(TINY_EG3D, upscaling=upscaling, decoder_channels=6)
    with torch.device("meta"):
        state = EG3DNetwork(wanted).state_dict()
    assert EG3DConfig.from_state(state, {"neural_rendering_resolution": 16}) == wanted


def test_settings_of_the_file_are_kept(eg3d: EG3D) -> None:
    facts = {
        "init_kwargs": {
            "sr_num_fp16_res": 0,
            "num_fp16_res": 4,
            "conv_clamp": 256,
            "rendering_kwargs": {"white_back": False, "ray_start": "auto", "ray_end": "auto", "box_warp": 1.6},
        },
        "rendering_kwargs": {"white_back": True, "c_gen_conditioning_zero": True, "depth_resolution": 96},
        "plane_axes": torch.tensor(FRAMES["yz"]),
    }
    config = EG3DConfig.from_state(eg3d.network.state_dict(), facts)
    assert (config.upscaling_clamp, config.backbone_clamp, config.white_background) == (None, 256, True)
    assert (config.ray_limits, config.box_side, config.coarse, config.condition_scale) == (None, 1.6, 96, 0.0)
    assert (config.axes, config.neural_px) == (PlaneAxes.EG3D_YZ, 128)
    blind = EG3D(replace(TINY_EG3D, condition_scale=0.0), eg3d.network)
    assert blind.info.name == "eg3d"


@pytest.mark.parametrize("third", FRAMES)
def test_plane_axes(third: str) -> None:
    # the frames above as published: a point's coordinates times their inverses
    frames = torch.tensor(FRAMES[third], dtype=torch.float32)
    points = torch.tensor([[1.0, 2.0, 3.0]])
    found = third_plane_from_axes(frames)
    assert found == third
    columns, rows = (points @ torch.linalg.inv(frames[2]))[0, :2].tolist()
    names = {1.0: "x", 2.0: "y", 3.0: "z"}
    assert names[columns] + names[rows] == found


@pytest.mark.parametrize(
    "axes", [[1, 2], torch.zeros(3, 3, 3), torch.eye(3).expand(3, 3, 3), torch.full((3, 3, 3), math.nan)]
)
def test_unknown_axes_are_refused(axes: object) -> None:
    with pytest.raises(CheckpointError, match="unknown way"):
        third_plane_from_axes(axes)


@pytest.mark.parametrize(
    ("rendering", "words"),
    [
        ({"disparity_space_sampling": True}, "disparity"),
        ({"superresolution_module": "training.superresolution.SuperresolutionHybrid2Xtra"}, "super-resolution"),
        ({"superresolution_noise_mode": "loud"}, "noise"),
    ],
)
def test_models_of_another_kind_are_refused(eg3d: EG3D, rendering: dict[str, object], words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        EG3DConfig.from_state(eg3d.network.state_dict(), {"rendering_kwargs": rendering})


@pytest.mark.parametrize(
    "missing", ["backbone.mapping.w_avg", "decoder.net.2.weight", "backbone.synthesis.b8.conv1.weight"]
)
def test_missing_tensors_are_named(eg3d: EG3D, missing: str) -> None:
    state = {name: value for name, value in eg3d.network.state_dict().items() if name != missing}
    with pytest.raises(CheckpointError, match=missing.replace(".", r"\.")):
        EG3DConfig.from_state(state, {})


def test_foreign_weights_are_refused() -> None:
    with pytest.raises(CheckpointError, match="not the weights of this EG3D model"):
        EG3D.from_state_dict({"decoder.net.0.weight": torch.zeros(2)}, TINY_EG3D)


@pytest.mark.parametrize("quality", list(Quality))
def test_it_is_rendered(eg3d: EG3D, quality: Quality) -> None:
    latents = eg3d.latents(torch.randn(1, 8, generator=torch.Generator().manual_seed(1)))[0]
    head = Head(generator="eg3d", latents=latents, camera=Camera.orbit(), trigrid=eg3d.trigrid(latents))
    frame = HeadRenderer(eg3d, head).render(Camera.orbit(0.4), quality, size_px=64)
    assert frame.rgb.shape == (64, 64, 3)
    assert frame.alpha.max() > 0.9


def test_a_white_background_is_white(eg3d: EG3D) -> None:
    network = EG3DNetwork(replace(TINY_EG3D, white_background=True))
    features, alpha = torch.zeros(1, 4, 2, 2), torch.zeros(1, 1, 2, 2)
    assert (network.composited(features, alpha) == 1).all()
    assert (eg3d.network.composited(features, alpha) == -1).all()


@torch.no_grad()
def test_two_stages_are_one_synthesis(eg3d: EG3D) -> None:
    latents = torch.randn(2, eg3d.info.latent_count, 16)
    coarse = coarse_stage(eg3d.network, latents, 8)
    torch.testing.assert_close(fine_stage(eg3d.network, coarse, latents), eg3d.planes(latents))


@torch.no_grad()
def test_random_noise_is_drawn_layer_by_layer() -> None:
    eg3d = random_eg3d()
    for name, weight in weights_of(eg3d.network).items():
        if name.endswith("noise_strength"):
            weight.fill_(0.3)
    latents = torch.randn(1, eg3d.info.latent_count, 16)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        drawn = eg3d.network.planes(latents, "random")
        torch.manual_seed(5)
        for module in eg3d.network.backbone.synthesis.modules():
            if isinstance(module, SynthesisLayer):
                module.noise_const.copy_(torch.randn(1, 1, *module.noise_const.shape)[0, 0])
    torch.testing.assert_close(eg3d.planes(latents), drawn)
