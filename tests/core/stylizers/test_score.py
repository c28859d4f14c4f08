"""What must hold of every score, whatever the diffusion model."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.stylizers.noise_schedule import NoiseSchedule
from core.stylizers.presets import PAPER, PRESETS, RELEASED, Stage
from core.stylizers.rank_weighting import rank_weighted, restored_statistics, singular_values, spectrum_weighted
from core.stylizers.relative_distance import relative_distance_loss
from core.stylizers.score import (
    Distillation,
    Score,
    ScoreSettings,
    Weighting,
    guided,
    mirrored,
    pull,
    score_at,
    weight_at,
)

SCHEDULE = NoiseSchedule.stable_diffusion()
STEP = 20


def noise(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape or (2, 4, 16, 16), generator=torch.Generator().manual_seed(seed))


def scored(
    settings: ScoreSettings | None = None,
    mask: torch.Tensor | None = None,
    unprompted: torch.Tensor | None = None,
    prompted: torch.Tensor | None = None,
) -> Score:
    predictions = (noise(1) if unprompted is None else unprompted, noise(2) if prompted is None else prompted)
    return score_at(STEP, SCHEDULE, noise(3), noise(4), predictions, settings or ScoreSettings(), mask)


def test_rank_weights_of_one_are_the_identity() -> None:
    assert torch.allclose(rank_weighted(noise(0), (1, 1, 1, 1)), noise(0), atol=1e-4)


def test_rank_weighting_keeps_channel_statistics_and_loses_ranks() -> None:
    score = noise(0)
    weighted = rank_weighted(score)
    assert torch.allclose(weighted.mean((2, 3)), score.mean((2, 3)), atol=1e-5)
    assert torch.allclose(weighted.std((2, 3)), score.std((2, 3)), atol=1e-3)
    assert torch.allclose(singular_values(spectrum_weighted(score, (1, 0.5))), _halved(score), atol=1e-3)
    assert rank_weighted(score.half()).dtype == torch.float16


def _halved(score: torch.Tensor) -> torch.Tensor:
    values = singular_values(score) * torch.tensor([1, 0.5, 0, 0])
    return values.sort(dim=1, descending=True).values


def test_statistics_of_itself_change_nothing() -> None:
    assert torch.allclose(restored_statistics(noise(0), noise(0)), noise(0), atol=1e-5)


def test_each_picture_is_scored_alone() -> None:
    both, alone = rank_weighted(noise(0)), rank_weighted(noise(0)[1:])
    assert torch.allclose(both[1:], alone, atol=1e-5)


def test_a_prompt_that_changes_nothing_moves_nothing() -> None:
    assert scored(unprompted=noise(1), prompted=noise(1)).gradient.abs().max() == 0


def test_no_guidance_is_the_unprompted_prediction() -> None:
    assert torch.equal(guided(noise(1), noise(2), 0), noise(1))
    assert torch.allclose(guided(noise(1), noise(2), 1), noise(2), atol=1e-6)


def test_an_empty_mask_moves_nothing_and_a_full_one_all() -> None:
    empty, full = torch.zeros(2, 1, 16, 16), torch.ones(2, 1, 16, 16)
    assert scored(mask=empty).gradient.abs().max() == 0
    assert torch.equal(scored(mask=full).gradient, scored().gradient)


def test_gradients_are_limited() -> None:
    assert scored(ScoreSettings(divisor=1e-3)).gradient.abs().max() == 1


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_counts_as_nothing(broken: float) -> None:
    prompted = noise(2)
    prompted[0, 0, 0, 0] = broken
    score = scored(prompted=prompted)
    assert score.gradient.isfinite().all()
    assert score.clean.isfinite().all()
    assert 0.99 < score.finite < 1
    assert torch.equal(score.gradient[1], scored().gradient[1]), "the other picture is not touched"


def test_mirror_twice_is_the_identity() -> None:
    assert torch.equal(mirrored(mirrored(noise(0))), noise(0))
    assert not torch.equal(mirrored(noise(0)), noise(0))


def test_sds_is_likelihood_less_the_noise() -> None:
    plain = ScoreSettings(rank_weights=None, divisor=1.0, limit=1e9)
    likelihood = scored(plain).gradient / weight_at(STEP, SCHEDULE, plain)
    sds_settings = replace(plain, distillation=Distillation.SDS)
    sds = scored(sds_settings).gradient / weight_at(STEP, SCHEDULE, sds_settings)
    assert torch.allclose(likelihood - sds, noise(4), atol=1e-3)


def test_weights_of_signal_and_noise_are_a_right_angle() -> None:
    for weighting in Weighting:
        both = [weight_at(STEP, SCHEDULE, ScoreSettings(kind, weighting)) for kind in Distillation]
        assert sum(weight**2 for weight in both) == pytest.approx(1)


def test_a_pull_has_the_gradient_it_was_given() -> None:
    latents = noise(5).requires_grad_()
    (got,) = torch.autograd.grad(pull(latents, noise(6), 0.25), latents)
    assert torch.equal(got, 0.25 * noise(6))


def test_relative_distance_is_zero_where_distances_stay() -> None:
    a, b = noise(7, 1, 12, 8, 8), noise(8, 1, 12, 8, 8)
    assert relative_distance_loss((a + 3, b + 3), (a, b)) < 1e-5
    assert relative_distance_loss((2 * a, 2 * b), (a, b)) == pytest.approx(3, rel=1e-4)
    assert relative_distance_loss((a, b), (a, a)) == 0, "one head has no distance to itself"


def test_presets_have_their_numbers() -> None:
    assert RELEASED.single.step_range(SCHEDULE) == RELEASED.grid.step_range(SCHEDULE) == (35, 49)
    first, last = PAPER.grid.step_range(SCHEDULE)
    assert SCHEDULE.timesteps[first] <= 800
    assert SCHEDULE.timesteps[last] >= 300
    assert PAPER.single.base_weight + PAPER.single.mirror_weight == 1
    assert {preset.name for preset in PRESETS.values()} == set(PRESETS)
    with pytest.raises(ValueError, match="either"):
        Stage(1, PAPER.single.view_range, "depth", ScoreSettings())
