"""Pictures whose codes are known, and the ridge that leads from what an encoder saw to what attributes leave of a code.

Codes are known of the heads that the generator was trained on and of its own random samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from core.camera import Camera
from core.progress import Progress
from core.rendering.marching import march
from core.training.dataset import is_held_out
from core.training.encoder_heads import FrontalView, spoilt_looks
from core.training.photo_looks import Sight, photographed

if TYPE_CHECKING:
    from torch import Tensor

    from core.generators.mini import Mini
    from core.inverters.encoder_network import EncoderNetwork
    from core.progress import Report
    from core.training.encoder_heads import EncoderHeads

STRENGTHS = (1e1, 1e2, 3e2, 1e3, 3e3, 1e4)
"""Ridge penalties that are tried, for summaries as they are."""
SAMPLE_PX, SAMPLE_STEPS = 80, 14
CERTAIN = 0.5
"""A row of the bank is a head's when it is nearer to the head's attributes than this share of the second nearest."""
SAMPLES_FROM = 1_000_000
"""Number of the first random sample: above those of all heads."""


@dataclass(frozen=True, eq=False)
class Example:
    """Pictures whose codes are known: summaries [N, H], codes of the attributes [N, W], true codes [N, W], heads [N].

    Random samples are numbered on after the heads.
    """

    hidden: Tensor
    code: Tensor
    target: Tensor
    heads: Tensor


def known_codes(generator: Mini, attributes: Tensor) -> tuple[Tensor, Tensor]:
    """Codes [H, W] of heads by their attributes [H, A], and which of them [H] the generator was trained on.

    A head of the training has a row in the generator's bank, next to what its attributes lead to.
    """
    codes = generator.prior.latent_from_attributes(attributes)
    bank = torch.unique(generator.bank, dim=0)  # heads that count more stand there more often
    if len(bank) < 2:
        return codes, torch.zeros(len(codes), dtype=torch.bool)
    nearest, rows = torch.cdist(codes, bank).topk(2, dim=1, largest=False)
    known = nearest[:, 0] < CERTAIN * nearest[:, 1]
    return torch.where(known[:, None], bank[rows[:, 0]], codes), known


def summaries(network: EncoderNetwork, generator: Mini, hidden: Tensor) -> Tensor:
    """Codes [N, W] to which summaries [N, H] lead by way of the attributes."""
    decided = network.layout.decided(network.attributes(network.answers(hidden)))
    return generator.prior.latent_from_attributes(decided)


def head_examples(
    network: EncoderNetwork, heads: EncoderHeads, generator: Mini, report: Report, *, views: int, most: int
) -> Example:
    """Some spoilt views of each head whose code is known, of no more than `most` heads."""
    random = np.random.default_rng(1)
    targets, known = known_codes(generator, heads.attributes)
    usable = [h for h in range(len(heads.seeds)) if bool(known[h]) and not is_held_out(heads.seeds[h])]
    chosen = set(random.permutation(usable)[:most].tolist())
    by_head: dict[int, list[FrontalView]] = {}
    for view in heads.views:
        if view.head in chosen:
            by_head.setdefault(view.head, []).append(view)
    hidden, numbers = [torch.zeros(0, network.config.hidden)], [torch.zeros(0, dtype=torch.long)]
    for done, seen in enumerate(by_head.values()):
        picked = [seen[i] for i in random.choice(len(seen), min(views, len(seen)), replace=False)]
        looks = spoilt_looks(network, heads, picked, random)
        with torch.no_grad():
            hidden.append(network.hidden(looks.glance))
        numbers.append(looks.heads)
        report(Progress(done + 1, len(by_head), "Looking at heads"))
    summary, rows = torch.cat(hidden), torch.cat(numbers)
    return Example(summary, summaries(network, generator, summary), targets[rows], rows)


def sample_examples(network: EncoderNetwork, generator: Mini, count: int, report: Report) -> Example:
    """The generator's own random heads, drawn by itself and spoilt like photos."""
    random = np.random.default_rng(2)
    torch.manual_seed(2)
    hidden, targets, numbers = [], [], []
    with torch.no_grad():
        for number in range(count):
            latents = generator.latents(torch.randn(1, generator.info.noise_size), 0.8)
            trigrid = generator.trigrid(latents[0])
            for _ in range(2):
                yaw, pitch = random.normal(0, 0.35), random.normal(0.05, 0.15)
                seen = march(generator, trigrid, Camera.orbit(yaw, pitch), SAMPLE_PX, SAMPLE_STEPS, SAMPLE_STEPS)
                rgb = generator.picture(seen.features, seen.alpha, latents)[0].movedim(0, 2)
                solid, depth = (
                    F.interpolate(x, rgb.shape[:2], mode="bilinear")[0, 0].numpy() for x in (seen.alpha, seen.depth)
                )
                sight = Sight((rgb * 255).round().byte().numpy(), (solid > 0.5).astype(np.uint8), depth * (solid > 0.5))
                picture, mask = photographed(sight, network.config.picture_px, random)
                glance = network.glance(
                    torch.from_numpy(picture).permute(2, 0, 1)[None], torch.from_numpy(mask)[None, None]
                )
                hidden.append(network.hidden(glance))
                targets.append(latents[:, 0])
                numbers.append(SAMPLES_FROM + number)
            report(Progress(number + 1, count, "Looking at random heads"))
    summary = torch.cat(hidden)
    return Example(summary, summaries(network, generator, summary), torch.cat(targets), torch.tensor(numbers))


def ridge(examples: Example) -> tuple[Tensor, Tensor, float]:
    """Offsets of the whole code, weight [W, H] and bias [W], and the share of the variance that they leave elsewhere.

    The penalty is chosen on every fifth head. Where none helps, the offsets are zero and the share is 1.
    """
    missing = examples.target - examples.code
    # heads, not pictures: those of one head are alike
    unseen = examples.heads % 5 == 0
    centre = examples.hidden[~unseen].mean(0)
    x, y = examples.hidden - centre, missing
    bias = y[~unseen].mean(0)
    gram = x[~unseen].T @ x[~unseen]
    moment = x[~unseen].T @ (y[~unseen] - bias)
    whole = float(y[unseen].square().sum())
    best, kept = 1.0, (torch.zeros(y.shape[1], x.shape[1]), torch.zeros(y.shape[1]))
    for strength in STRENGTHS:
        weight = torch.linalg.solve(gram + strength * torch.eye(len(gram)), moment).T
        left = float((y[unseen] - x[unseen] @ weight.T - bias).square().sum()) / whole
        if left < best:
            best, kept = left, (weight, bias - weight @ centre)
    return *kept, best
