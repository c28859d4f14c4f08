"""A head without what it wears: bald, without glasses, without a beard. What was hidden, the generator makes up.

The bundled generator's latents are an affine function of known attributes plus a residual. The likeliest attributes of
a latent under the prior are found (a linear Gaussian model has them in closed form), those of the part are set to what
heads without it have, and the change is added: everything else about the person stays.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from core.errors import VoltefaceError
from core.generators.mini import Mini

if TYPE_CHECKING:
    from torch import Tensor

    from core.generators.mini_prior import LatentPrior
    from core.protocols import Generator

DRAWS = 6000
NOISE = 0.05
"""Share of a latent's variance that attributes need not explain."""
GROUPS: dict[str, tuple[str, ...]] = {
    "hair": ("hair/", "hairbox"),
    "glasses": ("glasses", "frame_"),
    "beard": ("beard",),
}
"""Beginnings of the names of the attributes of each part that can be taken off."""
ABSENT: dict[str, tuple[str, float]] = {
    "hair": ("hair/none", 1.0),
    "glasses": ("glasses", 0.0),
    "beard": ("beard", 0.0),
}
"""The attribute that tells that a head goes without, and its value then."""


def can_go_without(generator: Generator, part: str) -> bool:
    """Whether `latents_without` has an answer."""
    return part in GROUPS and isinstance(generator, Mini)


def latents_without(generator: Generator, latents: Tensor, part: str, beyond: float = 1.0) -> Tensor:
    """Latents [L, W] of the same person without a part.

    Args:
        generator: of the latents.
        latents: [L, W].
        part: taken off.
        beyond: how far they go, where 1 is to what heads without the part have: of much, something is left then.

    Raises:
        VoltefaceError: the generator knows no attributes, or the part cannot be taken off.
    """
    if part not in GROUPS:
        raise VoltefaceError(f"{part.capitalize()} cannot be taken off.", f"Choose from: {', '.join(GROUPS)}.")
    if not isinstance(generator, Mini):
        raise VoltefaceError(
            f"{generator.info.title} knows no attributes, so nothing can be taken off its heads.",
            "Take the part from a reference that goes without it.",
        )
    prior = generator.prior
    statistics = _statistics(prior)
    present = _likeliest(prior, statistics, latents.mean(0))
    names = prior.attributes.names
    columns = [n for n, name in enumerate(names) if name.startswith(GROUPS[part])]
    change = torch.zeros_like(present)
    change[columns] = statistics.without[part][columns] - present[columns]
    return latents + beyond * (prior.weight.to(latents) @ change.to(latents))


class _Statistics:
    """Of random heads' attributes, in deviations: mean [A], covariance [A, A], mean of those without each part."""

    def __init__(self, prior: LatentPrior) -> None:
        noise = torch.randn(DRAWS, prior.noise_size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            values = prior.attributes_from_noise(noise)
            standard = (values - prior.centre) / prior.scale
        self.mean = standard.mean(0)
        self.covariance = torch.cov(standard.T) + 1e-4 * torch.eye(len(self.mean))
        self.without: dict[str, Tensor] = {}
        names = prior.attributes.names
        for part, (name, value) in ABSENT.items():
            if name in names:
                column = values[:, names.index(name)]
                nearest = (column - value).abs() <= max(0.3, float((column - value).abs().min()))
                self.without[part] = standard[nearest].mean(0)


@lru_cache(maxsize=4)
def _statistics(prior: LatentPrior) -> _Statistics:
    return _Statistics(prior)


def _likeliest(prior: LatentPrior, statistics: _Statistics, latent: Tensor) -> Tensor:
    """The attributes [A], in deviations, that most likely made a latent [W]."""
    weight, covariance = prior.weight, statistics.covariance
    explained = weight @ covariance @ weight.T
    noise = NOISE * explained.diagonal().mean() * torch.eye(len(explained))
    gain = covariance @ weight.T
    error = latent - prior.bias - weight @ statistics.mean
    likeliest: Tensor = statistics.mean + gain @ torch.linalg.solve(explained + noise, error)
    return likeliest
