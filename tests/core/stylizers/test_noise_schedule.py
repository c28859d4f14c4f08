"""Noise goes in and comes out again."""

from __future__ import annotations

import pytest
import torch

from core.stylizers.noise_schedule import NoiseSchedule

SCHEDULE = NoiseSchedule.stable_diffusion()
LATENTS = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
NOISE = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("timestep", [1, 281, 981])
def test_the_right_prediction_gives_the_latents_back(timestep: int) -> None:
    noisy = SCHEDULE.noised(LATENTS, NOISE, timestep)
    assert torch.allclose(SCHEDULE.denoised(noisy, NOISE, timestep), LATENTS, atol=1e-4)


def test_all_steps_with_the_right_prediction_end_at_the_latents() -> None:
    noisy = SCHEDULE.noised(LATENTS, NOISE, int(SCHEDULE.timesteps[0]))
    for step in range(len(SCHEDULE.timesteps)):
        noisy = SCHEDULE.stepped(noisy, NOISE, step)
    assert torch.allclose(noisy, LATENTS, atol=1e-3)


def test_signal_falls_and_timesteps_run_towards_it() -> None:
    assert (SCHEDULE.signal.diff() < 0).all()
    assert (SCHEDULE.timesteps.diff() < 0).all()
    assert SCHEDULE.timesteps[-1] == 1


def test_it_is_what_diffusers_computes() -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False,
        steps_offset=1,
    )  # fmt: skip
    scheduler.set_timesteps(50)
    theirs = NoiseSchedule.of_scheduler(scheduler)
    assert torch.equal(theirs.timesteps, SCHEDULE.timesteps)
    assert torch.allclose(theirs.signal, SCHEDULE.signal, rtol=1e-5)
    noisy = SCHEDULE.noised(LATENTS, NOISE, 981)
    guess = torch.tanh(noisy)
    assert torch.allclose(SCHEDULE.stepped(noisy, guess, 0), scheduler.step(guess, 981, noisy).prev_sample, atol=1e-4)


def test_steps_between_shares_of_time() -> None:
    first, last = SCHEDULE.steps_between(0.70, 0.96)
    assert SCHEDULE.timesteps[first] <= 960 < SCHEDULE.timesteps[first - 1]
    assert SCHEDULE.timesteps[last] >= 700 > SCHEDULE.timesteps[last + 1]
    with pytest.raises(ValueError, match="no step"):
        SCHEDULE.steps_between(0.5001, 0.5002)
