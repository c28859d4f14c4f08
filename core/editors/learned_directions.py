"""Sliders that a person teaches: directions in W that tell two groups of pictures apart, and those of most variance.

Two groups: a linear support vector machine separates their latents and the normal of its plane is the direction
(InterFaceGAN; Shen, Yang, Tang, Zhou, PAMI 2020, section 3). What known sliders do is taken out of it (its conditional
manipulation: the normal less its projection on theirs). No groups: principal components of random latents (GANSpace;
Härkönen, Hertzmann, Lehtinen, Paris, NeurIPS 2020). Strength 1 is one standard deviation of random heads either way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.errors import VoltefaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from core.protocols import Generator

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
FEWEST = 4
"""Pictures in each group; fewer say nothing about anybody else."""
DRAWS = 4096
COST = 0.1
"""Of a latent on the wrong side, for latents of unit spread; the same total for both groups."""
ROUNDS, TOLERANCE = 200, 1e-4
FOLDS = 5
CHANCE = 0.6
"""Share of unseen latents told apart, below which the groups hardly differ."""
RANGE = (-3.0, 3.0)


@dataclass(frozen=True)
class LearnedDirection:
    """A slider that was learned.

    Attributes:
        name: for options and files.
        title: for people, from low to high.
        vector: change of a latent [W] for strength 1.
        source: "groups" or "components".
        accuracy: share of latents told apart that it was not learned from; of a component its share of the variance.
        counts: pictures with and without; of a component the heads that were drawn.
    """

    name: str
    title: str
    vector: tuple[float, ...]
    source: str
    accuracy: float
    counts: tuple[int, ...]


def learned_from_groups(
    name: str, title: str, with_it: Tensor, without: Tensor, random: Tensor, known: Tensor | None = None
) -> LearnedDirection:
    """The direction that tells two groups apart.

    Args:
        name: of the slider.
        title: for people, from low to high.
        with_it: latents [N, W] of pictures that have it.
        without: latents [M, W] of pictures that have it not.
        random: latents [R, W] of random heads, which give the spread.
        known: directions [K, W] that shall not be moved along, or None.

    Raises:
        VoltefaceError: there are too few, or they hardly differ.
    """
    check_name(name)
    if min(len(with_it), len(without)) < FEWEST:
        raise VoltefaceError(
            f"{len(with_it)} and {len(without)} pictures are too few to learn from.",
            f"Take at least {FEWEST} with a face in each folder; a few dozen are better.",
        )
    spread = random.std(0).clamp(min=1e-6)
    latents = (torch.cat([with_it, without]) - random.mean(0)) / spread
    signs = torch.cat([torch.ones(len(with_it)), -torch.ones(len(without))])
    accuracy = cross_validated(latents, signs)
    if accuracy < CHANCE:
        raise VoltefaceError(
            f"The two groups hardly differ: of heads not learned from {accuracy:.0%} are told apart, chance is 50%.",
            "Take more pictures, or groups that differ in nothing else.",
        )
    # the plane's normal in W itself: a step along it crosses the plane the soonest
    normal, _ = hinge_plane(latents, signs)
    vector = stepped(normal / spread, random, known)
    return LearnedDirection(name, title, tuple(vector.tolist()), "groups", accuracy, (len(with_it), len(without)))


def principal_directions(random: Tensor, count: int, known: Tensor | None = None) -> tuple[LearnedDirection, ...]:
    """The directions in which random heads differ most, the first most.

    Args:
        random: latents [R, W].
        count: how many.
        known: directions [K, W] whose span is left out first, or None.

    Raises:
        VoltefaceError: there are not so many.
    """
    centred = random - random.mean(0)
    if known is not None and len(known):
        base = _span(known)
        centred = centred - centred @ base.T @ base
    _, sizes, components = torch.linalg.svd(centred, full_matrices=False)
    most = int((sizes > 1e-5 * sizes[0]).sum())
    if not 1 <= count <= most:
        raise VoltefaceError(f"Between 1 and {most} components can be found, not {count}.", "Ask for fewer.")
    shares = sizes.square() / sizes.square().sum()
    found = []
    for number in range(count):
        vector = components[number]
        # the sign of a component is free: the largest entry is positive, so that it is the same every time
        vector = vector * torch.sign(vector[vector.abs().argmax()])
        vector = vector * (centred @ vector).std()
        found.append(
            LearnedDirection(
                f"component-{number + 1}",
                f"component {number + 1} less .. more",
                tuple(vector.tolist()),
                "components",
                float(shares[number]),
                (len(random),),
            )
        )
    return tuple(found)


def stepped(normal: Tensor, random: Tensor, known: Tensor | None = None) -> Tensor:
    """A direction [W] without what known ones [K, W] do, as long as random heads [R, W] spread along it.

    Raises:
        VoltefaceError: known ones do all that it does.
    """
    rest = normal / normal.norm()
    if known is not None and len(known):
        base = _span(known)
        rest = rest - base.T @ (base @ rest)
        if float(rest.norm()) < 0.1:
            raise VoltefaceError(
                "The sliders that are there already do what the two groups differ in.", "Move those instead."
            )
        rest = rest / rest.norm()
    step: Tensor = rest * ((random - random.mean(0)) @ rest).std()
    return step


def hinge_plane(latents: Tensor, signs: Tensor, cost: float = COST) -> tuple[Tensor, float]:
    """A linear support vector machine: normal [W] and offset of `latents @ normal + offset`.

    Dual coordinate descent (Hsieh, Chang, Lin, Keerthi, Sundararajan, ICML 2008) for the hinge loss, in fixed order.

    Args:
        latents: [N, W] of about unit spread.
        signs: [N], 1 or -1.
        cost: of a latent on the wrong side; that of the smaller group counts for more, so that both weigh the same.
    """
    inputs = torch.cat([latents, torch.ones(len(latents), 1)], 1).double()
    wanted = signs.double()
    groups = torch.where(wanted > 0, (wanted > 0).sum(), (wanted < 0).sum())
    limits = (cost * len(wanted) / (2 * groups)).tolist()
    squares = inputs.square().sum(1).tolist()
    signed = inputs * wanted[:, None]
    plane = torch.zeros(inputs.shape[1], dtype=torch.float64)
    shares = [0.0] * len(wanted)
    orders = torch.Generator().manual_seed(0)
    for _ in range(ROUNDS):
        worst = 0.0
        for row in torch.randperm(len(shares), generator=orders).tolist():
            slope = float(signed[row] @ plane) - 1
            new = min(max(shares[row] - slope / squares[row], 0.0), limits[row])
            change, shares[row] = new - shares[row], new
            if change:
                plane += change * signed[row]
                worst = max(worst, abs(change) * squares[row])
        if worst < TOLERANCE:
            break
    return plane[:-1].to(latents), float(plane[-1])


def cross_validated(latents: Tensor, signs: Tensor) -> float:
    """Share of latents [N, W] that a plane learned from others tells apart by their signs [N].

    Both groups count the same.
    """
    right = torch.zeros(len(signs))
    folds = min(FOLDS, int(min((signs > 0).sum(), (signs < 0).sum())))
    number = torch.zeros(len(signs), dtype=torch.long)
    for sign in (1, -1):
        rows = (signs == sign).nonzero()[:, 0]
        number[rows] = torch.arange(len(rows)) % folds
    for fold in range(folds):
        held = number == fold
        normal, offset = hinge_plane(latents[~held], signs[~held])
        right[held] = ((latents[held] @ normal + offset).sign() == signs[held]).float()
    return float((right[signs > 0].mean() + right[signs < 0].mean()) / 2)


def random_latents(generator: Generator, count: int = DRAWS) -> Tensor:
    """Mean latents [count, W] of random heads, as far from the median as the studio draws them."""
    noise = torch.randn(count, generator.info.noise_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return torch.cat([generator.latents(part, 1.0).mean(1) for part in noise.split(256)])


def _span(directions: Sequence[Tensor] | Tensor) -> Tensor:
    """An orthonormal basis [K, W] of what directions [K, W] span."""
    rows = torch.stack(tuple(directions)) if not isinstance(directions, torch.Tensor) else directions
    _, sizes, basis = torch.linalg.svd(rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-9), full_matrices=False)
    span: Tensor = basis[sizes > 1e-4 * sizes[0]]
    return span


def check_name(name: str) -> None:
    """Refuse what cannot be an option and a file's name."""
    if not NAME.fullmatch(name):
        raise VoltefaceError(
            f"{name!r} is no name for an attribute.", "Take small letters, digits and dashes, such as round-face."
        )
