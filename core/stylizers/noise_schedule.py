"""How much noise a latent holds at each timestep of a diffusion model, and the steps of DDIM.

The numbers of Stable Diffusion 1.x, whose betas are spaced evenly in their square roots; any other schedule can be read
from a diffusers scheduler. Timestep 0 has the least noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from torch import Tensor

TRAINED_TIMESTEPS = 1000
FIRST_BETA, LAST_BETA = 0.00085, 0.012
STEPS_OFFSET = 1
"""The last step of Stable Diffusion's schedules is timestep 1, not 0."""


class Scheduler(Protocol):
    """What a diffusers scheduler offers."""

    alphas_cumprod: Tensor
    timesteps: Tensor


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """A noise schedule and the timesteps at which it is looked at.

    Attributes:
        signal: float32 [T], share of the signal's variance at each timestep (alphas_cumprod).
        timesteps: int64 [S], from the noisiest to the cleanest; a *step* is an index into them.
    """

    signal: Tensor
    timesteps: Tensor

    @staticmethod
    def stable_diffusion(steps: int = 50) -> NoiseSchedule:
        """Stable Diffusion 1.x under DDIM with that many steps."""
        betas = torch.linspace(FIRST_BETA**0.5, LAST_BETA**0.5, TRAINED_TIMESTEPS, dtype=torch.float32).square()
        timesteps = torch.arange(steps) * (TRAINED_TIMESTEPS // steps) + STEPS_OFFSET
        return NoiseSchedule(torch.cumprod(1 - betas, 0), timesteps.flip(0))

    @staticmethod
    def of_scheduler(scheduler: Scheduler) -> NoiseSchedule:
        """The numbers of a diffusers scheduler whose timesteps have been set."""
        return NoiseSchedule(scheduler.alphas_cumprod.float(), scheduler.timesteps.long())

    def steps_between(self, cleanest: float, noisiest: float) -> tuple[int, int]:
        """First and last step, inclusive, whose timesteps lie between two shares of the trained ones, 0..1.

        Raises:
            ValueError: none does.
        """
        share = self.timesteps.double() / len(self.signal)
        chosen = ((share >= cleanest) & (share <= noisiest)).nonzero()[:, 0]
        if not len(chosen):
            raise ValueError(f"no step lies between {cleanest} and {noisiest} of the timesteps")
        return int(chosen[0]), int(chosen[-1])

    def noised(self, latents: Tensor, noise: Tensor, timestep: int) -> Tensor:
        """Latents with as much noise as belongs to a timestep."""
        signal = self.signal[timestep].to(latents)
        return signal.sqrt() * latents + (1 - signal).sqrt() * noise

    def denoised(self, noisy: Tensor, predicted: Tensor, timestep: int) -> Tensor:
        """Latents without the noise that is predicted in them: Tweedie's estimate of the clean ones."""
        signal = self.signal[timestep].to(noisy)
        return (noisy - (1 - signal).sqrt() * predicted) / signal.sqrt()

    def stepped(self, noisy: Tensor, predicted: Tensor, step: int) -> Tensor:
        """Latents one DDIM step further (deterministic, eta 0); the clean ones after the last step."""
        clean = self.denoised(noisy, predicted, int(self.timesteps[step]))
        if step + 1 == len(self.timesteps):
            return clean
        return self.noised(clean, predicted, int(self.timesteps[step + 1]))
