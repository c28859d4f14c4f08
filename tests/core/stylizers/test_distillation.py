"""The engine of distillation: what a step does to the weights, and that it goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from core.errors import Cancelled, VoltefaceError
from core.progress import Progress, silent
from core.rendering.marching import march
from core.stylizers.distillation import Distiller
from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.presets import PAPER, Preset
from core.stylizers.prior import PriorInfo, Words
from core.stylizers.score import Distillation, ScoreSettings, score_at
from tests.fakes import TinyGenerator

if TYPE_CHECKING:
    from collections.abc import Sequence

GREEN = torch.tensor([0.1, 0.8, 0.1]).view(1, 3, 1, 1)
PLAIN = replace(PAPER.single, mirror_weight=0.0, clean_weight=0.0, perceptual_weight=0.0, distance_weight=0.0)
SMALL = Preset(
    name="small",
    single=replace(PLAIN, score=ScoreSettings(rank_weights=None, divisor=10.0)),
    grid=replace(PAPER.grid, distance_weight=0.0),
    learning_rate=0.02,
    iterations=8,
    single_share=1.0,
    neural_px=16,
    grid_px=8,
    samples=(12, 12),
)


class GreenPrior:
    """Its latents are the pictures; with a prompt it sees as noise whatever is not green."""

    info = PriorInfo(
        name="green",
        title="The green prior",
        licence="none",
        commercial=True,
        picture_px=32,
        factor=1,
        channels=3,
        has_depth=True,
        has_guide=True,
        open_vocabulary=True,
    )
    device = torch.device("cpu")
    dtype = torch.float32

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.shapes: list[tuple[int, ...]] = []

    def schedule(self, steps: int = 50) -> NoiseSchedule:
        return NoiseSchedule.stable_diffusion(steps)

    def words(self, prompts: Sequence[str]) -> Words:
        return Words(torch.tensor([[[float(bool(prompt))]] for prompt in prompts]))

    def advice(self, prompt: str) -> str:
        return ""

    def latents_from_pictures(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures

    def pictures_from_latents(self, latents: torch.Tensor) -> torch.Tensor:
        return latents

    def noise(
        self,
        noisy: torch.Tensor,
        timestep: int,
        words: Words,
        depth: torch.Tensor | None = None,
        guide: torch.Tensor | None = None,
        control_scale: float = 1.0,
    ) -> torch.Tensor:
        assert depth is not None
        assert depth.shape[-2:] == noisy.shape[-2:]
        assert guide is not None
        assert guide.shape == noisy.shape
        self.shapes.append(tuple(noisy.shape))
        towards = words.tokens[:, :, :, None] * (guide - GREEN)
        return torch.full_like(noisy, torch.nan) if self.broken else towards


def distiller(preset: Preset = SMALL, prior: GreenPrior | None = None) -> Distiller:
    return Distiller(TinyGenerator(), prior or GreenPrior(), "green", preset, seed=3)


def test_skin_becomes_what_the_prior_likes() -> None:
    found = distiller().run(silent)
    assert found["skin"][1] > 0
    assert found["skin"][0] < 0


def test_the_gradient_is_that_of_the_whole_picture() -> None:
    """Marching again chunk by chunk brings back what one graph would have."""
    one = distiller()
    stage = one.preset.single
    latents = one.generator.latents(torch.randn(1, 16, generator=torch.Generator().manual_seed(1)), 0.8)
    cameras = stage.view_range.drawn(1, torch.Generator().manual_seed(2))
    random = one._random.get_state()
    gradients, _ = one._gradients(stage, latents, cameras)
    one._random.set_state(random)
    delta = {name: value.detach().clone().requires_grad_() for name, value in one._learned.leaves.items()}
    styled = one.generator.tuned(delta)
    seen = march(styled, styled.trigrid(latents[0]), cameras[0], 16, 12, 12)
    picture = torch.nn.functional.interpolate(
        styled.picture(seen.features, seen.alpha, latents), (32, 32), mode="bilinear", antialias=True
    )
    first, last = stage.step_range(one._schedule)
    step = int(torch.randint(first, last + 1, (), generator=one._random))
    noise = torch.randn(picture.shape, generator=one._random)
    noisy = one._schedule.noised(picture.detach(), noise, int(one._schedule.timesteps[step]))
    pair = (torch.zeros_like(noisy), picture.detach() - GREEN)
    mask = torch.nn.functional.interpolate(seen.alpha.detach(), (32, 32), mode="bilinear", antialias=True)
    score = score_at(step, one._schedule, noisy, noise, pair, stage.score, mask)
    whole = torch.autograd.grad((picture * score.gradient).sum() * stage.base_weight, list(delta.values()))
    for name, pieced, expected in zip(delta, gradients, whole, strict=True):
        assert torch.allclose(pieced, expected, atol=1e-5 * float(expected.abs().max() + 1e-6)), name


def test_a_step_descends_along_the_score() -> None:
    """With a known score the latent moves as the formula says: against guidance * (prompted - unprompted)."""
    schedule = NoiseSchedule.stable_diffusion()
    noisy, noise, prompted = (torch.randn(1, 3, 8, 8) for _ in range(3))
    settings = ScoreSettings(rank_weights=None, divisor=1.0, limit=100.0)
    score = score_at(40, schedule, noisy, noise, (torch.zeros_like(noisy), prompted), settings)
    signal = schedule.signal[schedule.timesteps[40]]
    assert torch.allclose(score.gradient, 7.5 * prompted * signal.sqrt(), atol=1e-5)


def test_sds_less_ld_is_the_noise() -> None:
    schedule = NoiseSchedule.stable_diffusion()
    noisy, noise, prompted = (torch.randn(1, 3, 8, 8) for _ in range(3))
    settings = ScoreSettings(rank_weights=None, divisor=1.0, limit=100.0)
    step, pair = 30, (torch.zeros_like(noisy), prompted)
    signal = schedule.signal[schedule.timesteps[step]]
    likelihood = score_at(step, schedule, noisy, noise, pair, settings).gradient / signal.sqrt()
    sds = score_at(step, schedule, noisy, noise, pair, replace(settings, distillation=Distillation.SDS))
    assert torch.allclose(likelihood - sds.gradient / (1 - signal).sqrt(), noise, atol=1e-4)


def test_it_goes_on_as_if_there_had_been_no_break() -> None:
    whole = distiller().run(silent)
    first = distiller()
    first.run(silent, until=3)
    second = distiller()
    second.restore(first.state())
    again = second.run(silent)
    assert all(torch.equal(value, again[name]) for name, value in whole.items())


def test_it_can_be_stopped_and_what_was_learned_kept() -> None:
    one = distiller()

    def stop(progress: Progress) -> None:
        if progress.step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        one.run(stop)
    assert one.done == 2
    assert any(bool(value.any()) for value in one.delta.values())


def test_grids_and_mirrors_are_looked_at() -> None:
    prior = GreenPrior()
    preset = replace(SMALL, single=PAPER.single, grid=PAPER.grid, single_share=0.5, iterations=2)
    distiller(preset, prior).run(silent)
    assert prior.shapes == [(2, 3, 32, 32), (2, 3, 64, 64)]


def test_numbers_that_are_none_stop_it_with_a_sentence() -> None:
    one = distiller(prior=GreenPrior(broken=True))
    with pytest.raises(VoltefaceError, match="what are no numbers"):
        one.run(silent)
    assert not any(bool(value.any()) for value in one.delta.values())


@pytest.mark.parametrize("prompt", ["", "   ", "x" * 500, "素描"])
def test_prompts_that_say_nothing_are_refused(prompt: str) -> None:
    with pytest.raises(VoltefaceError):
        Distiller(TinyGenerator(), GreenPrior(), prompt, SMALL)
