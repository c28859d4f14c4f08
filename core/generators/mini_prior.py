"""From Gaussian noise to a plausible latent, by way of the attributes that the training heads are known to have.

A head's latent is an affine function of its attributes (age, hair style, skin tone, ...) plus a small residual of its
own. The prior knows two kinds of attributes:
- *Kinds*: who somebody is and what they wear. Sex comes first, and each sex has odds of its own. Exclusive options
  (hair, outfit, skin texture) share a softmax, so that a sample wears one hair style and not the average of all;
  glasses and the like are there or not. They are a Gaussian copula of their own. Truncation does not touch them, or
  everybody would wear the commonest hair.
- *Quantities*: all others. Each has its own distribution about a mean that follows from the kinds, so that long hair is
  long. Truncation draws them towards that mean.

Longer than usual: how a prior is fitted stands beside how it is drawn from, because one is the inverse of the other.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CHOICE_SHARPNESS = 150.0  # softmax gain on normal scores: one-hot but for a narrow border, which has no jump
SEX = "gender"  # 0 woman .. 1 man
SEX_BORDER = 0.05  # half width, in units of SEX, of the band where the odds of both sexes are blended
KINDS = (SEX, "beard")
"""Quantities without a middle: they count as kinds."""
NEEDS = {"dark": "glasses"}
"""What is only there where something else is; its odds are those where that is."""
CALIBRATION_DRAWS, CALIBRATION_ROUNDS = 20_000, 150
SHRINKAGE = 0.2  # towards independence: H heads cannot support A^2/2 free correlations
NEVER = 30.0  # threshold of an option that a sex does not wear
RIDGE_HEADS = 1.0  # strength of the ridge in the quantities' regression, in heads


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
        mixing [A, A]: Cholesky factor of the normal scores' covariance; kinds and quantities do not mix.
        shift [A, A]: change of a quantity (row) for one deviation of a kind (column); 0 elsewhere.
        knots [2, A, Q]: quantiles at evenly spaced probabilities, by sex, women first, of each kind, and of what the
            kinds leave of each quantity.
        thresholds [2, A]: subtracted from an option's normal score before the softmax, by sex; 0 elsewhere.
        centre, scale [A]: standardisation before the affine map.
        weight [W, A], bias [W]: the affine map.
        residual [R, W]: directions of what attributes do not explain, scaled to one deviation.
    """

    mixing: Tensor
    shift: Tensor
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
            ("shift", (count, count)),
            ("knots", (2, count, quantiles)),
            ("thresholds", (2, count)),
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

    @property
    def kinds(self) -> Tensor:
        """Which attributes are kinds, bool [A]: options, those that are there or not, and KINDS."""
        # a quantile may fall between no and yes
        binary = (((self.knots != 0) & (self.knots != 1)).sum(2) <= 1).all(0)
        return binary | _named(self.attributes)

    def attributes_from_noise(self, noise: Tensor, truncation: float = 1.0) -> Tensor:
        """Standard normal noise [B, >= A] -> attributes [B, A].

        Truncation scales what is random in the quantities; the kinds keep their odds but at 0, which is the median.
        """
        names, kinds = self.attributes.names, self.kinds
        score = noise[:, : len(self.mixing)] @ self.mixing.T
        score = torch.where(kinds, score * float(truncation > 0), score * truncation)
        value = self._values_of_scores(score, 0)
        if SEX in names:
            male = ((value[:, [names.index(SEX)]] - 0.5) / (2 * SEX_BORDER) + 0.5).clamp(0, 1)
            value = torch.lerp(value, self._values_of_scores(score, 1), male)
        for name, needed in NEEDS.items():
            if name in names and needed in names:
                column = value[:, names.index(name)] * value[:, names.index(needed)]
                value = value.index_copy(1, torch.tensor([names.index(name)], device=noise.device), column[:, None])
        told = (torch.where(kinds, value, self.centre) - self.centre) / self.scale
        return value + told @ self.shift.T

    def _values_of_scores(self, score: Tensor, sex: int) -> Tensor:
        """Normal scores [B, A] -> attributes [B, A], each through its own distribution."""
        probability: Tensor = torch.special.ndtr(score) * (self.knots.shape[2] - 1)
        low = probability.long().clamp(0, self.knots.shape[2] - 2)
        rows = torch.arange(len(self.mixing), device=score.device)
        below, above = self.knots[sex, rows, low], self.knots[sex, rows, low + 1]
        value = below + (above - below) * (probability - low)
        for first, last in self.attributes.choices:
            options = torch.softmax(CHOICE_SHARPNESS * (score - self.thresholds[sex])[:, first:last], 1)
            value = torch.cat([value[:, :first], options, value[:, last:]], 1)
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
        """Noise [B, Z] -> latent [B, W]. Truncation: see `attributes_from_noise`; 0 is the median head."""
        latent = self.latent_from_attributes(self.attributes_from_noise(noise, truncation))
        return latent + truncation * noise[:, len(self.mixing) :] @ self.residual


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
    exact = values.double()
    binary = ((exact == 0) | (exact == 1)).all(0)
    kinds = binary | _named(attributes)
    told = (exact - centre.double()) / scale.double() * kinds
    ridge = RIDGE_HEADS * torch.eye(count, dtype=torch.float64)
    middle = exact.mean(0)
    shift = torch.linalg.solve(told.T @ told + ridge, told.T @ (exact - middle)).T * ~kinds[:, None]
    rest = exact - told @ shift.T
    tie = torch.rand(values.shape, generator=generator, dtype=torch.float64) * 1e-6
    rank = (rest + tie).argsort(0).argsort(0).double()
    score = torch.special.ndtri((rank + 0.5) / heads)

    steps = torch.linspace(0.02, 0.98, prior.knots.shape[2], dtype=torch.float64)
    prior.knots.copy_(torch.quantile(rest, steps, dim=0).T)
    sexes = _sexes(attributes, exact)
    for sex, members in enumerate(sexes):
        for index in kinds.nonzero()[:, 0].tolist():
            name = attributes.names[index]
            chosen = members & (exact[:, attributes.names.index(NEEDS[name])] > 0) if name in NEEDS else members
            if name != SEX and chosen.any():
                prior.knots[sex, index] = torch.quantile(exact[chosen, index], steps)
    mixing = torch.zeros(count, count, dtype=torch.float64)
    seen = torch.where(binary, exact, score)
    correlation = _kinds_correlation(attributes, [seen[members] for members in sexes], binary)
    mixing[kinds.nonzero(), kinds.nonzero().T] = torch.linalg.cholesky(correlation[kinds][:, kinds])

    covariance = score[:, ~kinds].T @ score[:, ~kinds] / heads
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * torch.diag(covariance.diagonal())
    mixing[(~kinds).nonzero(), (~kinds).nonzero().T] = torch.linalg.cholesky(covariance)
    prior.mixing.copy_(mixing)
    prior.shift.copy_(shift)
    for first, last in attributes.choices:
        for sex, members in enumerate(sexes):
            frequency = exact[members, first:last].mean(0)
            prior.thresholds[sex, first:last] = _calibrated(mixing[first:last], frequency, generator)
    prior.centre.copy_(centre)
    prior.scale.copy_(scale)
    prior.weight.copy_(weight)
    prior.bias.copy_(bias)
    _, spread, directions = torch.linalg.svd(residuals - residuals.mean(0), full_matrices=False)
    kept = min(len(prior.residual), len(directions))
    prior.residual[:kept] = directions[:kept] * (spread[:kept] / heads**0.5)[:, None]
    return prior


def _named(attributes: AttributeNames) -> Tensor:
    """Which attributes are kinds by their names, bool [A]: options and KINDS."""
    named = torch.tensor([name in KINDS for name in attributes.names])
    for first, last in attributes.choices:
        named[first:last] = True
    return named


def _sexes(attributes: AttributeNames, values: Tensor) -> list[Tensor]:
    """Which heads are women's and which are men's, bool [H] each; all are both where the data know no sexes."""
    if SEX in attributes.names:
        male = values[:, attributes.names.index(SEX)] > 0.5
        if 0 < male.sum() < len(male):
            return [~male, male]
    return [torch.ones(len(values), dtype=torch.bool)] * 2


def _kinds_correlation(attributes: AttributeNames, sexes: list[Tensor], binary: Tensor) -> Tensor:
    """Correlation [A, A] of the normal scores behind the kinds, within a sex.

    A yes or no correlates less with anything than the normal score behind it does; that is made up for (Pearson's
    biserial correlation). Options of one choice exclude one another by their softmax, so their scores are independent.

    Args:
        attributes: names and choices.
        sexes: values [H, A] of each sex's heads; 0 or 1 where `binary`, normal scores elsewhere.
        binary: bool [A].
    """
    total = torch.zeros(len(binary), len(binary), dtype=torch.float64)
    weight = torch.zeros_like(total)
    for values in sexes:
        chance = values.mean(0).clamp(0.5 / len(values), 1 - 0.5 / len(values))
        density = torch.exp(-torch.special.ndtri(chance).square() / 2) / (2 * torch.pi) ** 0.5
        kept = torch.where(binary, density / (chance * (1 - chance)).sqrt(), torch.ones_like(chance))
        varies = (values.std(0) > 0).double()
        centred = values - values.mean(0)
        deviation = centred.square().mean(0).sqrt().clamp(min=1e-9) * kept
        found = (centred.T @ centred / len(values) / torch.outer(deviation, deviation)).clamp(-0.95, 0.95)
        both = torch.outer(varies, varies) * len(values)
        total, weight = total + found * both, weight + both
    correlation = (1 - SHRINKAGE) * total / weight.clamp(min=1)
    for first, last in attributes.choices:
        correlation[first:last, first:last] = 0
    for name, needed in NEEDS.items():
        if name in attributes.names and needed in attributes.names:
            pair = [attributes.names.index(name), attributes.names.index(needed)]
            correlation[pair, pair[::-1]] = 0  # its odds are conditional already
    correlation.fill_diagonal_(1)
    # the nearest matrix that some scores can have
    strength, axes = torch.linalg.eigh(correlation)
    possible: Tensor = axes @ torch.diag(strength.clamp(min=1e-3)) @ axes.T
    deviation = possible.diagonal().sqrt()
    return possible / torch.outer(deviation, deviation)


def _calibrated(mixing: Tensor, frequency: Tensor, generator: torch.Generator) -> Tensor:
    """Thresholds [O] with which each of O exclusive options has the highest score as often as in the data.

    Args:
        mixing: [O, A] noise to the options' normal scores.
        frequency: [O]; an option that was never seen is never taken.
        generator: of the draws.
    """
    noise = torch.randn(CALIBRATION_DRAWS, mixing.shape[1], generator=generator, dtype=mixing.dtype)
    score = noise @ mixing.T
    wanted = frequency / frequency.sum()
    thresholds = -torch.special.ndtri(wanted.clamp(1e-6, 1 - 1e-6))
    for round_ in range(CALIBRATION_ROUNDS):
        won = torch.bincount((score - thresholds).argmax(1), minlength=len(wanted)) / CALIBRATION_DRAWS
        step = 0.3 if round_ < CALIBRATION_ROUNDS // 2 else 0.1
        change = won.clamp(min=0.5 / CALIBRATION_DRAWS).log() - wanted.clamp(min=0.5 / CALIBRATION_DRAWS).log()
        thresholds = thresholds + step * change
    return torch.where(wanted > 0, thresholds, torch.full_like(thresholds, NEVER)).float()
