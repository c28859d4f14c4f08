"""Trains the encoder of `core.inverters.encoder` on synthetic heads that are made to look like photographs.

First stage: from each picture the head's attributes - quantities by regression, options and yes-or-no by their
cross-entropy, each weighted by how much it changes the generator's pictures - and the camera. Attributes do not depend
on the generator's weights, so the stage may run before the generator is done. The second is `encoder_levels`.

Several processes may train together (`crew`): a step's pictures are shared out among them.

Resumable: OUT/state.safetensors is written every few minutes. A run may go on with other data, even with attributes
that the former data did not have: what is known by name is kept, the rest begins anew.
Longer than usual: recipe, losses and the state that is saved must agree.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

from core.descent import Adam
from core.inverters.encoder_network import AttributeLayout, EncoderConfig, EncoderNetwork
from core.progress import Progress
from core.tensor_file import write_tensors
from core.training.crew import ALONE
from core.training.encoder_heads import EncoderHeads, Looks, spoilt_looks
from core.training.encoder_score import CAMERA_NOISE_RADIANS, LEAST_DEVIATION, loss_weights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from core.generators.mini import Mini
    from core.inverters.encoder import Encoder
    from core.progress import Report
    from core.training.crew import Crew

STATE = "state.safetensors"
SAVE_EVERY_SECONDS = 240.0
BETAS = (0.9, 0.99)


@dataclass(frozen=True)
class EncoderRecipe:
    """All numbers of the first stage.

    Attributes:
        network: sizes.
        steps: length of the schedule.
        batch: pictures a step, of all processes together.
        fresh: of them new ones; the others were used before, since to spoil and look costs more than to learn.
        pool: pictures that are kept to be used again.
        rate: Adam's learning rate of the new layers.
        trunk_rate: the same of the trunk's last group.
        drop: share of the summed-up features that is left out while training.
        camera: weight of the camera's error.
        decay: of the weights, a step and unit of rate.
        seed: of every draw.
    """

    network: EncoderConfig = field(default_factory=EncoderConfig)
    steps: int = 4000
    batch: int = 40
    fresh: int = 8
    pool: int = 640
    rate: float = 1e-3
    trunk_rate: float = 3e-4
    drop: float = 0.3
    camera: float = 1.0
    decay: float = 0.02
    seed: int = 0


def answer_losses(layout: AttributeLayout, answers: Tensor, wanted: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """Terms of the loss, by name.

    Args:
        layout: of the attributes.
        answers: [B, A], see `AttributeLayout.expected`.
        wanted: [B, A] attributes, the quantities standardised.
        weights: [A].
    """
    quantities, present = list(layout.quantities), list(layout.present)
    total = weights[quantities].sum() + sum(weights[first:last].mean() for first, last in layout.choices)
    error = F.smooth_l1_loss(answers[:, quantities], wanted[:, quantities], reduction="none", beta=0.5)
    terms = {"quantities": (error * weights[quantities]).sum(1).mean()}
    for first, last in layout.choices:
        group = layout.names[first].split("/")[0]
        options = F.cross_entropy(answers[:, first:last], wanted[:, first:last], label_smoothing=0.03)
        terms[group] = 8 * weights[first:last].mean() * options
    if present:
        there = F.binary_cross_entropy_with_logits(answers[:, present], wanted[:, present], reduction="none")
        terms["present"] = 4 * (there * weights[present]).sum(1).mean()
    return {name: 10 * term / total for name, term in terms.items()}


def camera_loss(angles: Tensor, wanted: Tensor) -> Tensor:
    """How wrong angles [B, 2] are, radians; one for three degrees."""
    return F.smooth_l1_loss(angles / 0.05, wanted / 0.05, beta=0.5)


class EncoderTraining:
    """The first stage: a run that can stop and go on."""

    def __init__(
        self, heads: EncoderHeads, out: Path, recipe: EncoderRecipe, generator: Mini | None, crew: Crew = ALONE
    ) -> None:
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.heads, self.out, self.recipe, self.crew = heads, out, recipe, crew
        self.network = EncoderNetwork(recipe.network, heads.layout)
        learned, _ = heads.split()
        known = heads.attributes[sorted({view.head for view in learned})]
        quantities = list(heads.layout.quantities)
        self.network.mean[quantities] = known.mean(0)[quantities]
        self.network.deviation[quantities] = known.std(0).clamp(min=LEAST_DEVIATION)[quantities]
        self.network = self.network.to(crew.device)
        self.parameters = dict(self.network.named_parameters())
        self.adam = Adam(list(self.parameters.values()), BETAS, crew.agreed)
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        self.step = 0
        if (out / STATE).exists():
            self._resume(out / STATE)
        self.weights = loss_weights(heads.layout, self.network.deviation.cpu(), generator)
        crew.wait()  # nobody writes before all have read

    def run(self, report: Report, steps: int | None = None) -> None:
        """Train to the end of the schedule, and save.

        Args:
            report: told of every step; may raise `Cancelled`, and the state is saved first.
            steps: stop after that many all together.
        """
        recipe, saved, crew, report = self.recipe, time.monotonic(), self.crew, self.crew.report(report)
        batch, own_fresh, kept = (crew.share(count) for count in (recipe.batch, recipe.fresh, recipe.pool))
        learned, _ = self.heads.split()
        angles = np.degrees(np.abs([view.yaw_pitch for view in learned]))
        # most portraits are frontal
        odds = np.exp(-np.square(angles[:, 0] / 30) - np.square(angles[:, 1] / 25)) + 0.25
        odds /= odds.sum()
        rates = [recipe.trunk_rate if name.startswith("groups.") else recipe.rate for name in self.parameters]
        pool: Looks | None = None
        try:
            while self.step < min(recipe.steps, steps or recipe.steps):
                random = np.random.default_rng([recipe.seed, self.step, *crew.seeds])
                torch.manual_seed(recipe.seed * 1_000_003 + self.step)
                count = own_fresh if pool is not None else 2 * batch
                picked = [learned[i] for i in random.choice(len(learned), count, p=odds)]
                with torch.autocast(crew.device.type, torch.bfloat16):
                    fresh = spoilt_looks(self.network, self.heads, picked, random)
                pool = fresh if pool is None else fresh.followed_by(pool[:kept])
                # the new ones, and some that were new before
                again = random.integers(len(pool.heads), size=max(0, batch - own_fresh))
                used = np.concatenate([np.arange(own_fresh), again])
                terms = self.losses(pool[torch.from_numpy(used)], recipe.drop)
                factor = min(1.0, (self.step + 1) / (1 + recipe.steps // 16)) * (
                    0.02 + 0.49 * (1 + math.cos(math.pi * min(1.0, self.step / recipe.steps)))
                )
                self.adam.step(torch.stack(list(terms.values())).sum(), [rate * factor for rate in rates])
                keep = min(0.995, (1 + self.step) / (20 + self.step))
                with torch.no_grad():
                    for (name, weight), rate in zip(self.parameters.items(), rates, strict=True):
                        if weight.ndim > 1 and not name.startswith("groups."):
                            weight.mul_(1 - recipe.decay * rate * factor)
                        self.average[name].lerp_(weight, 1 - keep)
                self.step += 1
                values = {name: float(term.detach()) for name, term in terms.items()}
                if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    self.save()
                    saved = time.monotonic()
                report(Progress(self.step, recipe.steps, "Learning to look", values))
        finally:
            self.save()

    def losses(self, looks: Looks, drop: float) -> dict[str, Tensor]:
        """Terms of the loss of some pictures, by name."""
        network = self.network
        with torch.autocast(self.crew.device.type, torch.bfloat16):
            summary = network.hidden(looks.glance, drop)
        hidden = summary.float()
        wanted = self.heads.attributes[looks.heads].to(hidden.device)
        quantities = list(network.layout.quantities)
        wanted[:, quantities] = ((wanted - network.mean) / network.deviation)[:, quantities]
        terms = answer_losses(network.layout, network.answers(hidden), wanted, self.weights.to(hidden.device))
        noise = torch.randn(looks.yaw_pitch.shape) * torch.tensor(CAMERA_NOISE_RADIANS)
        found = looks.yaw_pitch + noise.to(hidden.device)
        seen = network.yaw_pitch(hidden)
        terms["camera"] = self.recipe.camera * camera_loss(seen, looks.yaw_pitch)
        turned = found + network.turn(hidden.detach(), found)
        return terms | {"turned": camera_loss(turned, looks.yaw_pitch)}

    def averaged(self) -> EncoderNetwork:
        """The network with its averaged weights, to be used."""
        network = EncoderNetwork(self.recipe.network, self.heads.layout)
        network.load_state_dict(self.network.state_dict() | self.average)
        return network.eval().requires_grad_(requires_grad=False)

    def save(self) -> None:
        """Write the state, replacing the former one only when it is complete; the first of the crew does."""
        if not self.crew.is_first:
            return
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        tensors |= {f"adam.{k}": v for k, v in self.adam.moments().items()}
        described = {"step": self.step, "names": self.heads.layout.names, "recipe": asdict(self.recipe)}
        write_tensors(self.out / STATE, tensors, {"encoder": json.dumps(described)})

    def _resume(self, path: Path) -> None:
        """Go on; with other attributes, those known by name keep what was learned and the schedule begins again."""
        with safe_open(path, framework="pt") as file:
            described = json.loads(file.metadata()["encoder"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict

        def under(prefix: str) -> dict[str, Tensor]:
            return {k.removeprefix(prefix + "."): v for k, v in tensors.items() if k.startswith(prefix + ".")}

        names = tuple(described["names"])
        if names == self.heads.layout.names:
            self.network.load_state_dict(under("network"))
            self.average = {name: value.to(self.crew.device) for name, value in under("average").items()}
            self.adam.restore(under("adam"))
            self.step = int(described["step"])
            return
        self._adopt(under("average"), names)

    def _adopt(self, learned: Mapping[str, Tensor], names: tuple[str, ...]) -> None:
        known = [(new, names.index(name)) for new, name in enumerate(self.heads.layout.names) if name in names]
        new, old = [list(column) for column in zip(*known, strict=True)]
        with torch.no_grad():
            for name, weight in self.parameters.items():
                if name.startswith("answers."):
                    weight[new] = learned[name][old]
                else:
                    weight.copy_(learned[name])
                self.average[name].copy_(weight)


def save_encoder(encoder: Encoder, path: Path) -> None:
    """Write the file that `load_encoder` reads, in half precision."""
    layout, offsets = encoder.network.layout, encoder.offsets
    tensors = {f"network.{name}": value for name, value in encoder.network.state_dict().items()}
    if offsets is not None:
        tensors |= {"offsets.weight": offsets.weight, "offsets.bias": offsets.bias}
    if encoder.faces is not None:
        tensors |= {"faces.weight": encoder.faces.weight, "faces.bias": encoder.faces.bias}
    described = {
        "faces": () if encoder.faces is None else encoder.faces.columns,
        "config": encoder.network.config.to_json(),
        "names": layout.names,
        "choices": layout.choices,
        "present": layout.present,
        "generator": "" if offsets is None else offsets.generator,
    }
    halves = {name: value.detach().half() for name, value in tensors.items()}
    write_tensors(path, halves, {"encoder": json.dumps(described), "licence": "Apache-2.0"})
