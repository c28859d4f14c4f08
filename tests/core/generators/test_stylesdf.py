"""StyleSDF as a generator of this program; parity/ holds its numbers against the published ones."""

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.errors import CheckpointError
from core.frame import Quality
from core.generators.stylesdf import (
    VIEW_AXIS,
    WORLD_SCALE,
    StyleSDF,
    StyleSDFConfig,
    StyleSDFNetwork,
    camera_from_sdf,
    sdf_from_camera,
)
from core.generators.stylesdf_renderer import SdfCameras, density
from core.head import Head
from core.rendering.marching import march
from core.rendering.rays import camera_rays
from core.rendering.renderer import HeadRenderer
from tests.random_generators import TINY_STYLESDF, random_stylesdf


@pytest.fixture(scope="module")
def stylesdf() -> StyleSDF:
    return random_stylesdf()


@pytest.fixture(scope="module")
def head(stylesdf: StyleSDF) -> Head:
    latents = stylesdf.latents(torch.randn(1, 16, generator=torch.Generator().manual_seed(1)))[0]
    return Head(generator="stylesdf", latents=latents, camera=Camera.orbit(), trigrid=stylesdf.trigrid(latents))


def test_the_released_shapes() -> None:
    shapes = Path(__file__).resolve().parents[4] / "shared" / "golden" / "SHAPES_stylesdf_G1024.json"
    if not shapes.exists():
        pytest.skip("the list of the released model's shapes is not here")
    with torch.device("meta"):
        state = StyleSDFNetwork(StyleSDFConfig()).state_dict()
    expected = json.loads(shapes.read_text(encoding="utf-8"))["state_dict"]
    assert {name: list(value.shape) for name, value in state.items()} == expected
    assert StyleSDFConfig.from_state(state, {}) == StyleSDFConfig()
    assert StyleSDFConfig().picture_px == 1024


def test_options_of_the_file_are_kept(stylesdf: StyleSDF) -> None:
    state = stylesdf.network.state_dict()
    config = StyleSDFConfig.from_state(state, {"opts": {"rendering": {"N_samples": 12}}})
    assert config == TINY_STYLESDF
    assert not StyleSDFConfig.from_state(state, {"opts": {"no_offset_sampling": True}}).offset_sampling


def test_other_models_are_refused(stylesdf: StyleSDF) -> None:
    state = stylesdf.network.state_dict()
    with pytest.raises(CheckpointError, match="no signed distances"):
        StyleSDFConfig.from_state(state, {"opts": {"no_sdf": True}})
    renderer = {name: value for name, value in state.items() if name.startswith("renderer.")}
    with pytest.raises(CheckpointError, match=r"decoder\.\S+ is missing"):
        StyleSDFConfig.from_state(renderer, {})
    with pytest.raises(CheckpointError, match="not the weights of this StyleSDF model"):
        StyleSDF.from_state_dict(renderer, TINY_STYLESDF)


def test_the_folded_field_is_the_network(stylesdf: StyleSDF, head: Head) -> None:
    points = torch.rand(40, 3, generator=torch.Generator().manual_seed(2)) * 0.6 - 0.3
    raw, features = stylesdf.decode(head.trigrid.sample(points))
    codes, _ = stylesdf.codes_of_latents(head.latents[None])
    direction = torch.tensor(VIEW_AXIS).expand(1, 40, 3)
    inside = points / WORLD_SCALE / TINY_STYLESDF.half_range
    rgb, distance, look = stylesdf.network.renderer.network(torch.cat([inside[None], direction], dim=-1), codes)[
        0
    ].tensor_split((3, 4), dim=-1)
    expected = density(distance[:, 0], stylesdf.network.renderer.sigmoid_beta) / WORLD_SCALE
    torch.testing.assert_close(F.softplus(raw - 1), expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(features, torch.cat([torch.sigmoid(rgb), look], dim=1), rtol=1e-3, atol=1e-3)


def test_far_from_the_surface_density_is_nothing_but_a_number(stylesdf: StyleSDF) -> None:
    weights = stylesdf.network.renderer.network.sigma_linear
    features = weights.weight[0].repeat(2) * torch.tensor([[1e4], [-1e4]])
    raw, _ = stylesdf.decode(features)
    assert raw.isfinite().all()
    assert F.softplus(raw - 1)[0] < 1e-6
    assert F.softplus(raw - 1)[1] == pytest.approx(1 / 0.01 / WORLD_SCALE, rel=1e-4)


def test_codes_and_latents_are_the_same(stylesdf: StyleSDF) -> None:
    # E3DGE gives one code for each layer of the field, and one for all of the decoder's
    codes, decoder_codes = torch.randn(2, 4, 16), torch.randn(2, 24)
    latents = stylesdf.latents_of_codes(codes, decoder_codes)
    assert latents.shape == (2, stylesdf.info.latent_count, stylesdf.info.latent_size)
    again = stylesdf.codes_of_latents(latents)
    assert torch.equal(again[0], codes)
    assert torch.equal(again[1], decoder_codes[:, None].expand(-1, 4, -1))
    mean = stylesdf.mean_latents()
    torch.testing.assert_close(stylesdf.latents(torch.randn(1, 16), 0.0)[0], mean)


def test_its_cameras_see_the_same_rays_in_the_studio() -> None:
    cameras = SdfCameras.around(torch.tensor([[0.3, -0.1]]), 8)
    camera = camera_from_sdf(cameras)
    assert camera.yaw_radians == pytest.approx(0.3, abs=1e-6)
    assert camera.pitch_radians == pytest.approx(-0.1, abs=1e-6)
    origins, directions, _ = cameras.rays()
    ours = camera_rays(camera, 8)
    torch.testing.assert_close(ours[0], origins.view(-1, 3) * WORLD_SCALE, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours[1], F.normalize(directions, dim=-1).view(-1, 3), rtol=1e-5, atol=1e-5)
    again = sdf_from_camera(camera, 8)
    torch.testing.assert_close(again.poses, cameras.poses)
    torch.testing.assert_close(again.focal, cameras.focal)


def test_the_usual_camera_frames_as_much_as_its_own() -> None:
    own, usual = camera_from_sdf(SdfCameras.around(torch.zeros(1, 2), 8)), Camera.orbit()
    assert own.radius / own.focal == pytest.approx(usual.radius / usual.focal)


@pytest.mark.parametrize("quality", list(Quality))
def test_it_is_rendered(stylesdf: StyleSDF, head: Head, quality: Quality) -> None:
    renderer = HeadRenderer(stylesdf, head)
    frames = [renderer.render(Camera.orbit(yaw), quality) for yaw in (0.0, 1.5)]
    for frame in frames:
        assert frame.rgb.shape == (32, 32, 3)
        assert frame.alpha.max() > 0.5
    assert (frames[0].rgb != frames[1].rgb).any()


def test_a_picture_is_found_again_by_descent(stylesdf: StyleSDF, head: Head) -> None:
    camera = Camera.orbit(0.2)

    def drawn(latents: torch.Tensor) -> torch.Tensor:
        seen = march(stylesdf, stylesdf.trigrid(latents), camera, 16, 12, 0)
        return stylesdf.picture(seen.features, seen.alpha, latents[None])

    with torch.no_grad():
        goal = drawn(head.latents)
    latents = stylesdf.mean_latents().requires_grad_()
    adam = torch.optim.Adam([latents], lr=0.02)
    differences = []
    for _ in range(12):
        adam.zero_grad()
        difference = (drawn(latents) - goal).square().mean()
        difference.backward()
        adam.step()
        differences.append(float(difference.detach()))
    assert differences[-1] < 0.7 * differences[0]
