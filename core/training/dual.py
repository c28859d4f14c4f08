"""Trains the dual encoder's offset branches: E1 for fidelity, then E2, from E1's weights, for what the photo hides.

Both are taught by points of the field that other views know. Of pictures E1 sees the input view alone; E2 also the same
head's other views, which synthetic data has, and it hears a discriminator on its hidden planes (`PlaneDiscriminator`).
The ablations change that one: none at all, one that judges rendered pictures, one that sees all planes. Real samples
are the generator's own, masked like the item at hand.

Resumable: FOLDER/<stage>.state.safetensors is written every few minutes, and each step draws from a seed of its own.
Several processes may train together (`crew`): each step then looks at one item a process.
Longer than usual: a stage is one machine whose branch, average, discriminator and state share a step.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

from core.descent import Adam, Ranger
from core.device import moved
from core.errors import CheckpointError, VoltefaceError
from core.inverters.offset_encoder import OffsetEncoder, OffsetEncoderConfig, lifted
from core.progress import Progress
from core.tensor_file import write_tensors
from core.training.crew import ALONE, placed
from core.training.dataset import pixel_rays
from core.training.dual_discriminator import (
    R1_EVERY,
    R1_WEIGHT,
    PlaneDiscriminator,
    discriminator_loss,
    generator_loss,
    r1_penalty,
)
from core.training.dual_items import read_item
from core.training.dual_losses import (
    DualSizes,
    DualWeights,
    even_odds,
    field_terms,
    identity_term,
    rendered_view,
    view_terms,
)
from core.training.dual_ready import ready_item
from core.training.dual_reals import real_patches, real_planes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from core.generators.mini import Mini
    from core.progress import Report
    from core.training.crew import Crew

Adversary = Literal["none", "pictures", "planes", "hidden planes"]
ADVERSARIES: tuple[Adversary, ...] = ("none", "pictures", "planes", "hidden planes")
"""What the discriminator of E2 sees; the last is the method's own."""
FAITHFUL, NATURAL = "faithful", "natural"
SAVE_EVERY_SECONDS = 150.0
DISCRIMINATOR_BETAS = (0.0, 0.99)


@dataclass(frozen=True)
class DualRecipe:
    """All numbers of a run.

    Attributes:
        network: sizes of a branch.
        weights: of the losses.
        sizes: of what a step looks at.
        faithful_steps, natural_steps: lengths of the two stages.
        rate: Ranger's, of E1; E2 begins with `natural_share` of it.
        natural_share: see `rate`.
        place_share: how many times faster the coarse network's place maps move.
        warm_up: steps in which the rate rises.
        adversary: what E2's discriminator sees.
        discriminator_px: side to which planes are averaged down for it.
        discriminator_widths: its channels.
        discriminator_rate: Adam's.
        half_px: side of planes, averaged down, on which most steps work: four times as quick.
        whole_every: every so many steps work on whole planes; 0 for never.
        around: views of a head, the input view among them, in which points of the field are known. Both branches are
            taught by them: E3DGE's supervision in 3D, which costs a twentieth of a picture.
        input_every: E2 looks at the input view every so many steps, else at another one.
        reals: samples of the generator that are kept as real ones.
        seed: of every draw.
    """

    network: OffsetEncoderConfig = field(default_factory=OffsetEncoderConfig)
    weights: DualWeights = field(default_factory=DualWeights)
    sizes: DualSizes = field(default_factory=DualSizes)
    faithful_steps: int = 2000
    natural_steps: int = 1500
    rate: float = 1.5e-3
    natural_share: float = 0.7
    place_share: float = 5.0
    warm_up: int = 30
    adversary: Adversary = "hidden planes"
    discriminator_px: int = 64
    discriminator_widths: tuple[int, ...] = (24, 32, 48, 64)
    discriminator_rate: float = 1e-3
    half_px: int = 128
    whole_every: int = 0
    around: int = 4
    input_every: int = 3
    reals: int = 40
    seed: int = 0


class BranchTraining:
    """One stage of the training: a run that can stop and go on.

    Attributes:
        network: the branch that learns.
        average: its averaged weights, to be used.
        step: steps done.
    """

    def __init__(
        self,
        generator: Mini,
        items: list[Path],
        out: Path,
        stage: str,
        recipe: DualRecipe,
        *,
        natural: bool,
        crew: Crew = ALONE,
    ) -> None:
        """Begin, or go on where a run of this stage into `out` stopped.

        Args:
            generator: whose planes are moved.
            items: files that `make_items` wrote.
            out: folder of the state.
            stage: name of its files.
            recipe: all numbers.
            natural: whether this is E2.
            crew: the processes that train together.
        """
        if not items:
            raise VoltefaceError("There is nothing to train the dual encoder on.", "Name a folder of synthetic heads.")
        torch.manual_seed(recipe.seed)
        self.generator, self.items, self.recipe, self.natural, self.crew = generator, items, recipe, natural, crew
        self._judged_by = (generator if crew.device.type == "cpu" else moved(generator, crew.device)).network
        self.path = out / f"{stage}.state.safetensors"
        self.steps = recipe.natural_steps if natural else recipe.faithful_steps
        self.network = OffsetEncoder(recipe.network).to(crew.device)
        self.parameters = dict(self.network.named_parameters())
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        self.ranger = self._begun()
        self.adversary: Adversary = recipe.adversary if natural else "none"
        side = recipe.discriminator_px
        planes = recipe.network.channels * recipe.network.depth * 3
        channels = 4 if self.adversary == "pictures" else planes
        self.discriminator = PlaneDiscriminator(channels, recipe.discriminator_widths).to(crew.device)
        self.judging = Adam(list(self.discriminator.parameters()), DISCRIMINATOR_BETAS, crew.agreed)
        self.step = 0
        resumed = self.path.exists()
        if resumed:
            self._resume()
        with crew.first_then_others():
            if self.adversary == "pictures":
                self.reals = real_patches(generator, out, recipe.reals, recipe.sizes.patch.patch_px, recipe.seed)
            elif self.adversary != "none":
                self.reals = real_planes(generator, out, recipe.reals, side, recipe.seed)

    def _begun(self) -> Ranger:
        return Ranger(list(self.parameters.values()), (0.9, 0.99), agreed=self.crew.agreed)

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Take over a branch's weights, unless this run has begun already."""
        if self.step == 0:
            self.network.load_state_dict(dict(weights))
            self.network.carries()
            self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
            self.ranger = self._begun()

    def run(self, report: Report, steps: int | None = None) -> None:
        """Train to the end of the schedule, or until that many steps are done, and save.

        Raises:
            Cancelled: `report` raised it; the state is saved first.
        """
        saved, report = time.monotonic(), self.crew.report(report)
        try:
            while self.step < min(self.steps, steps or self.steps):
                values = self.one_step()
                if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                    self.save()
                    saved = time.monotonic()
                message = "Learning what the photo hides" if self.natural else "Learning the photo"
                report(Progress(self.step, self.steps, message, values))
        finally:
            self.save()

    def one_step(self) -> dict[str, float]:
        """One item; the weighted terms of its loss, by name."""
        recipe = self.recipe
        random = np.random.default_rng([recipe.seed, int(self.natural), self.step, *self.crew.seeds])
        torch.manual_seed(recipe.seed * 1_000_003 + self.step)
        terms, fake, hidden = self.losses(self.items[int(random.integers(len(self.items)))], random)
        pace = min(1.0, (self.step + 1) / recipe.warm_up)
        pace *= 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, self.step / self.steps)))
        rate = recipe.rate * pace * (recipe.natural_share if self.natural else 1.0)
        rates = [rate * (recipe.place_share if name == "place" else 1.0) for name in self.parameters]
        self.ranger.step(torch.stack(list(terms.values())).sum(), rates)
        values = {name: float(term.detach()) for name, term in terms.items()}
        if fake is not None:
            values["judge"] = self._judge(fake.detach(), hidden, random)
        kept = min(0.99, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.parameters.items():
                self.average[name].lerp_(value, 1 - kept)
        self.step += 1
        return values

    def losses(self, path: Path, random: np.random.Generator) -> tuple[dict[str, Tensor], Tensor | None, Tensor | None]:
        """Terms by name, what the discriminator is shown, and the mask of it; differentiable in the branch."""
        recipe, network, device = self.recipe, self._judged_by, self.crew.device
        weights, sizes = recipe.weights, recipe.sizes
        if recipe.whole_every and self.step % recipe.whole_every == 0:
            item = read_item(path, self.generator)
            known = lifted(self.generator, item.trigrid, item.camera, item.look, recipe.network.coarse_px)
        else:
            item, known = ready_item(path, self.generator, recipe.half_px, recipe.network.coarse_px)
        item, known = placed(item, device), placed(known, device)
        trigrid = item.trigrid
        offset = self.network(known, trigrid.planes.shape[-1])
        planes = (trigrid.planes + offset)[None]
        rays = pixel_rays(item.views.rgb.shape[1])
        fake, hidden = None, None
        count = min(recipe.around, len(item.views))
        other, *more = (int(n) for n in random.choice(len(item.views), count, p=even_odds(item.views), replace=False))
        aside = self.natural and self.step % recipe.input_every != 0
        seen = rendered_view(network, planes, item, other if aside else item.view, rays, random, sizes)
        named = view_terms(seen, weights, "vgg")
        terms = {f"other {name}": term for name, term in named.items()} if aside else named
        if not aside:
            identity = identity_term(seen, item, weights)
            if identity is not None:
                terms["identity"] = identity
        if self.natural:
            if self.adversary == "pictures":
                fake = seen.features
            elif self.adversary != "none":
                side = recipe.discriminator_px
                fake = F.adaptive_avg_pool2d(planes[0].flatten(1, 2), side).flatten(0, 1)[None]
                if self.adversary == "hidden planes":
                    hidden = F.adaptive_avg_pool2d(known.hidden[:, 0], side)
                    hidden = hidden.repeat_interleave(recipe.network.channels, 0).view(
                        3, recipe.network.depth, recipe.network.channels, side, side
                    )
                    hidden = hidden.transpose(1, 2).reshape(1, -1, side, side)
                    fake = fake * hidden
            if fake is not None:
                terms["adversary"] = weights.adversary * generator_loss(self.discriminator(fake))
        terms |= field_terms(network, planes, item, [item.view, *more], rays, random, sizes, weights)
        terms["small"] = weights.small * offset.square().mean()
        return terms, fake, hidden

    def _judge(self, fake: Tensor, hidden: Tensor | None, random: np.random.Generator) -> float:
        """One step of the discriminator; its loss."""
        real = self.reals[int(random.integers(len(self.reals)))][None].float().to(fake.device)
        if hidden is not None:
            real = real * hidden
        loss = discriminator_loss(self.discriminator(real), self.discriminator(fake))
        value = float(loss.detach())
        if self.step % R1_EVERY == 0:
            loss = loss + R1_WEIGHT * R1_EVERY * r1_penalty(self.discriminator, real)
        rates = [self.recipe.discriminator_rate] * len(self.judging.parameters)
        self.judging.step(loss, rates)
        return value

    def save(self) -> None:
        """Write the state, replacing the former one only when it is complete; the first of the crew does."""
        if not self.crew.is_first:
            return
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        tensors |= {f"ranger.{k}": v for k, v in self.ranger.moments().items()}
        tensors |= {f"discriminator.{k}": v for k, v in self.discriminator.state_dict().items()}
        tensors |= {f"judging.{k}": v for k, v in self.judging.moments().items()}
        described = {"step": self.step, "recipe": asdict(self.recipe)}
        write_tensors(self.path, tensors, {"dual": json.dumps(described)})

    def _resume(self) -> None:
        try:
            with safe_open(self.path, framework="pt") as file:
                described = json.loads(file.metadata()["dual"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict

            def under(prefix: str) -> dict[str, Tensor]:
                return {k.removeprefix(prefix + "."): v for k, v in tensors.items() if k.startswith(prefix + ".")}

            self.network.load_state_dict(under("network"))
            self.discriminator.load_state_dict(under("discriminator"))
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"{self.path} is of another recipe, or damaged.", "Choose another output folder."
            ) from error
        self.average = {name: value.to(self.crew.device) for name, value in under("average").items()}
        self.ranger.restore(under("ranger"))
        self.judging.restore(under("judging"))
        self.step = int(described["step"])


def natural_name(adversary: Adversary) -> str:
    """Stage of E2 with an adversary."""
    return NATURAL if adversary == "hidden planes" else f"{NATURAL}_{adversary.replace(' ', '_')}"


def train_dual(
    generator: Mini, items: list[Path], out: Path, recipe: DualRecipe, report: Report, crew: Crew = ALONE
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Both stages; the averaged weights of E1 and E2.

    Raises:
        Cancelled: `report` raised it; the state is saved first.
    """
    out.mkdir(parents=True, exist_ok=True)
    plain = replace(recipe, adversary="none")
    faithful = BranchTraining(generator, items, out, FAITHFUL, plain, natural=False, crew=crew)
    faithful.run(report)
    natural = BranchTraining(generator, items, out, natural_name(recipe.adversary), recipe, natural=True, crew=crew)
    natural.begin_with(faithful.average)
    natural.run(report)
    return faithful.average, natural.average
