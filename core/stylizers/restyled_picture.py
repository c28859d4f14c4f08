"""Pictures by a prior alone: from noise, and from a picture (img2img). For judging a prior, and to lift into 3D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.errors import VoltefaceError
from core.stylizers.prior import noise_pair
from core.stylizers.score import guided

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from core.stylizers.prior import DiffusionPrior, Words

STEPS = 20
STRENGTH = 0.7


def drawn_from_noise(
    prior: DiffusionPrior,
    words: Words,
    depth: Tensor | None = None,
    guide: Tensor | None = None,
    steps: int = STEPS,
    seed: int = 0,
    guidance: float | None = None,
) -> Tensor:
    """Pictures [B, 3, H, W], 0..1, by deterministic DDIM from noise.

    Args:
        prior: who draws.
        words: of B prompts.
        depth: [B, 1, H, W], which also tells the size; without it the prior's own.
        guide: [B, C, h, w], latents of the unstyled pictures.
        steps: of DDIM.
        seed: of the noise.
        guidance: of the words over none; None is what the prior wants.

    Raises:
        VoltefaceError: what came is no picture.
    """
    info = prior.info
    size = (info.latent_px,) * 2 if depth is None else tuple(side // info.factor for side in depth.shape[-2:])
    noise = torch.randn((len(words), info.channels, *size), generator=torch.Generator().manual_seed(seed))
    noise = noise.to(prior.device) * info.temperature
    if info.temperature < 1:
        noise = _begun(prior, noise, words, depth, guide, steps, guidance)
    return _denoised(prior, noise, words, depth, guide, steps, 0, guidance, None)


def _begun(
    prior: DiffusionPrior,
    noise: Tensor,
    words: Words,
    depth: Tensor | None,
    guide: Tensor | None,
    steps: int,
    guidance: float | None,
) -> Tensor:
    """What the first step begins with where noise is calm, and says therefore that there is nothing to be seen.

    Latents of the first step hold a little of the drawing already. So first the noisiest timestep of all is asked, at
    which nothing is seen in any noise.
    """
    schedule = prior.schedule(steps)
    noisiest, first = len(schedule.signal) - 1, int(schedule.timesteps[0])
    with torch.no_grad():
        predicted = _predicted(prior, noise, noisiest, words, depth, guide, guidance)
    return schedule.noised(schedule.denoised(noise, predicted, noisiest), noise, first)


def restyled(
    prior: DiffusionPrior,
    pictures: Tensor,
    prompt: str,
    depth: Tensor | None = None,
    strength: float = STRENGTH,
    steps: int = STEPS,
    seed: int = 0,
    guidance: float | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Pictures redrawn by a prompt: noised part of the way and denoised again (SDEdit), guided by themselves.

    Args:
        prior: who draws.
        pictures: [B, 3, H, W], 0..1, on white; sides are multiples of `PriorInfo.multiple_px`.
        prompt: what they become.
        depth: [B, 1, H, W], where it is known.
        strength: 0..1, how much is left to the prior: 0 leaves the pictures, 1 begins with noise.
        steps: of DDIM for strength 1.
        seed: of the noise.
        guidance: of the prompt over none; None is what the prior wants.
        told: called with steps done and steps in all; may raise `Cancelled`.

    Raises:
        VoltefaceError: the prompt says nothing, the sides do not fit, or what came is no picture.
    """
    multiple = prior.info.multiple_px
    if any(side % multiple for side in pictures.shape[-2:]):
        height, width = pictures.shape[-2:]
        raise VoltefaceError(
            f"The picture is {width} x {height} px; this prior takes multiples of {multiple}.", "Resize it first."
        )
    if not 0 <= strength <= 1:
        raise VoltefaceError(f"The strength {strength:g} is not between 0 and 1.", "Choose one in between.")
    words = prior.words([prompt]).repeated(len(pictures))
    first = round((1 - strength) * steps)
    if first >= steps:
        return pictures
    with torch.no_grad():
        latents = prior.latents_from_pictures(pictures)
    schedule = prior.schedule(steps)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(seed)).to(latents)
    timestep, warmth = int(schedule.timesteps[first]), prior.info.temperature
    noisy = schedule.noised(latents, noise * warmth, timestep)
    guide = latents if prior.info.has_guide else None
    if warmth < 1:
        # little noise hides little: it begins with what the prior makes of the picture, or the picture would stay
        with torch.no_grad():
            predicted = _predicted(prior, noisy, timestep, words, depth, guide, guidance)
        clean = schedule.denoised(noisy, predicted, timestep)
        noisy = schedule.noised(clean, noise * warmth, timestep)
    return _denoised(prior, noisy, words, depth, guide, steps, first, guidance, told)


def _denoised(
    prior: DiffusionPrior,
    noisy: Tensor,
    words: Words,
    depth: Tensor | None,
    guide: Tensor | None,
    steps: int,
    first: int,
    guidance: float | None,
    told: Callable[[int, int], None] | None,
) -> Tensor:
    schedule = prior.schedule(steps)
    with torch.no_grad():
        for step in range(first, steps):
            timestep = int(schedule.timesteps[step])
            noisy = schedule.stepped(noisy, _predicted(prior, noisy, timestep, words, depth, guide, guidance), step)
            if told is not None:
                told(step + 1 - first, steps - first)
        pictures = prior.pictures_from_latents(noisy)
    if not bool(pictures.isfinite().all()):
        raise VoltefaceError(
            f"{prior.info.title} drew numbers that are no picture.", "Try full precision, or another prompt."
        )
    return pictures


def _predicted(
    prior: DiffusionPrior,
    noisy: Tensor,
    timestep: int,
    words: Words,
    depth: Tensor | None,
    guide: Tensor | None,
    guidance: float | None,
) -> Tensor:
    """The noise in latents as the words tell it; what no words tell is asked for only where that counts."""
    strength = prior.info.guidance if guidance is None else guidance
    if strength == 1:
        return prior.noise(noisy, timestep, words, depth, guide)
    return guided(*noise_pair(prior, noisy, timestep, (prior.words([""]), words), depth, guide), strength)
