"""From Gaussian noise to a plausible latent, by way of the attributes that the training heads are known to have.

A head's latent is an affine function of its attributes (age, hair style, skin tone, ...) plus a small residual of its
own. The prior is a Gaussian copula over the attributes: correlated normals, each sent through its attribute's own
distribution. Styles that exclude one another (hair, outfit, skin texture) share a softmax, so that a sample wears one
hair style and not the average of all.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CHOICE_SHARPNESS = 6.0  # softmax gain on normal scores: nearly one-hot, yet interpolations have no jumps


@dataclass(frozen=True)
class AttributeNames:
    """What the attribute vector holds.

    Attributes:
        names: one for each attribute; those of a choice read "group/option".
        choices: groups of exclusive options, each as (first, last + 1).
    """

    names: tuple[str, ...]
    choices: tuple[tuple[int, int], ...]

    @classmethod
    def grouped(cls, names: tuple[str, ...], groups: tuple[str, ...]) -> "AttributeNames":
        """Find the runs of names that begin with "group/"."""
        choices = []
        for group in groups:
            members = [index for index, name in enumerate(names) if name.startswith(group + "/")]
            if members != list(range(members[0], members[-1] + 1)):
                raise ValueError(f"the options of {group} must stand together")
            choices.append((members[0], members[-1] + 1))
        return cls(names, tuple(choices))


class LatentPrior(nn.Module):
    """Noise [B, Z] -> latent [B, W]; Z is the number of attributes plus residual directions.

    Buffers:
        mixing [A, A]: Cholesky factor of the attributes' normal-score correlation.
        knots [A, Q]: quantiles of each attribute at evenly spaced probabilities.
        thresholds [A]: normal score above which an option of a choice is taken; 0 elsewhere.
        centre, scale [A]: standardisation before the affine map.
        weight [W, A], bias [W]: the affine map.
        residual [R, W]: directions of what attributes do not explain, scaled to one deviation.
    """

    mixing: Tensor
    knots: Tensor
    thresholds: Tensor
    centre: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor
    residual: Tensor

    def __init__(self, attributes: AttributeNames, latent_size: int, quantiles: int = 33, residuals: int = 48) -> None:
        super().__init__()
        self.attributes = attributes
        count = len(attributes.names)
        for name, shape in (
            ("mixing", (count, count)),
            ("knots", (count, quantiles)),
            ("thresholds", (count,)),
            ("centre", (count,)),
            ("scale", (count,)),
            ("weight", (latent_size, count)),
            ("bias", (latent_size,)),
            ("residual", (residuals, latent_size)),
        ):
            self.register_buffer(name, torch.zeros(shape))

    @property
    def noise_size(self) -> int:
        """Z."""
        return len(self.mixing) + len(self.residual)

    def attributes_from_noise(self, noise: Tensor) -> Tensor:
        """Standard normal noise [B, >= A] -> attributes [B, A]."""
        count = len(self.mixing)
        score = noise[:, :count] @ self.mixing.T
        probability: Tensor = torch.special.ndtr(score) * (self.knots.shape[1] - 1)
        low = probability.long().clamp(0, self.knots.shape[1] - 2)
        rows = torch.arange(count, device=noise.device)
        below, above = self.knots[rows, low], self.knots[rows, low + 1]
        value = below + (above - below) * (probability - low)
        for first, last in self.attributes.choices:
            lead = (score - self.thresholds)[:, first:last]
            value = torch.cat([value[:, :first], torch.softmax(CHOICE_SHARPNESS * lead, 1), value[:, last:]], 1)
        return value

    def latent_from_attributes(self, attributes: Tensor) -> Tensor:
        """Attributes [B, A] -> latent [B, W] without residual."""
        return ((attributes - self.centre) / self.scale) @ self.weight.T + self.bias

    def direction(self, name: str) -> Tensor:
        """Change of the latent [W] for one unit of an attribute.

        Raises:
            KeyError: there is no such attribute.
        """
        if name not in self.attributes.names:
            raise KeyError(name)
        index = self.attributes.names.index(name)
        return self.weight[:, index] / self.scale[index]

    def forward(self, noise: Tensor, truncation: float = 1.0) -> Tensor:
        """Noise [B, Z] -> latent [B, W]. Truncation scales the noise: 0 is the median head."""
        scaled = noise * truncation
        latent = self.latent_from_attributes(self.attributes_from_noise(scaled))
        return latent + scaled[:, len(self.mixing) :] @ self.residual


def fitted_prior(
    attributes: AttributeNames,
    values: Tensor,
    centre: Tensor,
    scale: Tensor,
    weight: Tensor,
    bias: Tensor,
    residuals: Tensor,
    seed: int = 0,
) -> LatentPrior:
    """The prior of training heads.

    Args:
        attributes: names and choices of the columns of `values`.
        values: [H, A] attributes of H heads.
        centre: [A], see `LatentPrior`.
        scale: [A].
        weight: [W, A].
        bias: [W].
        residuals: [H, W] what the affine map leaves of each head's latent.
        seed: breaks ties between equal values, so that a yes-or-no attribute has a normal score too.
    """
    heads, count = values.shape
    prior = LatentPrior(attributes, weight.shape[0])
    generator = torch.Generator().manual_seed(seed)
    tie = torch.rand(values.shape, generator=generator, dtype=torch.float64) * 1e-6
    rank = (values.double() + tie).argsort(0).argsort(0).double()
    score = torch.special.ndtri((rank + 0.5) / heads)
    correlation = score.T @ score / heads
    deviation = correlation.diagonal().sqrt()
    # Shrink towards independence: H heads cannot support A^2/2 free correlations.
    correlation = 0.8 * correlation / torch.outer(deviation, deviation) + 0.2 * torch.eye(count, dtype=torch.float64)
    prior.mixing.copy_(torch.linalg.cholesky(correlation))
    steps = torch.linspace(0.02, 0.98, prior.knots.shape[1], dtype=torch.float64)
    prior.knots.copy_(torch.quantile(values.double(), steps, dim=0).T)
    frequency = values.mean(0).clamp(0.5 / heads, 1 - 0.5 / heads)
    for first, last in attributes.choices:
        prior.thresholds[first:last] = -torch.special.ndtri(frequency[first:last].double()).float()
    prior.centre.copy_(centre)
    prior.scale.copy_(scale)
    prior.weight.copy_(weight)
    prior.bias.copy_(bias)
    _, spread, directions = torch.linalg.svd(residuals - residuals.mean(0), full_matrices=False)
    kept = min(len(prior.residual), len(directions))
    prior.residual[:kept] = directions[:kept] * (spread[:kept] / heads**0.5)[:, None]
    return prior
