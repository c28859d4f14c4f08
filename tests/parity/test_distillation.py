"""Likelihood distillation's arithmetic against the published code."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.generators.conditioning import mirrored_vector25, vector25_from_camera
from core.stylizers import poses, rank_weighting, view_grid
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.relative_distance import relative_distance_loss
from core.stylizers.score import (
    LATENT_SCALE,
    Distillation,
    ScoreSettings,
    Weighting,
    mirrored,
    pull,
    score_at,
)
from tests.parity.golden import Golden, assert_close, case, names


def cases(prefix: str) -> list[str]:
    return sorted(names(prefix)) or [prefix]


@pytest.mark.parametrize("name", cases("G_ld_pieces"))
def test_pieces(name: str) -> None:
    golden = case(name)
    inputs, outputs = golden.inputs, dict(golden.outputs)
    got = {
        "low_rank": rank_weighting.spectrum_weighted(inputs["score"]),
        "low_rank_k2_arg_ignored": rank_weighting.spectrum_weighted(inputs["score"]),
        "low_rank_singular_values": rank_weighting.singular_values(inputs["score"])[0],
        "instance_norm": rank_weighting.rank_weighted(inputs["score"]),
        "ldis": relative_distance_loss((inputs["ldis.a"], inputs["ldis.b"]), (inputs["ldis.c"], inputs["ldis.d"])),
        "normalize": view_grid.spread(inputs["depth"]),
        "normalize_depth": view_grid.nearness(inputs["depth"]),
    }
    for key in [key for key in outputs if key.startswith("grid_")]:
        scale = key.removeprefix("grid_")
        got[key] = view_grid.view_grid(inputs["grid.imgs"], None if scale == "none" else float(scale.removeprefix("x")))
    for key, value in got.items():
        assert_close(value, outputs.pop(key), key)
    assert not outputs, f"not looked at: {sorted(outputs)}"


@pytest.mark.parametrize("name", cases("G_ld_poses"))
def test_poses(name: str) -> None:
    golden = case(name)
    outputs = dict(golden.outputs)
    cameras = [poses.styling_camera(yaw, pitch) for yaw, pitch in golden.inputs["yaw_pitch"].tolist()]
    got = {
        "c": np.stack([vector25_from_camera(camera) for camera in cameras]),
        "c_mirror": np.stack([vector25_from_camera(camera.mirrored()) for camera in cameras]),
        "conditioning": vector25_from_camera(poses.condition_camera())[None],
    }
    assert np.allclose(got["c_mirror"], mirrored_vector25(got["c"]), atol=1e-6)
    for key, value in got.items():
        assert_close(value, outputs.pop(key), key)
    assert not outputs


class ToyDiffusion:
    """The diffusion model that the json describes: linear maps in place of networks."""

    def __init__(self, golden: Golden) -> None:
        self.vae, self.unet, self.text = (golden.inputs[key] for key in ("A_vae", "A_unet", "text_bias"))

    def encode(self, picture: Tensor) -> Tensor:
        pooled = F.avg_pool2d(picture.half().float(), 8)
        return LATENT_SCALE * torch.einsum("oc,bchw->bohw", self.vae, pooled)

    def decode(self, latents: Tensor) -> Tensor:
        small = torch.einsum("oc,bohw->bchw", self.vae, latents / LATENT_SCALE)
        return F.interpolate(small, scale_factor=8.0, mode="nearest")

    def predictions(self, noisy: Tensor, timestep: int) -> tuple[Tensor, Tensor]:
        seen = noisy.half().float()
        base = torch.einsum("oc,bchw->bohw", self.unet, seen) * (1 + timestep / 1000)
        unprompted, prompted = (base + bias * torch.cos(seen) for bias in self.text)
        return unprompted, prompted


@pytest.mark.parametrize("name", cases("G_ld_score"))
def test_scores(name: str) -> None:
    golden = case(name)
    config, inputs, outputs = golden.facts["config"], golden.inputs, dict(golden.outputs)
    schedule = NoiseSchedule.stable_diffusion(config["num_inference_steps"])
    assert torch.equal(schedule.timesteps, inputs["timesteps"])
    assert_close(schedule.signal, inputs["alphas_cumprod"], "alphas_cumprod")
    settings = ScoreSettings(
        distillation=Distillation.SDS if config["use_SDS"] else Distillation.LIKELIHOOD,
        weighting=Weighting.BY_STEP,
        guidance=config["guidance_scale"],
        rank_weights=rank_weighting.PUBLISHED_WEIGHTS if config["use_lowrank"] else None,
        divisor=config["grad_div_scale"],
    )
    toy, step = ToyDiffusion(golden), config["start_step"]
    timestep = int(schedule.timesteps[step])
    picture, mirror = (inputs[key].clone().requires_grad_() for key in ("img", "img_mirror"))
    latents = toy.encode(picture)
    noisy = schedule.noised(latents.detach(), inputs["noise"], timestep)
    predictions = toy.predictions(noisy, timestep)
    score = score_at(step, schedule, noisy, inputs["noise"], predictions, settings, inputs.get("grad_mask"))
    assert score.finite == 1
    loss = pull(latents, score.gradient, config["base_weight"])
    loss = loss + pull(toy.encode(mirror), mirrored(score.gradient), config["mirror_weight"])
    at_picture, at_mirror = torch.autograd.grad(loss, (picture, mirror))
    for key, value in {"x0hat": toy.decode(score.clean), "grad_img": at_picture, "grad_img_mirror": at_mirror}.items():
        assert_close(value, outputs.pop(key), key)
    assert not outputs, f"not looked at: {sorted(outputs)}"


def test_released_weights_are_nearly_constant() -> None:
    """The published table of the quirk: by step index .983 .. .976, by timestep .79 .. .999."""
    schedule = NoiseSchedule.stable_diffusion()
    signal = schedule.signal
    assert math.isclose(float(signal[35]) ** 0.5, 0.983, abs_tol=2e-3)
    assert math.isclose(float(signal[49]) ** 0.5, 0.976, abs_tol=2e-3)
    assert math.isclose(float(signal[281]) ** 0.5, 0.79, abs_tol=2e-2)
