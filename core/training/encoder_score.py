"""How much of a head can be seen in its pictures, and how much of that an encoder finds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.camera import Camera
from core.rendering.marching import march
from core.training.encoder_heads import spoilt_looks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from core.generators.mini import Mini
    from core.inverters.encoder_network import AttributeLayout, EncoderNetwork
    from core.training.encoder_heads import EncoderHeads

CAMERA_NOISE_RADIANS = (0.045, 0.06)
"""Deviation of the yaw and pitch that alignment finds, measured on renders as 0.037 and 0.052."""
LEAST_DEVIATION = 0.05
LEAST_WEIGHT, MOST_WEIGHT = 0.8, 6.0
"""A generator that does not show smiles yet is no reason not to see them."""
MEASURED_YAWS_DEGREES = (0.0, 90.0)
"""Views in which the effect of attributes is measured."""
MEASURED_PX, MEASURED_SAMPLES, PROBES = 32, 12, 24


def visible_effects(generator: Mini) -> Tensor:
    """How much the median head's pictures change, roughly, with one unit of each attribute [A].

    The length of the pictures' derivative, estimated from the gradients of a few random mixtures of their pixels.
    """
    prior, latents = generator.prior, generator.mean_latents().clone().requires_grad_()
    trigrid = generator.trigrid(latents)
    pictures = []
    for yaw in MEASURED_YAWS_DEGREES:
        camera = Camera.orbit(math.radians(yaw), 0.07)
        seen = march(generator, trigrid, camera, MEASURED_PX, MEASURED_SAMPLES, MEASURED_SAMPLES)
        pictures.append(generator.colours(seen.features.movedim(1, -1)) + 1 - seen.alpha.movedim(1, -1))
    whole = torch.cat(pictures)
    random = torch.Generator().manual_seed(0)
    lengths = torch.zeros(len(prior.attributes.names))
    for _ in range(PROBES):
        mixture = (whole * torch.randn(whole.shape, generator=random)).sum()
        (gradient,) = torch.autograd.grad(mixture, latents, retain_graph=True)
        lengths += (gradient.sum(0) @ (prior.weight / prior.scale)).square()
    return (lengths / PROBES).sqrt()


def loss_weights(layout: AttributeLayout, deviation: Tensor, generator: Mini | None) -> Tensor:
    """Weight [A] of each attribute's error, about 1; attributes that the generator does not know get 1.

    Args:
        layout: of the attributes.
        deviation: [A] of the quantities.
        generator: measures what can be seen.
    """
    if generator is None:
        return torch.ones(len(layout.names))
    known = generator.prior.attributes.names
    effects = visible_effects(generator)
    steps = torch.ones(len(layout.names))  # of options and of what is there or not
    quantities = list(layout.quantities)
    steps[quantities] = deviation[quantities]
    found = {index: float(effects[known.index(name)]) for index, name in enumerate(layout.names) if name in known}
    visible = torch.tensor([found.get(index, 0.0) for index in range(len(steps))]) * steps
    typical = visible[[index for index in quantities if index in found]].mean()
    relative = (visible / typical).clamp(LEAST_WEIGHT, MOST_WEIGHT)
    return torch.tensor([float(relative[index]) if index in found else 1.0 for index in range(len(steps))])


@dataclass(frozen=True)
class EncoderScore:
    """How good an encoder is on views of heads it never saw, spoilt like photographs.

    Attributes:
        unexplained: share of the attributes' variance, weighted like the loss, that its answers leave.
        unexplained_code: the same of the generator's codes; None without a generator of these attributes.
        right: share of right answers, for each group of options and each yes or no.
        degrees: mean error of yaw and pitch.
        alone_degrees: the same of what it sees without being told what alignment found.
        given_degrees: the same of what it was told.
    """

    unexplained: float
    unexplained_code: float | None
    right: Mapping[str, float]
    degrees: tuple[float, ...]
    alone_degrees: tuple[float, ...]
    given_degrees: tuple[float, ...]


def score(
    network: EncoderNetwork, heads: EncoderHeads, weights: Tensor, generator: Mini | None = None, views: int = 160
) -> EncoderScore:
    """Score an encoder on held-out heads; always on the same pictures."""
    _, unseen = heads.split()
    random = np.random.default_rng(12345)
    picked = [unseen[i] for i in random.permutation(len(unseen))[:views]]
    looks = spoilt_looks(network, heads, picked, random)
    error = torch.from_numpy(random.normal(0, CAMERA_NOISE_RADIANS, (len(picked), 2)).astype(np.float32))
    with torch.no_grad():
        hidden = network.hidden(looks.glance)
        turn = network.turn(hidden, looks.yaw_pitch + error)
        alone = (network.yaw_pitch(hidden) - looks.yaw_pitch).abs().mean(0)
        expected = network.attributes(network.answers(hidden))
    off, given = (turn + error).abs().mean(0), error.abs().mean(0)
    wanted = heads.attributes[looks.heads]
    layout, centre = network.layout, heads.attributes.mean(0)
    scale = heads.attributes.std(0).clamp(min=LEAST_DEVIATION)
    missed = ((expected - wanted) / scale).square() * weights
    left = float(missed.sum() / (((wanted - centre) / scale).square() * weights).sum())
    right = {
        layout.names[first].split("/")[0]: float(
            (expected[:, first:last].argmax(1) == wanted[:, first:last].argmax(1)).float().mean()
        )
        for first, last in layout.choices
    }
    right |= {
        layout.names[i]: float(((expected[:, i] > 0.5) == (wanted[:, i] > 0.5)).float().mean()) for i in layout.present
    }
    code = None
    if generator is not None and generator.prior.attributes.names == layout.names:
        to_code = generator.prior.weight / generator.prior.scale
        code = float(((expected - wanted) @ to_code.T).square().sum() / ((wanted - centre) @ to_code.T).square().sum())
    degrees = [math.degrees(float(x)) for x in (*off, *alone, *given)]
    return EncoderScore(left, code, right, *(tuple(degrees[i : i + 2]) for i in (0, 2, 4)))
