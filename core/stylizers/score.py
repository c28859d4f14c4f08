"""What a diffusion model tells a picture's latent to become: scores of likelihood distillation and of SDS.

The diffusion model predicts the noise in a noised latent, once without and once with the prompt. Likelihood
distillation (LD) drives the latent by the difference of the two alone; score distillation (SDS) also takes away the
noise that was added. Nothing is back-propagated through the diffusion model: the score *is* the gradient at the latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import torch

from core.stylizers.rank_weighting import PUBLISHED_WEIGHTS, rank_weighted

if TYPE_CHECKING:
    from torch import Tensor

    from core.stylizers.noise_schedule import NoiseSchedule

LATENT_SCALE = 0.18215
"""Stable Diffusion's latents are the encoder's times this."""


class Distillation(Enum):
    """Which score drives the latent."""

    LIKELIHOOD = "likelihood"
    SDS = "sds"


class Weighting(Enum):
    """How much a score counts at a step: by the square root of the signal (LD) or of the noise (SDS) there.

    BY_TIMESTEP is what the paper says. The released code looks the *step's index* (35..49) up in the table of
    timesteps: there the signal is nearly whole, so its weights are nearly constant, .976 to .983 for LD.
    """

    BY_TIMESTEP = "timestep"
    BY_STEP = "step"


@dataclass(frozen=True)
class ScoreSettings:
    """How a score is made.

    Attributes:
        distillation: LD or SDS.
        weighting: see `Weighting`.
        guidance: of the prompt over no prompt.
        rank_weights: see `rank_weighting`; None leaves the score as it is.
        divisor: the score is divided by this before it drives the latent.
        limit: greatest magnitude after that.
    """

    distillation: Distillation = Distillation.LIKELIHOOD
    weighting: Weighting = Weighting.BY_TIMESTEP
    guidance: float = 7.5
    rank_weights: tuple[float, ...] | None = PUBLISHED_WEIGHTS
    divisor: float = 1000.0
    limit: float = 1.0


@dataclass(frozen=True, eq=False)
class Score:
    """What came of one look at a latent.

    Attributes:
        gradient: [B, C, h, w] to descend along at the latent.
        clean: [B, C, h, w], the latent as the model imagines it without noise.
        finite: share of the predicted numbers that were numbers, 0..1; the others count as 0.
    """

    gradient: Tensor
    clean: Tensor
    finite: float


def guided(unprompted: Tensor, prompted: Tensor, guidance: float) -> Tensor:
    """Predicted noise under classifier-free guidance."""
    return unprompted + guidance * (prompted - unprompted)


def weight_at(step: int, schedule: NoiseSchedule, settings: ScoreSettings) -> float:
    """How much a score counts at a step."""
    timestep = step if settings.weighting is Weighting.BY_STEP else int(schedule.timesteps[step])
    signal = float(schedule.signal[timestep])
    return float((signal if settings.distillation is Distillation.LIKELIHOOD else 1 - signal) ** 0.5)


def score_at(
    step: int,
    schedule: NoiseSchedule,
    noisy: Tensor,
    noise: Tensor,
    predictions: tuple[Tensor, Tensor],
    settings: ScoreSettings,
    mask: Tensor | None = None,
) -> Score:
    """The score of a noised latent.

    Args:
        step: index into the schedule's timesteps.
        schedule: of the diffusion model.
        noisy: [B, C, h, w], noised as belongs to the step.
        noise: what was added.
        predictions: of the noise, without and with the prompt.
        settings: how.
        mask: [B, 1, h, w], how much each place counts; None is everywhere.
    """
    unprompted, prompted = predictions
    finite = float((unprompted.isfinite() & prompted.isfinite()).double().mean())
    unprompted, prompted = _numbers(unprompted), _numbers(prompted)
    score = settings.guidance * (prompted - unprompted)
    if settings.rank_weights is not None:
        score = rank_weighted(score, settings.rank_weights)
    if settings.distillation is Distillation.SDS:
        # the noise is taken from the weighted score, as released
        score = score - noise
    score = score * weight_at(step, schedule, settings)
    if mask is not None:
        score = score * mask
    gradient = _numbers((score / settings.divisor).clamp(-settings.limit, settings.limit))
    predicted = guided(unprompted, prompted, settings.guidance)
    return Score(gradient, schedule.denoised(noisy, predicted, int(schedule.timesteps[step])), finite)


def mirrored(gradient: Tensor) -> Tensor:
    """The gradient [B, C, h, w] at the latent of the render from the mirrored camera."""
    return gradient.flip(-1)


def pull(latents: Tensor, gradient: Tensor, weight: float = 1.0) -> Tensor:
    """A number whose gradient at the latents is `weight * gradient`, to be added to other losses."""
    return weight * (latents * gradient.detach()).sum()


def _numbers(value: Tensor) -> Tensor:
    return torch.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)
